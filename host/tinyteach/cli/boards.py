"""boards, pair, info: which boards there are and what they are."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.groups import new_app, new_group
from tinyteach.cli.options import BoardOption, EmbeddingOption, JsonOption, ProjectOption
from tinyteach.cli.output import print_json, say, show_table
from tinyteach.cli.which_board import chosen_board, opened_board
from tinyteach.progress import progress_bar
from tinyteach.service.boards.opening import board_info, list_boards, pair_board
from tinyteach.service.boards.virtual_boards import (
    pins_of_virtual,
    show_to_virtual,
    start_virtual,
    stop_virtual,
)

app = new_app()
boards_app = new_group("boards", invoke_without_command=True)
app.add_typer(boards_app, name="boards")


@boards_app.callback()
def boards(context: typer.Context, as_json: JsonOption = False) -> None:
    """List attached and paired boards; start and steer virtual ones."""
    if context.invoked_subcommand:
        return
    found = list_boards()
    if as_json:
        print_json([board.as_dict() for board in found])
        return
    if not found:
        say("No board is attached. 'tinyteach boards start' starts a virtual one.")
        return
    rows = [(b.name, b.port or "–", b.kind, b.status) for b in found]
    show_table("", ("name", "port", "what", "status"), rows)


@boards_app.command()
def start(
    name: Annotated[str, typer.Option(help="What to call it.")] = "virtual",
    arch: Annotated[
        str | None,
        typer.Option(metavar="amd64|i386|armhf", help="Word size; this machine's by default."),
    ] = None,
    camera: Annotated[bool, typer.Option(help="Whether it has a camera.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Start a virtual board: the real agent on a real MicroPython, its flash kept in a file."""
    board = start_virtual(name, arch, camera)
    if as_json:
        print_json(board.as_dict())
    else:
        say(f"The virtual board {board.name} runs on {board.port}.")
        say(f"Next: tinyteach --board {board.name} pair")


@boards_app.command()
def stop(name: Annotated[str, typer.Argument(help="Which one.")] = "virtual") -> None:
    """Stop a virtual board; its flash is kept for the next start."""
    stop_virtual(name)
    say(f"The virtual board {name} has stopped.")


@boards_app.command()
def show(
    photo: Annotated[
        Path | None, typer.Argument(help="A photograph, or a folder of them shown in turn.")
    ] = None,
    demo_object: Annotated[
        str | None,
        typer.Option("--object", help="An object of the demo, held in a moving hand."),
    ] = None,
    name: Annotated[str, typer.Option(help="Which virtual board.")] = "virtual",
) -> None:
    """Put a photograph before a virtual board's camera."""
    say(show_to_virtual(name, photo, demo_object))


@boards_app.command()
def pins(
    name: Annotated[str, typer.Argument(help="Which virtual board.")] = "virtual",
    as_json: JsonOption = False,
) -> None:
    """Show the levels of the pins that a virtual board sets, as its rules do."""
    levels = pins_of_virtual(name)
    if as_json:
        print_json(levels)
        return
    for number, level in levels.items():
        say(f"pin {number}: {'high' if level else 'low'}")
    if not levels:
        say(f"The board {name} sets no pin.")


@app.command()
def pair(
    board: BoardOption = None,
    project: ProjectOption = None,
    name: Annotated[str | None, typer.Option(help="What to call the board from now on.")] = None,
    embedding: EmbeddingOption = None,
    camera: Annotated[
        str | None,
        typer.Option(
            metavar="BOARD",
            help="Whose camera pins to tell firmware that has none built in; pair says when.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Install agent and embedding on a board, or update them.

    Without --embedding the board keeps the one that it has; a board without gets base.
    """
    with progress_bar(as_json) as progress:
        paired = pair_board(chosen_board(board, project), name, progress, embedding, camera)
    if as_json:
        print_json(paired.as_dict())
        return
    say(f"Paired {paired.name} ({paired.machine}, MicroPython {paired.micropython}).")
    say(f"{len(paired.written)} files written." if paired.written else "All was up to date.")
    for note in [*paired.notes, paired.state]:
        if note:
            say(note)


@app.command()
def info(
    board: BoardOption = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Show what a board is: chip, camera, models, memory, flash."""
    with opened_board(board, project) as opened:
        facts = board_info(opened.client)
    if as_json:
        print_json(facts.as_dict())
    else:
        show_table("", ("", ""), facts.rows())
        for line in facts.traceback:
            say(line)
