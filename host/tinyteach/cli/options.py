"""Options that several commands share, and where the global ones are kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.table import BOARD, JSON, PROJECT

# The exit code after Ctrl-C, as shells have it: 128 and the signal's number.
INTERRUPTED = 130

JsonOption = Annotated[bool, typer.Option("--json", help=JSON)]
BoardOption = Annotated[
    str | None,
    typer.Option(
        "--board",
        "-b",
        metavar="NAME|PORT|virtual",
        help=BOARD,
        show_default=False,
    ),
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        "-p",
        metavar="DIR",
        help=PROJECT,
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


def given_project(given: Path | None) -> Path | None:
    """The project folder named after the command, else before it, else None."""
    return given or _globals.project


def chosen_project(given: Path | None) -> Path:
    """The project folder named after the command, else before it, else the current folder."""
    return given_project(given) or Path()
