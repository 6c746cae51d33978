"""teach, pull, retrain: learning on the board itself, and from it.

What is refused here is refused before what takes time is imported.
"""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.completion import classes
from tinyteach.cli.exit_codes import INTERRUPTED
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.errors import UsageError
from tinyteach.service.projects.keeping import check_keeps_learnt
from tinyteach.service.projects.opening import open_project
from tinyteach.service.words.teaching import button_classes, check_button
from tinyteach.service.words.values import check_photos_source, check_pictures

_pictures = Later("api.pictures")
_pulling = Later("service.heads.pulling")
_retraining = Later("service.heads.retraining")
_teaching = Later("service.boards.teaching")
app = new_app()


@command(app, "board", "project", "as_json")
def teach(
    asked: Asked,
    class_name: Annotated[
        str | None,
        typer.Argument(metavar="CLASS", help="What is being shown.", autocompletion=classes),
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
        str | None,
        typer.Option(
            "--forget", metavar="CLASS", help="Forget a class instead.", autocompletion=classes
        ),
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
) -> None:
    """Teach the board a class by itself, without a training.

    It learns from frames of its camera and keeps the classes that it knows, also those of a
    deployed head.
    """
    if button is not None:
        named = [name for name in (class_name, *map(str, files or [])) if name is not None]
        classes = button_classes(named)
        check_button(button)
        with asked.open_board() as board:
            asked.answer(_teaching.set_button(board.client, button, classes))
        return
    if [class_name is not None, forget is not None, list_them].count(True) != 1:
        raise UsageError("Name a class to teach, or say --forget CLASS, --list or --button PIN.")
    if class_name is not None:
        _teach(asked, class_name, files or [], count, afresh)
        return
    with asked.open_board() as board:
        asked.answer(
            board.forget(forget) if forget is not None else _teaching.held_by(board.client)
        )


def _teach(asked: Asked, class_name: str, files: list[Path], count: int, afresh: bool) -> None:
    button_classes([class_name])  # what is no class needs no board to be refused
    check_pictures(files)
    with asked.progress() as progress:
        squares = [
            _pictures.as_square(file) for file in files
        ]  # before anything is asked of a board
        with asked.open_board() as board:
            taught = board.teach(class_name, squares, count, afresh, progress)
    asked.answer(taught)
    if taught.interrupted:
        raise typer.Exit(INTERRUPTED)


@command(app, "board", "project", "as_json")
def pull(asked: Asked) -> None:
    """Bring the board's classes and examples into the project.

    Training takes them in place of photographs.
    """
    project = open_project(asked.folder)
    check_keeps_learnt(project)
    with asked.progress() as progress, asked.open_board() as board:
        pulled = _pulling.pull(board.client, project, progress)
    asked.answer(pulled)


@command(app, "board", "project", "as_json")
def retrain(
    asked: Asked,
    from_board: Annotated[
        bool,
        typer.Option("--from-board", help="First pull what the board knows; pair it if need be."),
    ] = False,
    add: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Photographs to add: class folders, or a zip of them."),
    ] = None,
) -> None:
    """Pull, add photographs, train and deploy in one go.

    Also far from where it was trained: without a project, --from-board makes one that is called
    like the board. The head that the board had stays there to roll back to.
    """
    for source in add or []:
        check_photos_source(source)
    if not from_board:
        open_project(asked.folder)
    board = asked.board_there(or_new=True)
    with asked.progress() as progress:
        done = _retraining.retrain(asked.project, board, from_board, add or [], progress)
    asked.answer(done)
