"""demo: the whole job, from photographs to a board that recognises."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.cli.options import EmbeddingOption
from tinyteach.service.projects.embedding_files import check_kind, embedding_path
from tinyteach.service.words.values import check_photos_source
from tinyteach.service.words.virtual import check_arch

_demo = Later("service.demo")
app = new_app()


@command(app, "board", "as_json")
def demo(
    asked: Asked,
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
) -> None:
    """Run the whole job on a virtual board and measure it.

    Pair, record, train, deploy, recognise. With --board, that board is sent the
    photographs instead of being shown them.
    """
    check_arch(arch)
    if embedding is not None:
        check_kind(embedding_path(embedding))
    if photos is not None:
        check_photos_source(photos)
    with asked.progress() as progress:
        measured = _demo.run_demo(
            *(photos, per_class, held_out, arch, asked.board, asked.say, progress, embedding)
        )
    asked.answer(measured)
