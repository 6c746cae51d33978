"""flash, restore, romfs: what runs on a board before TinyTeach does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.groups import new_app
from tinyteach.cli.options import BoardOption, EmbeddingOption, JsonOption, ProjectOption
from tinyteach.cli.output import note, print_json, say
from tinyteach.cli.which_board import chosen_board
from tinyteach.progress import Progress, progress_bar
from tinyteach.service.flash.firmware_images import WRITTEN_BY, image_hints
from tinyteach.service.flash.flashing import Flashed, flash_board, restore_board
from tinyteach.service.projects.embeddings import put_into

app = new_app()


@app.command()
def flash(
    image: Annotated[
        str | None,
        typer.Argument(help="A .bin file, a zip with one, or an address; without it, which one."),
    ] = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    backup: Annotated[
        bool, typer.Option(help="Keep what is on the board, for 'tinyteach restore'.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Back up an ESP board's flash, erase it and write MicroPython to it.

    Without an image it says which one each board needs, where to get it and how it gets onto
    boards that are no ESP boards, and does nothing.
    """
    if image is None:
        _show_hints(as_json)
        return
    with _progress(as_json) as progress:
        done = flash_board(chosen_board(board, project), image, progress, _sayer(as_json), backup)
    if as_json:
        print_json(done.as_dict())
        return
    _show_done(done)
    if done.backup:
        say(f"What was on it is in {done.backup}; 'tinyteach restore' puts it back.")
    _show_return(done)
    say(f"Next: tinyteach --board {done.port or 'PORT'} pair")


@app.command()
def restore(
    backup: Annotated[
        Path | None, typer.Argument(help="A backup; without it, the newest of this board.")
    ] = None,
    board: BoardOption = None,
    project: ProjectOption = None,
    any_board: Annotated[
        bool, typer.Option("--any-board", help="Write it though it is not of this board.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a backup of an ESP board's flash back, over all that is on it now."""
    with _progress(as_json) as progress:
        done = restore_board(
            chosen_board(board, project), backup, progress, _sayer(as_json), any_board
        )
    if as_json:
        print_json(done.as_dict())
        return
    _show_done(done)
    _show_return(done)
    say("The board has again what it had when the backup was made.")


@app.command()
def romfs(
    folder: Annotated[Path, typer.Argument(help="What goes into the board's ROMFS, all of it.")],
    embedding: EmbeddingOption = None,
) -> None:
    """Put an embedding, by default base, into a folder for the ROMFS of a board that has one.

    From there its weights are read in place, so that they take none of the board's memory.
    """
    path = put_into(folder, embedding)
    say(
        f"Wrote {path}. 'mpremote romfs deploy {folder}' writes the folder over all that is in the "
        "board's ROMFS; pair the board afterwards."
    )


@contextmanager
def _progress(as_json: bool) -> Iterator[Progress]:
    """A bar, and at Ctrl-C a sentence that says how things stand."""
    try:
        with progress_bar(as_json) as progress:
            yield progress
    except KeyboardInterrupt as stop:
        note(f"tinyteach: {stop}" if stop.args else "tinyteach: Stopped.")
        raise


def _sayer(as_json: bool) -> Callable[[str], None]:
    return (lambda text: None) if as_json else say


def _show_hints(as_json: bool) -> None:
    hints = image_hints()
    if as_json:
        print_json([hint.as_dict() for hint in hints])
        return
    for written_by, sentence in WRITTEN_BY.items():
        for hint in [hint for hint in hints if hint.written_by == written_by]:
            say(hint.sentence())
        say(sentence)


def _show_done(done: "Flashed") -> None:
    say(
        f"Wrote {done.source} ({done.bytes} bytes) to the {done.chip} with the address "
        f"{done.mac}; its MD5 {done.md5} was compared."
    )


def _show_return(done: "Flashed") -> None:
    if done.port is None:
        say("The board has not come back by itself: disconnect it, connect it again.")
