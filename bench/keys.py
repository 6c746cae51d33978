"""What a board's key costs: how long a session takes to begin, how fast data goes across.

``make bench`` or ``python bench/keys.py``, on virtual boards of its own: without a key, with one,
private. They take turns. Of a turn's time what counts is that of the processor, the board's and
this process's together, because other work on the machine is not in it; a session's time on the
clock is given, too. All are medians, also of what a turn costs more than the one without a key.

A head is proven besides, once, however long it is, with a number that the board writes to its
flash: a row of its own. The file whose frames are timed is one that needs no such proof.
"""

import argparse
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import link

from tinyteach.cli.output import print_json, show_table
from tinyteach.device.repl.pairing import Wanted, pair, pair_for_now
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.processor_time import processor_clock
from tinyteach_protocol import messages

ROUNDS = 40
MODES = {"no key": None, "a key": False, "private": True}


def upload(client: BoardClient) -> int:
    """A file to the board's flash, dropped again; sent as an embedding, which has no proof."""
    return _send(client, messages.EMBEDDING)


def head_work_ms(client: BoardClient) -> float:
    """Of the processor, a head's upload of one frame, proven where there is a key."""
    return 1000 * worked_s(client.port, lambda: _send(client, messages.HEAD, 1000))


def _send(client: BoardClient, held: int, size: int = link.FILE_BYTES) -> int:
    client.upload(held, secrets.token_bytes(size))
    client.request(messages.ABORT)
    return size


TRANSFERS = link.ON_ANY_BOARD | {"upload to flash": upload} | link.WITH_CAMERA


@contextmanager
def boards(arch: str) -> Iterator[dict[str, VirtualBoard]]:
    """A paired board in each mode; the keys are in a folder of this run's."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["TINYTEACH_HOME"] = str(folder / "home")
        started = {}
        for name, private in MODES.items():
            board = stack.enter_context(VirtualBoard(arch, folder / f"{name}.flash"))
            wanted = Wanted(EMBEDDING_FILE.read_bytes())
            if private is None:
                pair_for_now(board.port, wanted, lambda *_: None)
            else:
                given = Wanted(wanted.embedding, gives_key=True, private=private)
                pair(board.port, given, name, lambda *_: None)
            started[name] = board
        yield started


def session_ms(board: VirtualBoard) -> float:
    """From opening the port until the board may be asked, on the clock."""
    start = time.perf_counter()
    with BoardClient(board.port):
        return 1000 * (time.perf_counter() - start)


def session_work_ms(board: VirtualBoard) -> float:
    """The same of the processor, with the session's end."""

    def session() -> None:
        with BoardClient(board.port):
            pass

    return 1000 * worked_s(board.port, session)


def worked_s(port: str, action: Callable[[], object]) -> float:
    """Processor time of ``action``, the board's included."""
    clock = processor_clock(port)
    assert clock
    start = time.process_time_ns() + clock()
    action()
    return (time.process_time_ns() + clock() - start) / 1e9


def in_turn(measures: dict, rounds: int) -> dict[str, list[float]]:
    """What each gives, round by round, after one that does not count."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(rounds + 1):
        for name, measure in measures.items():
            value = measure()
            if number:
                found[name].append(value)
    return found


def more(found: dict[str, list[float]], name: str) -> list[float]:
    """Of each round, how much longer it took than without a key."""
    return [b - a for a, b in zip(found["no key"], found[name], strict=True)]


def measure(arch: str, rounds: int) -> dict[str, dict[str, float]]:
    """Rows by what was done: ms or bytes/s of each mode, and what a key costs."""
    rows = {}
    with boards(arch) as started:
        for what, each in (("session, ms", session_ms), ("its work, ms", session_work_ms)):
            rows[what] = _times(each, started, rounds)
        with ExitStack() as stack:
            clients = {n: stack.enter_context(BoardClient(b.port)) for n, b in started.items()}
            rows["a head's upload, ms"] = _times(head_work_ms, clients, rounds)
            for what, run in TRANSFERS.items():
                rows[what] = _speeds(run, clients, rounds)
    return rows


def _times(each: Callable, on: dict, rounds: int) -> dict[str, float]:
    found = in_turn({name: lambda one=one: each(one) for name, one in on.items()}, rounds)
    row = {name: median(times) for name, times in found.items()}
    return row | {f"{name} costs": median(more(found, name)) for name in list(MODES)[1:]}


def _speeds(run, clients: dict[str, BoardClient], rounds: int) -> dict[str, float]:
    size = run(next(iter(clients.values())))
    found = in_turn(
        {n: lambda c=c: worked_s(c.port, lambda: run(c)) for n, c in clients.items()}, rounds
    )
    speeds = {name: size / median(times) for name, times in found.items()}
    usual = median(found["no key"])
    for name in list(MODES)[1:]:
        speeds[f"{name} costs"] = 100 * median(more(found, name)) / usual
    return speeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", default="amd64")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quick", action="store_true", help="one round, to see that it works")
    options = parser.parse_args()
    rows = measure(options.arch, 1 if options.quick else ROUNDS)
    if options.json:
        print_json(rows)
        return
    columns = ("", *MODES, "a key costs", "private costs")
    table = [
        (
            what,
            *(f"{row[name]:,.1f}" for name in columns[1:]),
            "ms" if "ms" in what else "bytes/s, %",
        )
        for what, row in rows.items()
    ]
    show_table("", (*columns, "unit"), table)


if __name__ == "__main__":
    main()
