"""Commands that change something, a project that they change, and the board that they use."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from flashes import make_paired
from project_trials import PHOTOS_EACH, What, make, run
from tinyteach.data.compaction import LINES_MIN
from tinyteach.data.deleted import delete_class, delete_photos, restore
from tinyteach.data.drawing import demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.data.moving import move_photos
from tinyteach.data.photos import list_photos
from tinyteach.device import keys
from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.lines import append_lines
from tinyteach.service.projects.beside import duplicate
from tinyteach.service.projects.opening import open_project
from tinyteach.virtual.board import VirtualBoard

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


def _compact(folder: Path) -> None:
    project = open_project(folder)
    lines = project.index_path.read_text().splitlines()
    append_lines(project.index_path, lines * (1 + LINES_MIN // len(lines)))
    project.compact_index()


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
    "classify --why": ["classify", "../photos/cat/0.png", "--host", "--why", "--out", "../why.png"],
    "keys export": ["keys", "export", SOME_BOARD, "../again.json"],
    "keys import": ["keys", "import", "../key.json"],
    "keys forget": ["keys", "forget", SOME_BOARD],
    "move photographs": _move,
    "delete photographs": _delete,
    "delete and restore": _restore,
    "duplicate": lambda folder: duplicate(folder.resolve().parent, "project", "copy"),
    "compact": _compact,
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
    "preview --out": ["preview", "--out", "../view.png"],
    "recorded": ["--record", "../a.tape", "info"],
    "upgrade": ["upgrade", "--embedding", "tiny"],
    "wipe": ["wipe", "--yes"],
    "unpair": ["unpair", "--yes"],
    "unpair, and again": ["unpair", "--yes"],
}
# Virtual boards in the background: what must go well before, and after whatever became of it.
_START, _STOP = ["boards", "start"], ["boards", "stop"]
_SHOW = ["boards", "show", "--object", "cat"]
IN_BACKGROUND = {
    "boards start": ([], _START, [_START, _SHOW, _STOP]),
    "boards show": ([_START], _SHOW, [_SHOW, _STOP]),
    "boards stop": ([_START], _STOP, [_START, _STOP]),
}
# What takes a board's head, agent or key with it, and what must go well in its project afterwards,
# whatever became of it; then the board has a head again.
AGAIN: dict[str, tuple[list[str], ...]] = {
    "pair": (["pair"],),
    "pair --new-key": (["pair"],),
    "upgrade": (["upgrade"],),
    "wipe": (["wipe", "--yes"], ["deploy"]),
    "unpair": (["pair"], ["deploy"]),
    "unpair, and again": (["unpair", "--yes"], ["pair"], ["deploy"]),
}

# Commands after which photographs lie elsewhere or nowhere, as they were asked to: how many.
TAKEN_AWAY = {
    "class remove": (0, PHOTOS_EACH),
    "delete photographs": range(PHOTOS_EACH + 1),
    "delete and restore": range(PHOTOS_EACH + 1),
}


def made(folder: Path) -> Path:
    """A project with a head, keys, and what is imported."""
    make(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(folder / "home"))
        keys.keep_key(SOME_BOARD, keys.made_key())
    keys.write_key(folder / "key.json", "ba9876543210", keys.made_key())
    return folder


def paired_board(stack: ExitStack, place: Path, folder: Path) -> "Kept":
    """A board with the project's head, twice: so that it can be rolled back."""
    flash = make_paired("i386", place / "flash", EMBEDDING_FILE.read_bytes())
    board = stack.enter_context(VirtualBoard("i386", flash))
    board.show_source(HandheldCamera(demo_object("cat"), seed=3).next_view)
    for words in (["pair"], ["deploy", "--threshold", "0.4"], ["deploy", "--threshold", "0"]):
        must(folder / "project", ["--board", board.port, *words])
    return Kept(board)


def settle(place: Path, command: str, board: VirtualBoard) -> None:
    """Have done what is to go well after a command; AssertionError where it does not."""
    must(place, *(["--board", board.port, *words] for words in AGAIN.get(command, ())))


def must(place: Path, *commands: list[str]) -> None:
    """Each goes well; AssertionError where it does not."""
    for words in commands:
        done = run(place, words)
        assert done.code == 0, (words, done.err)


class Kept:
    """A board as it was at a moment, with a head, one before it, and a key that its project has."""

    def __init__(self, board: VirtualBoard) -> None:
        self.board = board
        board.cut_power_now()
        self._flash = board.flash.contents()
        board.power_on()

    def begin(self, place: Path, command: str) -> list[str]:
        """A command's words, for the board `put_back`."""
        return ["--board", self.put_back().port, *ON_BOARD[command]]

    def put_back(self) -> VirtualBoard:
        """The board, as it was then, whatever was written to it since."""
        self.board.cut_power_now()
        os.pwrite(self.board.flash.fileno(), self._flash, 0)
        self.board.power_on()
        return self.board
