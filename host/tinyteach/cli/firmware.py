"""flash, restore, romfs: what runs on a board before TinyTeach does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.groups import new_app
from tinyteach.cli.later import Later
from tinyteach.cli.options import EmbeddingOption
from tinyteach.cli.output import note
from tinyteach.progress import Progress
from tinyteach.service.projects.embedding_files import check_kind, embedding_path
from tinyteach.writable import check_writable

_backups = Later("service.flash.backups")
_embeddings = Later("service.projects.embeddings")
_flashing = Later("service.flash.flashing")
_images = Later("service.flash.firmware_images")
app = new_app()


@command(app, "board", "project", "as_json")
def flash(
    asked: Asked,
    image: Annotated[
        str | None,
        typer.Argument(
            help="A .bin or .img file, a zip of one, an address; without it, which one."
        ),
    ] = None,
    backup: Annotated[
        bool, typer.Option(help="Keep what is on the board, for 'tinyteach restore'.")
    ] = True,
) -> None:
    """Back up an ESP board's flash and write MicroPython to it.

    All that was in its flash is erased.

    On a Grove Vision AI V2: write Seeed's firmware, without a backup.

    Without an image it says which one each board needs, where to get it and how it gets onto
    boards that are no ESP boards, and does nothing.
    """
    if image is None:
        hints = _images.image_hints()
        asked.tell([hint.as_dict() for hint in hints], _images.hint_lines(hints))
        return
    _images.check_image(image)
    board = asked.board_there()
    with _progress(asked) as progress:
        done = _flashing.flash_board(board, image, progress, asked.say, backup)
    asked.answer(done)
    then = "capture CLASS" if isinstance(done, _flashing.ModuleFlashed) else "pair"
    asked.say(f"Next: tinyteach --board {done.port or 'PORT'} {then}")


@command(app, "board", "project", "as_json")
def restore(
    asked: Asked,
    backup: Annotated[
        Path | None, typer.Argument(help="A backup; without it, the newest of this board.")
    ] = None,
    any_board: Annotated[
        bool, typer.Option("--any-board", help="Write it though it is not of this board.")
    ] = False,
) -> None:
    """Write a backup of an ESP board's flash back.

    All that is on it now goes.
    """
    if backup is not None:
        _backups.read_backup(backup)
    board = asked.board_there()
    with _progress(asked) as progress:
        done = _flashing.restore_board(board, backup, progress, asked.say, any_board)
    asked.answer(done)
    asked.say("The board has again what it had when the backup was made.")


@command(app, "as_json")
def romfs(
    asked: Asked,
    folder: Annotated[Path, typer.Argument(help="What goes into the board's ROMFS, all of it.")],
    embedding: EmbeddingOption = None,
) -> None:
    """Put an embedding into a folder for a board's ROMFS.

    By default base. From there its weights are read in place, so that they take none of the board's
    memory.
    """
    if embedding is not None:
        check_kind(embedding_path(embedding))
    check_writable(folder)
    path = _embeddings.put_into(folder, embedding)
    wrote = (
        f"Wrote {path}. 'mpremote romfs deploy {folder}' writes the folder over all that is in the "
        "board's ROMFS; pair the board afterwards."
    )
    asked.tell({"folder": str(folder), "file": str(path), "bytes": path.stat().st_size}, [wrote])


@contextmanager
def _progress(asked: Asked) -> Iterator[Progress]:
    """A bar, and at Ctrl-C a sentence that says how things stand."""
    try:
        with asked.progress() as progress:
            yield progress
    except KeyboardInterrupt as stop:
        note(f"tinyteach: {stop}" if stop.args else "tinyteach: Stopped.")
        raise
