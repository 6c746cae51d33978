"""Options that several commands share, and where the global ones are kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tinyteach.api.board import Board

# The exit code after Ctrl-C, as shells have it: 128 and the signal's number.
INTERRUPTED = 130

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]
BoardOption = Annotated[
    str | None,
    typer.Option(
        "--board",
        "-b",
        metavar="NAME|PORT|virtual",
        help="A paired board's name, a port, any pyserial URL, or 'virtual'; without it, the "
        "project's board, else the only one that is attached.",
        show_default=False,
    ),
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        "-p",
        metavar="DIR",
        help="The project folder; without it, the current one.",
        show_default=False,
    ),
]
EmbeddingOption = Annotated[
    str | None,
    typer.Option(
        "--embedding",
        metavar="base|tiny|FILE",
        help="The embedding: one that ships, or a .tflite file.",
        show_default=False,
    ),
]


@dataclass
class Globals:
    """What was given before the command's name."""

    board: str | None = None
    project: Path | None = None


_globals = Globals()


def set_globals(board: str | None, project: Path | None) -> None:
    """Keep the options given before the command's name."""
    _globals.board, _globals.project = board, project


def named_board(given: str | None) -> str | None:
    """The board named after the command, else before it, else None."""
    return given or _globals.board


def chosen_board(given: str | None, project: Path | None, or_new: bool = False) -> str | None:
    """The board that a command means, by the one rule of `service.boards.board_meant`.

    ``or_new``: the project folder may yet have to be made.
    """
    from tinyteach.service.boards.opening import board_meant

    return board_meant(named_board(given), given_project(project), or_new)


def opened_board(given: str | None, project: Path | None) -> "Board":
    """The same, held open: a context manager."""
    from tinyteach.api.board import Board

    return Board(named_board(given), given_project(project))


def given_project(given: Path | None) -> Path | None:
    """The project folder named after the command, else before it, else None."""
    return given or _globals.project


def chosen_project(given: Path | None) -> Path:
    """The project folder named after the command, else before it, else the current folder."""
    return given_project(given) or Path()
