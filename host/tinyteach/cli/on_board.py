"""teach, pull, retrain: learning on the board itself, and from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyteach.api.pictures import as_square
from tinyteach.cli.groups import new_app
from tinyteach.cli.options import (
    INTERRUPTED,
    BoardOption,
    JsonOption,
    ProjectOption,
    chosen_project,
    given_project,
)
from tinyteach.cli.output import print_json, say, show_table
from tinyteach.cli.which_board import chosen_board, opened_board
from tinyteach.errors import UsageError
from tinyteach.progress import progress_bar
from tinyteach.service.boards.teaching_on_board import (
    ButtonSet,
    Forgotten,
    Taught,
    button_classes,
    held_by,
    set_button,
)
from tinyteach.service.heads.pulling import pull as bring
from tinyteach.service.heads.retraining import retrain as run
from tinyteach.service.projects.opening import open_project

if TYPE_CHECKING:
    import numpy as np

app = new_app()


@app.command()
def teach(
    class_name: Annotated[
        str | None, typer.Argument(metavar="CLASS", help="What is being shown.")
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE…", help="Photographs to send in place of the camera's."),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", "-n", min=1, help="How many frames of the camera.")
    ] = 10,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Begin with nothing: no class that it knew stays.")
    ] = False,
    forget: Annotated[
        str | None, typer.Option("--forget", metavar="CLASS", help="Forget a class instead.")
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="List the classes and their examples instead.")
    ] = False,
    button: Annotated[
        str | None,
        typer.Option(
            "--button",
            metavar="PIN|board|off",
            help="Let a button teach the classes named, in turn, without a computer.",
        ),
    ] = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Teach the board a class by itself: it learns from frames of its camera, with no training.

    It keeps the classes that it knows, also those of a deployed head.
    """
    if button is not None:
        names = [name for name in (class_name, *map(str, files or [])) if name is not None]
        _show(_set_button(button, names, board, project), as_json)
        return
    if [class_name is not None, forget is not None, list_them].count(True) != 1:
        raise UsageError("Name a class to teach, or say --forget CLASS, --list or --button PIN.")
    if list_them:
        _list_classes(board, project, as_json)
    elif forget is not None:
        with opened_board(board, project) as opened:
            _show(opened.forget(forget), as_json)
    else:
        with progress_bar(as_json) as progress:
            squares = _squares(files or [])
            with opened_board(board, project) as opened:
                taught = opened.teach(class_name or "", squares, count, afresh, progress)
        _show(taught, as_json)
        if taught.interrupted:
            raise typer.Exit(INTERRUPTED)


def _squares(files: list[Path]) -> "list[np.ndarray]":
    """All of them, before anything is asked of a board."""
    return [as_square(file) for file in files]


def _set_button(pin: str, names: list[str], board: str | None, project: Path | None) -> "ButtonSet":
    classes = button_classes(names)
    with opened_board(board, project) as opened:
        return set_button(opened.client, pin, classes)


def _list_classes(board: str | None, project: Path | None, as_json: bool) -> None:
    with opened_board(board, project) as opened:
        held = held_by(opened.client)
    if as_json:
        print_json(held.as_dict())
    elif held.examples:
        show_table("", ("class", "examples", "more fit"), held.rows())
    else:
        say("The board knows nothing yet; 'tinyteach teach CLASS' teaches it.")


def _show(done: "Taught | Forgotten | ButtonSet", as_json: bool) -> None:
    if as_json:
        print_json(done.as_dict())
    else:
        say(done.sentence())


@app.command()
def pull(
    board: BoardOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Bring the board's classes and examples into the project.

    Training takes them in place of photographs.
    """
    into = open_project(chosen_project(project))
    with progress_bar(as_json) as progress, opened_board(board, project) as opened:
        pulled = bring(opened.client, into, progress)
    if as_json:
        print_json(pulled.as_dict())
        return
    for line in pulled.lines():
        say(line)


@app.command()
def retrain(
    from_board: Annotated[
        bool,
        typer.Option("--from-board", help="First pull what the board knows; pair it if need be."),
    ] = False,
    add: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Photographs to add: class folders, or a zip of them."),
    ] = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pull, add photographs, train and deploy in one go, also far from where it was trained.

    Without a project, --from-board makes one that is called like the board. The head that the
    board had stays there to roll back to.
    """
    folder, meant = given_project(project), chosen_board(board, project, or_new=True)
    with progress_bar(as_json) as progress:
        done = run(folder, meant, from_board, add or [], progress)
    if as_json:
        print_json(done.as_dict())
        return
    for line in done.lines():
        say(line)
