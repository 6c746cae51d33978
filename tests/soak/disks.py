"""Commands that are ended at each file operation, or find no room: ``python tests/soak/disks.py``.

Each command that changes a project runs in a process of its own, again and again, and is killed
(``kill -9``) before its first, second, third … operation on a file; then the same where that
operation finds the disk full, and once in a project that may not be written. Commands that use a
board are killed before each write to it, too. Afterwards all photographs that were there are there,
no head is half, the next command works, the board answers and has its head or the new one, and
nobody said a traceback. Ends with 1 where that is not so; what failed is named with its command.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest  # noqa: E402
from PIL import Image  # noqa: E402

import faulty_disk  # noqa: E402
import one_thread  # noqa: E402, F401
from faulty_disk import FULL, KILL, NONE, READ_ONLY  # noqa: E402
from flashes import make_paired  # noqa: E402
from paired import views_of  # noqa: E402
from patience import be_patient  # noqa: E402
from tinyteach.data.drawing import demo_object  # noqa: E402
from tinyteach.data.handheld import HandheldCamera  # noqa: E402
from tinyteach.data.photos import list_all, load_photos  # noqa: E402
from tinyteach.device.wire.client import BoardClient  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILE  # noqa: E402
from tinyteach.head.format.head_file import load_head_file  # noqa: E402
from tinyteach.service.heads.pulling import read_head  # noqa: E402
from tinyteach.service.projects.opening import open_project  # noqa: E402
from tinyteach.virtual.board import VirtualBoard  # noqa: E402

COMMANDS = {
    "import": ["import", "../photos"],
    "class add": ["class", "add", "dog"],
    "class rename": ["class", "rename", "cat", "lion"],
    "class remove": ["class", "remove", "coffee", "--delete-photos"],
    "train": ["train"],
    "export": ["export", "photos", "../all.zip"],
    "export model": ["export", "model", "../model.tflite"],
    "new": ["new", "../another"],
}
# Each with ``--board``.
ON_BOARD = {
    "deploy": ["deploy", "--threshold", "0.5"],
    "capture": ["capture", "cat", "-n", "2"],
    "pull": ["pull"],
}
# In what a command may end that is not killed: success, or a sentence.
FINE = (0, 2, 6, 7, 8, 9)


@dataclass(frozen=True)
class Trial:
    """A command, what befalls it and before which operation."""

    command: str
    fault: str
    at: int

    def __str__(self) -> str:
        return f"{self.command}, {self.fault} at file operation {self.at}"


@dataclass(frozen=True)
class Done:
    """``code`` is negative where a signal ended it."""

    code: int
    err: str


def run(folder: Path, words: list[str], fault: str = NONE, at: int = 0) -> Done:
    """The command in ``folder``, in a fork of this process, which has all modules loaded.

    The last line of what it said is how many operations it did.
    """
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if not pid:
            os.environ["TINYTEACH_HOME"] = str(folder.parent / "home")
            os.chdir(folder)
            os.dup2(said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")  # not pytest's
            faulty_disk.leave(words, fault, at)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said.seek(0)
        return Done(code, said.read().decode())


def make(folder: Path, trained: bool = True) -> None:
    """A project with two classes and, if ``trained``, a head; other photographs to import."""
    for place, seed in (("given", 1), ("photos", 2)):
        for name in ("cat", "coffee"):
            (folder / place / name).mkdir(parents=True)
            for number, view in enumerate(views_of(name, 6, seed=seed, side=64)):
                Image.fromarray(view).save(folder / place / name / f"{number}.png")
    (folder / "project").mkdir()
    for words in (["new", "."], ["import", "../given"], ["train"])[: 3 if trained else 2]:
        done = run(folder / "project", words)
        assert done.code == 0, done.err


def words_of(command: str, board: VirtualBoard | None) -> list[str]:
    """The command line; with the port where it is for a board."""
    if command in COMMANDS:
        return COMMANDS[command]
    assert board
    return [*ON_BOARD[command], "--board", board.port]


def give_head(folder: Path, board: VirtualBoard) -> None:
    """Put the project's head to work."""
    done = run(folder / "project", ["deploy", "--board", board.port])
    assert done.code == 0, done.err


