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
from flashes import make_paired  # noqa: E402
from patience import be_patient  # noqa: E402
from project_trials import (  # noqa: E402
    FINE,
    PHOTOS_EACH,
    Done,
    What,
    faults_in,
    faults_of,
    litter_in,
    make,
    pixels_of,
    preload,
    run,
)
from tinyteach.data.deleted import delete_class, delete_photos, restore  # noqa: E402
from tinyteach.data.drawing import demo_object  # noqa: E402
from tinyteach.data.handheld import HandheldCamera  # noqa: E402
from tinyteach.data.moving import move_photos  # noqa: E402
from tinyteach.data.photos import list_photos  # noqa: E402
from tinyteach.device import keys  # noqa: E402
from tinyteach.device.wire.client import BoardClient  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILE  # noqa: E402
from tinyteach.head.format.head_file import load_head_file  # noqa: E402
from tinyteach.service.heads.pulling import read_head  # noqa: E402
from tinyteach.service.projects.beside import duplicate  # noqa: E402
from tinyteach.service.projects.opening import open_project  # noqa: E402
from tinyteach.virtual.board import VirtualBoard  # noqa: E402

SOME_BOARD = "0123456789ab"  # whose key is here, in a file to be taken, and nowhere else


def _move(folder: Path) -> None:
    project = open_project(folder)
    move_photos(project, [photo.id for photo in list_photos(project, "cat")], "coffee")


def _delete(folder: Path) -> None:
    project = open_project(folder)
    delete_photos(project, [photo.id for photo in list_photos(project, "cat")])


def _restore(folder: Path) -> None:
    project = open_project(folder)
    restore(project, delete_class(project, "cat"))


def _settings(folder: Path) -> None:
    project = open_project(folder)
    project.order_classes(project.classes()[::-1])
    project.set_colour("cat", 5)
    project.name, project.board = "others", "a board"


COMMANDS: dict[str, What] = {
    "import": ["import", "../photos"],
    "class add": ["class", "add", "dog", "fox"],
    "class rename": ["class", "rename", "cat", "lion"],
    "class remove": ["class", "remove", "coffee", "--delete-photos"],
    "train": ["train"],
    "report": ["report"],
    "export photos": ["export", "photos", "../all.zip"],
    "export model": ["export", "model", "--to", "../model"],
    "romfs": ["romfs", "../rom"],
    "new": ["new", "../another"],
    "test": ["test", "../photos", "--host"],
    "keys export": ["keys", "export", SOME_BOARD, "../again.json"],
    "keys import": ["keys", "import", "../key.json"],
    "keys forget": ["keys", "forget", SOME_BOARD],
    "move photographs": _move,
    "delete photographs": _delete,
    "delete and restore": _restore,
    "duplicate": lambda folder: duplicate(folder.resolve().parent, "project", "copy"),
    "settings": _settings,
}
# Each with ``--board``.
ON_BOARD = {
    "deploy": ["deploy", "--threshold", "0.5"],
    "capture": ["capture", "cat", "-n", "2"],
    "pull": ["pull"],
    "rule add": ["rule", "add", "cat >= 80% for 3 frames", "say", "cat"],
    "alone": ["alone", "--smoothing", "0.5"],
    "rollback": ["rollback"],
    "teach": ["teach", "cat", "-n", "2"],
    "pair": ["pair", "--name", "desk"],
    "pair --new-key": ["pair", "--new-key"],
    "retrain": ["retrain", "--add", "../photos"],
    "recorded": ["--record", "../a.tape", "info"],
}
# Commands after which photographs lie elsewhere or nowhere, as they were asked to: how many.
TAKEN_AWAY = {
    "class remove": (0, PHOTOS_EACH),
    "delete photographs": range(PHOTOS_EACH + 1),
    "delete and restore": range(PHOTOS_EACH + 1),
}


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
        _take_keys_over(folder, place)
        return int(done.err.split()[-1])


def _take_keys_over(folder: Path, place: Path) -> None:
    """What a pairing changed on the board holds for the next trials, too."""
    home = "home/config"
    if (place.parent / home).exists():
        shutil.copytree(place.parent / home, folder / home, dirs_exist_ok=True)


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
            _take_keys_over(folder, place)
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


def planned(folder: Path, options, board: VirtualBoard | None) -> list[Trial]:
    trials = []
    for command in options.command:
        count = operations(folder, command, board)
        step = max(1, -(-count // options.each))
        for fault in (KILL, FULL):
            trials += [Trial(command, fault, at) for at in range(1, count + 1, step)]
        trials.append(Trial(command, READ_ONLY, 0))
    return trials


def made(folder: Path) -> Path:
    """A project with a head, keys, and what is imported."""
    make(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(folder / "home"))
        keys.keep_key(SOME_BOARD, keys.made_key())
    keys.write_key(folder / "key.json", "ba9876543210", keys.made_key())
    return folder


def paired_board(stack: ExitStack, place: Path, folder: Path) -> VirtualBoard:
    """A board with the project's head, twice: so that it can be rolled back."""
    flash = make_paired("i386", place / "flash", EMBEDDING_FILE.read_bytes())
    board = stack.enter_context(VirtualBoard("i386", flash))
    board.show_source(HandheldCamera(demo_object("cat"), seed=3).next_view)
    for words in (["pair"], ["deploy", "--threshold", "0.4"], ["deploy", "--threshold", "0"]):
        done = run(folder / "project", ["--board", board.port, *words])
        assert done.code == 0, done.err
    return board


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=1000, help="operations of a command, at most")
    every = [*COMMANDS, *ON_BOARD]
    parser.add_argument("--command", nargs="+", choices=every, default=every)
    options = parser.parse_args()
    preload()
    began_s, counts, failed = time.monotonic(), Counter(), 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        be_patient(stack.enter_context(pytest.MonkeyPatch.context()))
        folder = made(Path(name) / "made")
        board = None
        if set(options.command) & set(ON_BOARD):
            board = paired_board(stack, Path(name), folder)
        trials = planned(folder, options, board)
        for each in trials:
            counts[f"{each.command} {each.fault}"] += 1
            if wrong := trial(folder, each, board if each.command in ON_BOARD else None):
                failed += 1
                sys.stdout.write(f"{each}: {wrong}\n")
                sys.stdout.flush()
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{name:30} {count:4}\n")
    sys.stdout.write(f"{len(trials)} trials, {failed} failed, {time.monotonic() - began_s:.0f} s\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
