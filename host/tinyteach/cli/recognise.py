"""watch, classify, verify: what the board recognises, and whether it does so rightly."""

from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from tinyteach.api.pictures import as_square
from tinyteach.cli.groups import new_app
from tinyteach.cli.options import BoardOption, JsonOption, ProjectOption, chosen_project
from tinyteach.cli.output import print_json, say
from tinyteach.cli.which_board import chosen_board, opened_board
from tinyteach.service.boards.verification import verify as run_suite
from tinyteach.service.heads.recognition import (
    Recognised,
    classify_on_host,
    classify_square,
    deployed_labels,
    threshold_steps,
)

app = new_app()


@app.command()
def watch(
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
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show live what the board recognises."""
    if threshold is not None:
        threshold_steps(threshold)  # what is no probability needs no board to be refused
    with opened_board(board, project) as opened, closing(opened.watch(threshold)) as results:
        for result in islice(results, count or None):
            if as_json:
                print_json(result.as_dict())
            else:
                say(result.line())


@app.command()
def classify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Photographs.")],
    on_host: Annotated[
        bool, typer.Option("--host", help="Compute here with the project's head, not on a board.")
    ] = False,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Classify photographs on the board or on this computer.

    The board needs no camera for it.
    """
    results = _on_host(files, project) if on_host else _on_board(files, board, project)
    for file, result in zip(files, results, strict=True):
        if as_json:
            print_json({"file": str(file), **result.as_dict()})
        else:
            say(f"{file}: {result.line()}")


def _on_host(files: list[Path], project: Path | None) -> "list[Recognised]":
    return classify_on_host(chosen_project(project), files)


def _on_board(files: list[Path], board: str | None, project: Path | None) -> "list[Recognised]":
    squares = [as_square(file) for file in files]
    with opened_board(board, project) as opened:
        labels = deployed_labels(opened.client)
        return [classify_square(opened.client, square, labels) for square in squares]


@app.command()
def verify(
    photos: Annotated[
        Path | None,
        typer.Option(help="A folder of class folders, or a zip, to test with."),
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE.xml", help="Write JUnit XML.")] = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Test the board against the host.

    Exactness, accuracy, latency, memory, deploying. Without --board, and where the project has
    none, a virtual board is started for it. What was deployed before is at work again at the end.
    """
    summary = run_suite(chosen_board(board, project), photos, junit, quiet=as_json)
    if as_json:
        print_json(summary.as_dict())
    else:
        say(summary.sentence())
    raise typer.Exit(summary.exit_code)
