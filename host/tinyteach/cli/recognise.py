"""watch, classify, verify: what the board recognises, and whether it does so rightly."""

from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from tinyteach.api.pictures import as_square
from tinyteach.cli.asked import Asked, command
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.cli.groups import new_app
from tinyteach.errors import VerificationError
from tinyteach.service.boards import verification
from tinyteach.service.heads.recognition import (
    Recognised,
    classify_on_host,
    classify_square,
    deployed_labels,
    threshold_steps,
)

app = new_app()


@command(app, "board", "project", "as_json")
def watch(
    asked: Asked,
    count: Annotated[
        int, typer.Option("--count", "-n", min=0, help="Results; 0: until Ctrl-C.")
    ] = 0,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Probability from 0 to 1 below which the board says unknown, in place of the "
            "head's own, until the next deploy or restart; 0: never."
        ),
    ] = None,
) -> None:
    """Show live what the board recognises."""
    if threshold is not None:
        threshold_steps(threshold)  # what is no probability needs no board to be refused
    with asked.open_board() as board, closing(board.watch(threshold)) as results:
        for result in islice(results, count or None):
            asked.answer(result)


@command(app, "board", "project", "as_json")
def classify(
    asked: Asked,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Photographs.")],
    on_host: Annotated[
        bool, typer.Option("--host", help="Compute here with the project's head, not on a board.")
    ] = False,
) -> None:
    """Classify photographs on the board or on this computer.

    The board needs no camera for it.
    """
    results = classify_on_host(asked.folder, files) if on_host else _on_board(asked, files)
    for file, result in zip(files, results, strict=True):
        asked.tell({"file": str(file), **result.as_dict()}, [f"{file}: {result.line()}"])


def _on_board(asked: Asked, files: list[Path]) -> list[Recognised]:
    squares = [as_square(file) for file in files]
    with asked.open_board() as board:
        labels = deployed_labels(board.client)
        return [classify_square(board.client, square, labels) for square in squares]


@command(app, "board", "project", "as_json")
def verify(
    asked: Asked,
    photos: Annotated[
        Path | None,
        typer.Option(help="A folder of class folders, or a zip, to test with."),
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE.xml", help="Write JUnit XML.")] = None,
) -> None:
    """Test the board against the host.

    Exactness, accuracy, latency, memory, deploying. Without --board, and where the project has
    none, a virtual board is started for it. What was deployed before is at work again at the end.
    """
    summary = verification.verify(asked.board_meant(), photos, junit, quiet=asked.as_json)
    code = 0 if summary.held else exit_code_of(VerificationError)
    asked.tell(summary.as_dict() | {"exit_code": code}, summary.lines())
    raise typer.Exit(code)
