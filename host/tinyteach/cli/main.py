"""The ``tinyteach`` command."""

import sys

import typer

from tinyteach import __version__
from tinyteach.cli import (
    alone,
    boards,
    demo,
    doctor,
    firmware,
    heads,
    on_board,
    photos,
    projects,
    recognise,
    studio,
)
from tinyteach.cli.options import INTERRUPTED, BoardOption, ProjectOption, set_globals
from tinyteach.cli.output import (
    ReaderGoneError,
    complain,
    open_output,
    show_board_text,
    silence_output,
    system_refusal,
)
from tinyteach.errors import TinyTeachError

# Plain help: rich's takes three times as long to appear.
app = typer.Typer(
    name="tinyteach",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinyteach {__version__}")
        raise typer.Exit()


@app.callback()
def main(
    board: BoardOption = None,
    project: ProjectOption = None,
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Teach a small camera board to recognise things: record, train in a second, deploy."""
    set_globals(board, project)
    show_board_text()


PARTS = (
    boards,
    doctor,
    firmware,
    projects,
    photos,
    heads,
    on_board,
    recognise,
    alone,
    demo,
    studio,
)
for part in PARTS:
    part.register(app)


def run() -> None:
    """Run the command; every error that a user can meet is one sentence and an exit code."""
    open_output()
    try:
        app()
    except TinyTeachError as error:
        complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except ReaderGoneError:
        silence_output()
    except (OSError, UnicodeError) as error:
        complain(system_refusal(error))
        sys.exit(TinyTeachError.exit_code)
