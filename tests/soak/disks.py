"""Commands that are ended at each file operation, or find no room: ``python tests/soak/disks.py``.

Each command that changes a project, and what only the studio asks for, runs in a process of its
own, again and again, and is killed (``kill -9``) before its first, second … operation on a file;
then the same where that operation finds the disk full, and once in a project that may not be
written. Commands that use a board are killed before each write to it, too. Afterwards all
photographs that were there are there, no head, class, key or list is half, the next command works,
the board answers and has its head or the new one, and nobody said a traceback. Ends with 1 where
that is not so; what failed is named with its command.

`flash` and `restore` run at an emulated boot loader (`tests/firmware_trials.py`): the same command
again comes to its end, and what the board had is on it or in a backup.
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
from firmware_trials import ON_ESP, Esp  # noqa: E402
from patience import be_patient, be_patient_at_the_repl  # noqa: E402
from project_commands import (  # noqa: E402
    COMMANDS,
    IN_BACKGROUND,
    ON_BOARD,
    TAKEN_AWAY,
    Kept,
    made,
    must,
    paired_board,
    settle,
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
from trained import quick_trainings  # noqa: E402


@dataclass(frozen=True)
class Trial:
    """A command, what befalls it and before which operation."""

    command: str
    fault: str
    at: int

    def __str__(self) -> str:
        return f"{self.command}, {self.fault} at file operation {self.at}"


@dataclass(frozen=True)
class Benches:
    """What commands are for: a paired board, one in its boot loader, or nothing but a project."""

    kept: Kept | None = None
    esp: Esp | None = None

    def begin(self, place: Path, command: str) -> What:
        """What is to be run, once the board it is for is as it was."""
        if command in ON_ESP and self.esp:
            return self.esp.begin(place, command)
        if command in ON_BOARD and self.kept:
            return self.kept.begin(place, command)
        if command in IN_BACKGROUND:
            before, words, _ = IN_BACKGROUND[command]
            must(place, *before)
            return words
        return COMMANDS[command]

    def fault(self, place: Path, command: str) -> str:
        """Of the board, afterwards; AssertionError or a sentence of the host likewise."""
        if command in ON_ESP and self.esp:
            return self.esp.fault(place, command)
        if command in ON_BOARD and self.kept:
            settle(place, command, self.kept.board)
            _check_board(place, self.kept)
        if command in IN_BACKGROUND:
            must(place, *IN_BACKGROUND[command][2])
        return ""

    def end(self, place: Path, command: str) -> None:
        """Nothing runs on."""
        if command in IN_BACKGROUND:
            run(place, ["boards", "stop"])


NOTHING = Benches()


def faulty(place: Path, what: What, fault: str = NONE, at: int = 0) -> Done:
    """The command, so befallen; the last line of what it said is how many operations it did."""
    return run(place, what, armed(fault, at))


def operations(folder: Path, command: str, benches: Benches = NOTHING) -> int:
    """How many the command does."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        done = faulty(place, benches.begin(place, command))
        benches.end(place, command)
        assert done.code == 0, (command, done.err)
        return int(done.err.split()[-1])


def trial(folder: Path, each: Trial, benches: Benches = NOTHING) -> str:
    """What is wrong after one; empty where nothing is."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        before = pixels_of(place)
        try:
            done = faulty(place, benches.begin(place, each.command), each.fault, each.at)
            return _faults(place, each, done, before) or benches.fault(place, each.command)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            benches.end(place, each.command)


def _faults(place: Path, each: Trial, done: Done, before: set[bytes]) -> str:
    codes = (-signal.SIGKILL, 0) if each.fault == KILL else FINE
    wrong = faults_of(done, codes)
    missing = len(before - pixels_of(place))
    if missing not in TAKEN_AWAY.get(each.command, (0,)):
        wrong = wrong or f"{missing} photographs are gone"
    if each.fault != KILL and (left := litter_in(place.parent)):
        wrong = wrong or f"it left {left}"
    return wrong or faults_in(place)


def _check_board(place: Path, kept: Kept) -> None:
    """It answers, with a whole head."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(place.parent / "home"))
        with BoardClient(kept.board.port) as client:
            info = client.info()
            head = read_head(client, lambda *_: None)
    assert info.state == "" and head.fingerprint == info.head, info
    assert set(head.labels) == set(load_head_file(place / "heads" / "head.tflite").labels)


def planned(folder: Path, command: str, benches: Benches, at_most: int) -> list[Trial]:
    """Of a command, so many operations at most, the last one always."""
    count = operations(folder, command, benches)
    places = sorted({*range(1, count + 1, max(1, -(-count // at_most))), count})
    return [
        *(Trial(command, fault, at) for fault in (KILL, FULL) for at in places),
        Trial(command, READ_ONLY, 0),
    ]


def tried(trials: list[Trial], folder: Path, benches: Benches) -> int:
    """How many failed; tells of each that did, and of all."""
    began_s, failed = time.monotonic(), 0
    for each in trials:
        if wrong := trial(folder, each, benches):
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
    every = [*COMMANDS, *IN_BACKGROUND, *ON_BOARD, *ON_ESP]
    parser.add_argument("--command", nargs="+", choices=every, default=every)
    options = parser.parse_args()
    preload()
    count, failed = 0, 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        stack.enter_context(quick_trainings())
        be_patient(patch := stack.enter_context(pytest.MonkeyPatch.context()))
        be_patient_at_the_repl(patch)
        folder = made(Path(name) / "made")
        used = set(options.command)
        benches = Benches(
            paired_board(stack, Path(name), folder) if used & set(ON_BOARD) else None,
            Esp(stack, folder) if used & set(ON_ESP) else None,
        )
        for command in options.command:
            trials = planned(folder, command, benches, options.each)
            count, failed = count + len(trials), failed + tried(trials, folder, benches)
    sys.stdout.write(f"{count} trials, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
