"""Commands that are ended at each file operation, or find no room: ``python tests/soak/disks.py``.

Each command that changes a project, and what only the studio asks for, runs in a process of its
own, again and again, and is killed (``kill -9``) before its first, second … operation on a file;
then the same where that operation finds the disk full, and once in a project that may not be
written. Commands that use a board are killed before each write to it, too. Afterwards all
photographs that were there are there, no head, class, key or list is half, the next command works,
the board answers and has its head or the new one, and nobody said a traceback. Ends with 1 where
that is not so; what failed is named with its command.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest  # noqa: E402

import one_thread  # noqa: E402, F401
from faulty_disk import FULL, KILL, NONE, READ_ONLY, armed  # noqa: E402
from patience import be_patient  # noqa: E402
from project_commands import (  # noqa: E402
    COMMANDS,
    ON_BOARD,
    TAKEN_AWAY,
    made,
    paired_board,
    take_keys_over,
)
from project_trials import (  # noqa: E402
    FINE,
    Done,
    What,
    faults_in,
    faults_of,
    litter_in,
    pixels_of,
    preload,
    run,
)
from tinyteach.device.wire.client import BoardClient  # noqa: E402
from tinyteach.head.format.head_file import load_head_file  # noqa: E402
from tinyteach.service.heads.pulling import read_head  # noqa: E402
from tinyteach.virtual.board import VirtualBoard  # noqa: E402
from trained import quick_trainings  # noqa: E402


@dataclass(frozen=True)
class Trial:
    """A command, what befalls it and before which operation."""

    command: str
    fault: str
    at: int

    def __str__(self) -> str:
        return f"{self.command}, {self.fault} at file operation {self.at}"


def words_of(command: str, board: VirtualBoard | None) -> What:
    """The command line; with the port where it is for a board."""
    if command in COMMANDS:
        return COMMANDS[command]
    assert board
    return ["--board", board.port, *ON_BOARD[command]]


def faulty(place: Path, what: What, fault: str = NONE, at: int = 0) -> Done:
    """The command, so befallen; the last line of what it said is how many operations it did."""
    return run(place, what, armed(fault, at))


def operations(folder: Path, command: str, board: VirtualBoard | None = None) -> int:
    """How many the command does."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        done = faulty(place, words_of(command, board))
        assert done.code == 0, (command, done.err)
        take_keys_over(folder, place)
        return int(done.err.split()[-1])


def trial(folder: Path, each: Trial, board: VirtualBoard | None = None) -> str:
    """What is wrong after one; empty where nothing is."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        before = pixels_of(place)
        done = faulty(place, words_of(each.command, board), each.fault, each.at)
        try:
            wrong = _faults(place, each, done, before) or _of_board(place, board, each)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        if board:
            take_keys_over(folder, place)
        return wrong


def _faults(place: Path, each: Trial, done: Done, before: set[bytes]) -> str:
    codes = (-signal.SIGKILL, 0) if each.fault == KILL else FINE
    wrong = faults_of(done, codes)
    missing = len(before - pixels_of(place))
    if missing not in TAKEN_AWAY.get(each.command, (0,)):
        wrong = wrong or f"{missing} photographs are gone"
    if each.fault != KILL and (left := litter_in(place.parent)):
        wrong = wrong or f"it left {left}"
    return wrong or faults_in(place)


def _of_board(place: Path, board: VirtualBoard | None, each: Trial) -> str:
    """It answers, with a whole head; AssertionError or a sentence of the host where it does not.

    One whose pairing was cut does so after the next pairing, as its ``main.py`` says.
    """
    if board is None:
        return ""
    if each.command.startswith("pair"):
        again = run(place, ["--board", board.port, "pair"])
        assert again.code == 0, again.err
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(place.parent / "home"))
        with BoardClient(board.port) as client:
            info = client.info()
            head = read_head(client, lambda *_: None)
    assert info.state == "" and head.fingerprint == info.head, info
    assert set(head.labels) == set(load_head_file(place / "heads" / "head.tflite").labels)
    return ""


def planned(folder: Path, command: str, board: VirtualBoard | None, at_most: int) -> list[Trial]:
    """Of a command, so many operations at most."""
    count = operations(folder, command, board)
    places = range(1, count + 1, max(1, -(-count // at_most)))
    return [
        *(Trial(command, fault, at) for fault in (KILL, FULL) for at in places),
        Trial(command, READ_ONLY, 0),
    ]


def tried(trials: list[Trial], folder: Path, board: VirtualBoard | None) -> int:
    """How many failed; tells of each that did, and of all."""
    began_s, failed = time.monotonic(), 0
    for each in trials:
        if wrong := trial(folder, each, board):
            failed += 1
            sys.stdout.write(f"{each}: {wrong}\n")
    counts = Counter(each.fault for each in trials)
    how = ", ".join(f"{counts[fault]} {fault}" for fault in (KILL, FULL, READ_ONLY))
    took_s = time.monotonic() - began_s
    sys.stdout.write(f"{trials[0].command:20} {how}: {failed} failed, {took_s:.0f} s\n")
    sys.stdout.flush()
    return failed


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=1000, help="operations of a command, at most")
    every = [*COMMANDS, *ON_BOARD]
    parser.add_argument("--command", nargs="+", choices=every, default=every)
    options = parser.parse_args()
    preload()
    count, failed = 0, 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        stack.enter_context(quick_trainings())
        be_patient(stack.enter_context(pytest.MonkeyPatch.context()))
        folder = made(Path(name) / "made")
        board = None
        if set(options.command) & set(ON_BOARD):
            board = paired_board(stack, Path(name), folder)
        for command in options.command:
            used = board if command in ON_BOARD else None
            trials = planned(folder, command, used, options.each)
            count, failed = count + len(trials), failed + tried(trials, folder, used)
    sys.stdout.write(f"{count} trials, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
