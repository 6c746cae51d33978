"""typer's part of the command line: each command's own options, and the end of every command."""

import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import typer

from tinyteach import __version__
from tinyteach.cli.exit_codes import INTERRUPTED, exit_code_of
from tinyteach.cli.groups import Commands, Group
from tinyteach.cli.options import BoardOption, InsecureOption, ProjectOption, RecordOption
from tinyteach.cli.output import (
    ReaderGoneError,
    complain,
    note,
    open_output,
    show_board_text,
    silence_output,
    system_refusal,
)
from tinyteach.cli.table import (
    INSECURE_VARIABLE,
    PROGRAM,
    SUMMARY,
    USAGE_FAULT,
    VERSION,
    asked_for_json,
)
from tinyteach.errors import TinyTeachError, UsageError
from tinyteach.signals import ending_in_order

# What typer raises of a command line that it cannot take; its own name is private.
UsageFault: type[Exception] = typer.BadParameter.__bases__[0]


class Program(Group):
    """Whose commands are in the table, each with the module that is imported for it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = Commands()


app = typer.Typer(
    name=PROGRAM,
    cls=Program,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit()


@app.callback(help=SUMMARY)
def main(
    context: typer.Context,
    board: BoardOption = None,
    project: ProjectOption = None,
    record: RecordOption = None,
    insecure: InsecureOption = False,
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help=VERSION
    ),
) -> None:
    """What stands before the command's name."""
    context.obj = {"board": board, "project": project}  # of `Asked`, which takes time to import
    show_board_text()
    if record is not None:
        _record(context, record)
    if insecure or INSECURE_VARIABLE in os.environ:
        _go_without_keys(context, insecure)


def _record(context: typer.Context, file: Path) -> None:
    """Until the command has ended."""
    taping = import_module("tinyteach.service.tapes.taping")  # it takes time to import
    context.with_resource(taping.recording_of_command(file, sys.argv[1:], note))


def _go_without_keys(context: typer.Context, by_option: bool) -> None:
    """Until the command has ended, by its option or unless the variable says no."""
    insecurity = import_module("tinyteach.service.boards.insecurity")
    if by_option or insecurity.is_insecure():
        note(insecurity.GIVEN_UP)
        context.with_resource(insecurity.insecurely())


def run() -> None:
    """Run the command; every error that a user can meet is one sentence and an exit code."""
    open_output()
    try:
        with ending_in_order():
            sys.exit(app(prog_name=PROGRAM, standalone_mode=False) or 0)
    except UsageFault as error:
        _show_usage(error)
    except TinyTeachError as error:
        _fail(str(error), type(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except ReaderGoneError:
        silence_output()
    except (OSError, UnicodeError) as error:
        _fail(system_refusal(error), TinyTeachError)


def _fail(sentence: str, kind: type[TinyTeachError]) -> NoReturn:
    code = exit_code_of(kind)
    complain(sentence, kind, code, asked_for_json(sys.argv[1:]))
    sys.exit(code)


def _show_usage(error: Any) -> NoReturn:
    """typer's own words, with arguments in them that may hold anything."""
    if asked_for_json(sys.argv[1:]):
        _fail(error.format_message(), UsageError)
    words = io.StringIO()
    error.show(words)
    note(words.getvalue().rstrip("\n"))
    sys.exit(USAGE_FAULT)
