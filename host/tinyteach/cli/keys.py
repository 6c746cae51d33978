"""keys: which boards this computer may change, and how another one may."""

from pathlib import Path
from typing import Annotated

import typer

from tinyteach.cli.asked import Asked, command
from tinyteach.cli.completion import boards
from tinyteach.cli.groups import new_app, new_group
from tinyteach.service.boards import keys

app = new_app()
keys_app = new_group("keys", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
BoardArgument = Annotated[
    str, typer.Argument(help="The board's name or identity.", autocompletion=boards)
]


@command(keys_app, "as_json", name="list")
def list_keys(asked: Asked) -> None:
    """List the boards whose keys this computer has."""
    asked.answer(keys.list_keys())


@command(keys_app, "as_json")
def export(
    asked: Asked,
    board: BoardArgument,
    file: Annotated[Path, typer.Argument(help="A new file, which only you may read.")],
) -> None:
    """Write a board's key to a file, for another computer."""
    asked.answer(keys.export_key(board, file))


@command(keys_app, "as_json", name="import")
def import_key(
    asked: Asked, file: Annotated[Path, typer.Argument(help="What 'keys export' wrote.")]
) -> None:
    """Take a board's key from such a file."""
    asked.answer(keys.import_key(file))


@command(keys_app, "as_json")
def forget(asked: Asked, board: BoardArgument) -> None:
    """Let go of a board's key; the board keeps it."""
    asked.answer(keys.forget(board))