def operations(folder: Path, command: str, board: VirtualBoard | None = None) -> int:
    """How many the command does."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        done = run(place, words_of(command, board))
        assert done.code == 0, (command, done.err)
        return int(done.err.split()[-1])


def photographs(project: Path) -> set[bytes]:
    """The pixels of each; AssertionError where one does not load or is there twice."""
    loaded = load_photos(list_all(open_project(project)).photos)
    assert not loaded.problems, loaded.problems
    pixels = [square.tobytes() for square in loaded.squares]
    assert len(set(pixels)) == len(pixels), "a photograph is there twice"
    return set(pixels)


def trial(folder: Path, each: Trial, board: VirtualBoard | None = None) -> str:
    """What is wrong after one; empty where nothing is."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        before = photographs(place)
        done = run(place, words_of(each.command, board), each.fault, each.at)
        try:
            return _faults(place, each, done, before) or _of_board(place, board)
        except Exception as error:
            return f"{type(error).__name__}: {error}"


def _faults(place: Path, each: Trial, done, before: set[bytes]) -> str:
    if "Traceback" in done.err:
        return done.err[-800:]
    expected = (-signal.SIGKILL, 0) if each.fault == KILL else FINE
    if done.code not in expected:
        return f"code {done.code}: {done.err[-300:]}"
    now = photographs(place)
    if each.command != "class remove" and not before <= now:
        return f"{len(before - now)} photographs are gone"
    head = place / "heads" / "head.tflite"
    if head.exists():
        load_head_file(head)
    for words in (["class", "list"], ["class", "add", "one more"]):
        again = run(place, words)
        if again.code:
            return f"the next command fails: {again.err}"
    return ""


def _of_board(place: Path, board: VirtualBoard | None) -> str:
    """It answers, with a whole head; AssertionError or a sentence of the host where it does not."""
    if board is None:
        return ""
    own = load_head_file(place / "heads" / "head.tflite")
    with BoardClient(board.port) as client:
        info = client.info()
        head = read_head(client, lambda *_: None)
    assert info.state == "" and head.fingerprint == info.head, info
    assert head.labels == own.labels
    return ""


def planned(folder: Path, options, board: VirtualBoard | None) -> list[Trial]:
    trials = []
    for command in options.command:
        count = operations(folder, command, board)
        step = max(1, count // options.each)
        for fault in (KILL, FULL):
            trials += [Trial(command, fault, at) for at in range(1, count + 1, step)]
        trials.append(Trial(command, READ_ONLY, 0))
    return trials


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=1000, help="operations of a command, at most")
    every = [*COMMANDS, *ON_BOARD]
    parser.add_argument("--command", nargs="+", choices=every, default=every)
    options = parser.parse_args()
    for module in ("photos", "projects", "heads", "exporting"):
        import_module(f"tinyteach.cli.{module}")
    began_s, counts, failed = time.monotonic(), Counter(), 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        be_patient(stack.enter_context(pytest.MonkeyPatch.context()))
        make(folder := Path(name) / "made")
        board = None
        if set(options.command) & set(ON_BOARD):
            flash = make_paired("i386", Path(name) / "flash", EMBEDDING_FILE.read_bytes())
            board = stack.enter_context(VirtualBoard("i386", flash))
            board.show_source(HandheldCamera(demo_object("cat"), seed=3).next_view)
            give_head(folder, board)
        trials = planned(folder, options, board)
        for each in trials:
            counts[f"{each.command} {each.fault}"] += 1
            if wrong := trial(folder, each, board if each.command in ON_BOARD else None):
                failed += 1
                sys.stdout.write(f"{each}: {wrong}\n")
                sys.stdout.flush()
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{name:24} {count:4}\n")
    sys.stdout.write(f"{len(trials)} trials, {failed} failed, {time.monotonic() - began_s:.0f} s\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
