"""Groups of commands as typer has them, with what they are and how they look from the table."""

from collections import UserDict
from functools import cache, partial
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from tinyteach.cli.completion import offered_after, stand_in
from tinyteach.cli.page import page
from tinyteach.cli.table import COMMANDS, MEANT, commands_of


class Group(TyperGroup):
    """Shows its page and completes its commands from the table, without importing any."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The same page as without typer."""
        formatter.write(page(_line(ctx), formatter.width))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command named first, or the one that is meant where that is none of the group.

        For a shell that completes a value, one that has only that.
        """
        offers = offered_after(args) if ctx.resilient_parsing and not _line(ctx) else None
        if offers is not None:
            return args[0], stand_in(offers, partial(self._at, args)), []
        meant = MEANT.get(_line(ctx))
        named = not meant or self.get_command(ctx, args[0]) is not None
        return super().resolve_command(ctx, args if named else [str(meant), *args])

    def _at(self, words: list[str]) -> Any:
        command = self.commands[words[0]]
        below = getattr(command, "commands", {})
        return below.get(words[1], command) if words[1:] else command

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """typer asks each command for its help, so it is given some that have only that."""
        below = commands_of(_line(ctx)).items()
        kept = self.commands
        self.commands = {name: TyperCommand(name, help=text) for name, (_, text) in below}
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self.commands = kept


def _line(ctx: Any) -> str:
    """What the group is called in the table."""
    return "" if ctx.parent is None else ctx.info_name


class Commands(UserDict[str, Any]):
    """The program's commands by name, each made when it is asked for."""

    def __init__(self) -> None:
        super().__init__({name: module for name, (module, _) in commands_of("").items()})

    def __getitem__(self, name: str) -> Any:
        return _commands_in(self.data[name])[name]


@cache
def _commands_in(module: str) -> dict[str, Any]:
    """What a module of cli/ adds to the program."""
    app = import_module(f"tinyteach.cli.{module}").app
    return dict(typer.main.get_group(app).commands)


def new_app() -> typer.Typer:
    """Where a module puts its commands. Plain help: rich's takes three times as long to appear."""
    return typer.Typer(rich_markup_mode=None)


def new_group(name: str, **options: Any) -> typer.Typer:
    """A group of the table, without its commands."""
    return typer.Typer(cls=Group, help=COMMANDS[name][1], rich_markup_mode=None, **options)
