"""Which board a command means."""

from pathlib import Path

import tinyteach as tt
from tinyteach.cli.options import given_project, named_board
from tinyteach.service.boards.opening import board_meant


def chosen_board(given: str | None, project: Path | None, or_new: bool = False) -> str | None:
    """The board that a command means, by the one rule of `service.boards.board_meant`.

    ``or_new``: the project folder may yet have to be made.
    """
    return board_meant(named_board(given), given_project(project), or_new)


def opened_board(given: str | None, project: Path | None) -> "tt.Board":
    """The same, held open: a context manager."""
    return tt.Board(named_board(given), given_project(project))
