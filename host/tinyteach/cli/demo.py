"""demo: the whole job, from photographs to a board that recognises."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.groups import new_app
from tinyteach.cli.options import BoardOption, EmbeddingOption, JsonOption, named_board
from tinyteach.cli.output import print_json, say, show_table
from tinyteach.progress import progress_bar
from tinyteach.service.demo import run_demo

app = new_app()


@app.command()
def demo(
    photos: Annotated[
        Path | None,
        typer.Option(help="A folder of class folders, or a zip, instead of the demo's objects."),
    ] = None,
    per_class: Annotated[
        int, typer.Option("--per-class", min=2, help="Photographs a class to train on.")
    ] = 50,
    held_out: Annotated[
        int, typer.Option("--held-out", min=1, help="Photographs a class to test on.")
    ] = 40,
    arch: Annotated[
        str | None, typer.Option(metavar="amd64|i386|armhf", help="The virtual board's word size.")
    ] = None,
    embedding: EmbeddingOption = None,
    board: BoardOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole job on a virtual board and measure it.

    Pair, record, train, deploy, recognise. With --board, that board is sent the
    photographs instead of being shown them.
    """
    tell = (lambda text: None) if as_json else say
    with progress_bar(as_json) as progress:
        measured = run_demo(
            photos=photos,
            per_class=per_class,
            held_out=held_out,
            arch=arch,
            board=named_board(board),
            tell=tell,
            embedding=embedding,
            progress=progress,
        )
    if as_json:
        print_json(measured.as_dict())
    else:
        show_table("What was measured", ("", ""), measured.rows())
