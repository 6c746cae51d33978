"""The keys of boards that this computer has: listed, taken to another computer, forgotten."""

import os
from dataclasses import dataclass
from pathlib import Path

from tinyteach.device.keys import (
    fault_of,
    forget_key,
    keep_key,
    key_of,
    keyed_boards,
    read_key,
    write_key,
)
from tinyteach.device.registry import find_board, paired_boards
from tinyteach.errors import ProjectError, UsageError
from tinyteach.results import JsonResult, Lines, Sentence, Table

NONE_HERE = "This computer has no board's key; 'tinyteach pair' gives a board one."
NO_KEY = "This computer has no key of {board}; 'tinyteach keys list' shows those that it has."
IS_THERE = "{path} is there already; name a file that is not."
NOT_THERE = "There is no file {path}; 'tinyteach keys export' writes one where the key is."
OTHER_KEY = (
    "This computer has another key of {board} already; 'tinyteach keys forget {board}' first, if "
    "it is of no use any more."
)


@dataclass(frozen=True)
class KeyEntry(JsonResult):
    """A board whose key is here; ``name`` is empty where it is not paired here.

    ``fault`` says what is wrong with the key's file, and None where nothing is.
    """

    board_id: str
    name: str
    fault: str | None


@dataclass(frozen=True)
class Keys:
    """All of them, by identity. The keys themselves are not told."""

    entries: list[KeyEntry]

    def as_dict(self) -> dict[str, object]:
        return {"keys": [entry.as_dict() for entry in self.entries]}

    def lines(self) -> Lines:
        if not self.entries:
            return [NONE_HERE]
        rows = [(each.board_id, each.name or "–") for each in self.entries]
        faults = [each.fault for each in self.entries if each.fault]
        return [Table(("board", "name"), rows), *faults]


@dataclass(frozen=True)
class KeyMoved(Sentence):
    """What became of one board's key: ``what`` is exported, imported or forgotten."""

    board_id: str
    what: str
    file: str | None

    def sentence(self) -> str:
        if self.what == "exported":
            return (
                f"The key of {self.board_id} is in {self.file}: who has that file may change the "
                "board; delete it once it is imported."
            )
        if self.what == "imported":
            return f"This computer has the key of {self.board_id} now."
        return f"This computer has the key of {self.board_id} no longer."


def list_keys() -> Keys:
    """Those that are here."""
    names = {board.board_id: board.name for board in paired_boards()}
    return Keys([KeyEntry(each, names.get(each, ""), fault_of(each)) for each in keyed_boards()])


def export_key(board: str, path: Path) -> KeyMoved:
    """Write a board's key to a new file, for its owner alone; UsageError where there is none."""
    board_id = _identity(board)
    key = key_of(board_id)
    if key is None:
        raise UsageError(NO_KEY.format(board=board))
    if os.path.lexists(path):  # also a link to nowhere, in whose place it would come
        raise ProjectError(IS_THERE.format(path=path))
    write_key(path, board_id, key)
    return KeyMoved(board_id, "exported", str(path))


def import_key(path: Path) -> KeyMoved:
    """Take a board's key from a file; UsageError where it holds none, or another one is here."""
    try:
        board_id, key = read_key(path)
    except FileNotFoundError as error:
        raise ProjectError(NOT_THERE.format(path=path)) from error
    if _whole_key_of(board_id) not in (None, key):
        raise UsageError(OTHER_KEY.format(board=board_id))
    keep_key(board_id, key)
    return KeyMoved(board_id, "imported", str(path))


def _whole_key_of(board_id: str) -> bytes | None:
    """None where the file here is damaged, too: what is imported takes its place."""
    try:
        return key_of(board_id)
    except UsageError:
        return None


def forget(board: str) -> KeyMoved:
    """Let go of a board's key; the board keeps it."""
    board_id = _identity(board)
    if not forget_key(board_id):
        raise UsageError(NO_KEY.format(board=board))
    return KeyMoved(board_id, "forgotten", None)


def _identity(board: str) -> str:
    known = find_board(board)
    return known.board_id if known else board
