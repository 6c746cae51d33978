"""Ctrl-C and SIGTERM at any moment of each command: ``python tests/soak/signals.py --trials 150``.

Each command runs in a process of its own, every ``--fresh`` one as its user runs it, in a fresh
interpreter, and is sent one of both at a moment that its trial's seed draws, from its first line to
its end. It ends soon, with the exit code of that signal or, where it was done before, its own;
without a traceback; no photograph is lost, nothing is half or left behind, the next command works
and the board answers. Ends with 1 where that is not so.
"""

import argparse
import os
import random
import select
import shutil
import signal
import subprocess
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
from patience import be_patient, be_patient_at_the_repl  # noqa: E402
from project_commands import (  # noqa: E402
    COMMANDS,
    ON_BOARD,
    Kept,
    made,
    paired_board,
    settle,
)
from project_trials import (  # noqa: E402
    FINE,
    Done,
    Started,
    faults_in,
    faults_of,
    litter_in,
    pixels_of,
    preload,
)
from tinyteach.device.wire.client import BoardClient  # noqa: E402
from tinyteach.signals import OF_A_SIGNAL  # noqa: E402
from tinyteach.virtual.board import VirtualBoard  # noqa: E402
from trained import quick_trainings  # noqa: E402

# What Python does before is its own: the pipe is closed when the command begins.
PROGRAM = "from tinyteach.cli.main import run; import os; os.close({}); run()"
ENDS_WITHIN_S = 60  # on a computer that other programs keep busy; a training's step is not cut
ENDLESS_S = 6.0
FRESH_S = 1.0  # which importing takes
ENDLESS = {
    "studio": ["studio", "--no-browser"],
    "watch": ["watch"],
    "preview": ["preview"],
    "soak": ["soak"],
}
READING = {"info": ["info"], "classify": ["classify", "../photos/cat/0.png"]}
USE_A_BOARD = {**ON_BOARD, **READING, **ENDLESS}
WORDS = {**{n: w for n, w in COMMANDS.items() if isinstance(w, list)}, **USE_A_BOARD}
# What they ask for may be gone, or a wish of a person's, afterwards.
TAKE_AWAY = ("class remove", "keys forget")


@dataclass(frozen=True)
class Trial:
    """A command, a signal, and at which part of its time: 0 to 1."""

    seed: int
    command: str
    number: signal.Signals
    part: float
    is_fresh: bool

    def __str__(self) -> str:
        how = f"{self.command}{' anew' * self.is_fresh}, {self.number.name} at {self.part:.3f}"
        return f"--seed {self.seed} --trials 1: {how}"


def drawn(seed: int, options: argparse.Namespace) -> Trial:
    """Each command in turn."""
    chance = random.Random(seed)
    command = options.command[seed % len(options.command)]
    number = chance.choice((signal.SIGINT, signal.SIGTERM))
    return Trial(seed, command, number, chance.random(), seed % options.fresh == 0)


class Fresh:
    """The command in an interpreter of its own, as `Started` is one in a fork."""

    def __init__(self, place: Path, words: list[str]) -> None:
        """Returns when it has begun."""
        begun, begins = os.pipe()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - until `finish`
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(begins), *words],
            cwd=place,
            env={**os.environ, "TINYTEACH_HOME": str(place.parent / "home")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            pass_fds=(begins,),
        )
        os.close(begins)
        select.select([begun], [], [])
        os.close(begun)

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def finish(self, within_s: float | None = None) -> Done:
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        code = self._process.wait()
        with self._said:
            self._said.seek(0)
            return Done(code, self._said.read().decode(errors="replace"))


def words_of(command: str, board: VirtualBoard | None) -> list[str]:
    port = ["--board", board.port] if board and command in USE_A_BOARD else []
    return [*port, *WORDS[command]]


def lasts(folder: Path, command: str, kept: Kept) -> float:
    """How long it takes that is not disturbed, in seconds."""
    if command in ENDLESS:
        return ENDLESS_S
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        words = words_of(command, kept.put_back())
        began_s = time.monotonic()
        done = Started(place, words).finish()
        assert done.code == 0, (command, done.err)
        return time.monotonic() - began_s


def trial(folder: Path, each: Trial, kept: Kept | None, lasts_s: float) -> tuple[str, str]:
    """What is wrong after one, empty where nothing is; and how it ended."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        before, board = pixels_of(place), kept.put_back() if kept else None
        words = words_of(each.command, board)
        process = (Fresh if each.is_fresh else Started)(place, words)
        time.sleep(each.part * (FRESH_S + lasts_s if each.is_fresh else lasts_s))
        process.send(each.number)
        done = process.finish(ENDS_WITHIN_S)
        try:
            wrong = _faults(place, each, done, before) or _of_board(place, each, board)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        return wrong, "well" if done.code == 0 else "by the signal"


def _faults(place: Path, each: Trial, done: Done, before: set[bytes]) -> str:
    ours = OF_A_SIGNAL + each.number
    # SIGTERM ends Python by itself until the command has begun.
    codes = (ours, -signal.SIGTERM) if each.number == signal.SIGTERM else (ours,)
    wrong = faults_of(done, (0, *codes))
    if not wrong and done.code in FINE and done.code:
        wrong = f"code {done.code}: {done.err[-300:]}"
    if each.command not in TAKE_AWAY and not before <= pixels_of(place):
        wrong = wrong or "photographs are gone"
    if done.code != -signal.SIGTERM and (left := litter_in(place.parent)):
        wrong = wrong or f"it left {left}"
    return wrong or faults_in(place)


def _of_board(place: Path, each: Trial, board: VirtualBoard | None) -> str:
    """It answers; one whose pairing was cut does so after the next."""
    if board is None:
        return ""
    settle(place, each.command, board)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(place.parent / "home"))
        with BoardClient(board.port) as client:
            return client.info().state


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0, help="of the first trial")
    parser.add_argument("--fresh", type=int, default=7, help="one of so many is")
    parser.add_argument("--command", nargs="+", choices=list(WORDS), default=list(WORDS))
    parser.add_argument("--verbose", action="store_true", help="name each trial")
    options = parser.parse_args()
    # Where a shell started this in the background Ctrl-C is ignored, and would be by the commands.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    preload()
    began_s, ended, failed = time.monotonic(), Counter(), 0
    lengths: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        stack.enter_context(quick_trainings())
        be_patient(patch := stack.enter_context(pytest.MonkeyPatch.context()))
        be_patient_at_the_repl(patch)
        folder = made(Path(name) / "made")
        kept = paired_board(stack, Path(name), folder)
        for seed in range(options.seed, options.seed + options.trials):
            each = drawn(seed, options)
            if each.command not in lengths:
                lengths[each.command] = lasts(folder, each.command, kept)
            wrong, how = trial(folder, each, kept, lengths[each.command])
            ended[how] += 1
            failed += bool(wrong)
            if wrong or options.verbose:
                sys.stdout.write(f"{each}: {wrong or how}\n")
                sys.stdout.flush()
    how = ", ".join(f"{count} ended {name}" for name, count in sorted(ended.items()))
    took_s = time.monotonic() - began_s
    sys.stdout.write(f"{options.trials} trials, {failed} failed; {how}; {took_s:.0f} s\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
