"""Wipe a board, or unpair it."""

from dataclasses import dataclass

from tinyteach.device.keys import coming_key, forget_key
from tinyteach.device.registry import find_board, forget
from tinyteach.device.repl.clearing import unpair, wipe
from tinyteach.device.repl.pairing import await_agent
from tinyteach.device.usb.discovery import usb_serial_of
from tinyteach.errors import LinkError, ProjectError, TinyTeachError
from tinyteach.results import Sentence
from tinyteach.service.boards.finding import resolve_port

NO_ANSWER_YET = (
    "and does not answer yet; press its reset button, and run 'tinyteach doctor' where that is no "
    "help."
)
NOT_KNOWN = "Whether the board has forgotten what it learnt is not known; wipe it again."
STILL_KNOWN = "This computer could not forget it:"
NOT_FORGOTTEN = "The board has not forgotten all that it learnt; wipe it again."


@dataclass(frozen=True)
class Wiped(Sentence):
    """What was taken off a board."""

    board: str
    files: int | None  # None: the board did not tell how many

    def sentence(self) -> str:
        if self.files == 0:
            return f"The board {self.board} had learnt nothing."
        files = f" ({self.files} files)" if self.files else ""
        return f"The board {self.board} has forgotten all it had learnt{files}."


@dataclass(frozen=True)
class Unpaired(Sentence):
    """A board without the agent; ``restored``: the user's own main.py is back."""

    board: str
    files: int
    restored: bool

    def sentence(self) -> str:
        if not self.files:
            return f"The board {self.board} has nothing of TinyTeach's on it."
        own = " Its own main.py is back." if self.restored else ""
        return f"The board {self.board} is plain MicroPython again ({self.files} files gone).{own}"


def named_port(board: str | None) -> tuple[str, str]:
    """(port, what to call the board there): for a question before something is lost."""
    port = resolve_port(board)
    known = find_board(board) if board else None
    return port, known.name if known else (board or port)


def wipe_board(port: str, name: str) -> Wiped:
    """Forget heads, rules, what was learnt and kept; agent and embedding stay."""
    usb_serial = usb_serial_of(port)
    try:
        count = wipe(port)
    except LinkError as error:
        _check_forgotten(port, usb_serial, error)
        return Wiped(name, None)
    try:
        await_agent(port, usb_serial).close()
    except TinyTeachError as error:
        raise LinkError(f"{Wiped(name, count).sentence()[:-1]} {NO_ANSWER_YET}") from error
    return Wiped(name, count)


def _check_forgotten(port: str, usb_serial: str, lost: LinkError) -> None:
    """The link broke while a board was wiped: whether it was, by what it has. Else LinkError."""
    try:
        with await_agent(port, usb_serial) as client:
            info = client.info()
    except TinyTeachError as error:
        raise LinkError(f"{lost} {NOT_KNOWN}") from error
    if info.head or info.previous_head or info.rules_bytes or info.kept:
        raise LinkError(f"{lost} {NOT_FORGOTTEN}")


def unpair_board(port: str, name: str) -> Unpaired:
    """Remove the agent and all of its files, bring back a user's main.py, forget the board."""
    cleared = unpair(port)
    unpaired = Unpaired(name, cleared.files, cleared.restored)
    try:
        identity = cleared.board_id or _identity(name)
        forget(identity, name)
        if coming_key(identity):  # else what is there did not show that it is the board
            forget_key(identity)
    except ProjectError as error:
        raise ProjectError(f"{unpaired.sentence()} {STILL_KNOWN} {error}") from error
    return unpaired


def _identity(name: str) -> str:
    """Of a board that tells none any more: what it was paired as."""
    known = find_board(name)
    return known.board_id if known else ""
