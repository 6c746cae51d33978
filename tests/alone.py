"""What tests of a board without a host share: its lines, its rules, waiting for what it does."""

import contextlib
import itertools
import json
import time

import serial

from paired import deploy
from patience import PATIENCE_S
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.rules import RuleFile, Settings
from tinyteach.errors import BoardNotFoundError, BoardNotPairedError, LinkError
from tinyteach.service.boards.rule_text import parse_rule
from tinyteach.service.boards.rules import write_rules
from tinyteach.virtual.board_memory import CAUSE_HARD


class Shown:
    """The camera's view: these photographs in turn; ``count`` of them were taken."""

    def __init__(self, views):
        self._views, self.count = itertools.cycle(views), 0

    def __call__(self):
        self.count += 1
        return next(self._views)

    def wait(self, views):
        """Until the board has taken so many more, undisturbed: a session stops it each time."""
        seen = self.count + views
        wait_for(lambda: self.count >= seen, "the board does not look")


def set_up(board, head, *rules, **settings):
    """Deploy a head and put rules to work, each ``(condition, action, else, hold_s)``."""
    parsed = tuple(parse_rule(*rule) for rule in rules)
    with BoardClient(board.port) as client:
        if client.info().head != head.fingerprint:
            deploy(client, head)
        write_rules(client, RuleFile(Settings(**settings), parsed))


def let_rest(board):
    """Let a board without a host look once a minute: what waits beside it has the time.

    Until other settings are written.
    """
    with BoardClient(board.port) as client:
        write_rules(client, RuleFile(Settings(interval_ms=60_000)))


def power_cycle(board):
    board.cut_power_now()
    board.power_on()


def wait_for_reset(board):
    """Until a board that a raw REPL left with a reset has started again.

    The command is over when the reset is asked for; what is sent before it comes is lost.
    """
    wait_for(lambda: board.memory.reset_cause == CAUSE_HARD, "the board is not reset")
    board.wait_started()


def is_safe(board):
    """Whether the board answers, in safe mode."""
    try:
        with BoardClient(board.port) as client:
            return client.info().safe_mode == 1
    except (BoardNotFoundError, BoardNotPairedError, LinkError):
        return False  # between two starts


@contextlib.contextmanager
def reading(board):
    """``next_line(wanted)`` on the plain port: the first line from now on that ``wanted`` takes.

    A frame for another host of the port may stand before a line; its bytes are no text, and it ends
    with a zero.
    """
    with serial.Serial(board.port, timeout=0.2) as port:

        def next_line(wanted=lambda line: True):
            buffered, deadline = b"", time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                buffered += port.readline()
                if buffered.endswith(b"\n"):
                    line = buffered.rpartition(b"\0")[2].decode(errors="replace").rstrip("\r\n")
                    buffered = b""
                    if wanted(line):
                        return line
            raise AssertionError("the line did not come")

        yield next_line


@contextlib.contextmanager
def reading_from_power_on(board):
    """`reading`, from the first line: who opens a port anew does not hear what came before."""
    board.cut_power_now()
    with reading(board) as next_line:
        board.power_on()
        yield next_line


def fields_of(line):
    """A JSON line's fields; none where it is no JSON."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def has(**wanted):
    """Whether a line holds these fields."""
    return lambda line: wanted.items() <= fields_of(line).items()


def wait_for(condition, what):
    """Until ``condition()``; fails with ``what`` after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
