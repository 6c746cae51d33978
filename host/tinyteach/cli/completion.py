"""What shells offer for values: classes, boards, objects, heads.

A command's module takes some time to import, and somebody waits with a key pressed. So values at
the places of `VALUES` are offered without it.
"""

import os
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from tinyteach.cli.table import PROGRAM

_names = partial(import_module, "tinyteach.service.names")  # only where values are asked for
Offers = Iterable[tuple[str, str]]


def classes(ctx: typer.Context, incomplete: str) -> Offers:
    """The project's classes."""
    return _offers(lambda: _names().class_names(_folder(ctx)), incomplete)


def heads(ctx: typer.Context, incomplete: str) -> Offers:
    """The project's heads."""
    return _offers(lambda: _names().head_names(_folder(ctx)), incomplete)


def boards(incomplete: str) -> Offers:
    """Boards that --board takes."""
    return _offers(lambda: _names().board_names(), incomplete)


def virtual_boards(incomplete: str) -> Offers:
    """Virtual boards that run."""
    return _offers(lambda: _names().virtual_names(), incomplete)


def objects(incomplete: str) -> Offers:
    """Objects of the demo."""
    return _offers(lambda: _names().object_names(), incomplete)


# By the words before it; behind -b and --board wherever else they stand there are boards.
VALUES: dict[str, Callable[..., Offers]] = {
    "capture": classes,
    "teach": classes,
    "teach --forget": classes,
    "class rename": classes,
    "class remove": classes,
    "boards show --object": objects,
    **{
        f"boards {command} {option}": virtual_boards
        for command in ("show", "pins", "stop")
        for option in ("--board", "-b", "--name")
    },
    "boards pins": virtual_boards,
    "boards stop": virtual_boards,
    "deploy --head": heads,
    "export model --head": heads,
    "keys export": boards,
    "keys forget": boards,
}


def offered_after(words: list[str]) -> Callable[..., Offers] | None:
    """What is offered behind a command's words, where that is known without its module."""
    return VALUES.get(" ".join(words), boards if words[-1] in ("-b", "--board") else None)


def stand_in(offers: Callable[..., Offers], real: Callable[[], TyperCommand]) -> TyperCommand:
    """A command that has only these values, and of which options the ``real`` one is asked."""

    class StandIn(TyperCommand):
        def shell_complete(self, ctx: Any, incomplete: str) -> Any:
            return real().shell_complete(ctx, incomplete)

    app = typer.Typer(add_completion=False)

    @app.command(cls=StandIn, context_settings={"ignore_unknown_options": True})
    def values(words: Annotated[list[str], typer.Argument(autocompletion=offers)]) -> None:
        """Never run."""

    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)
    return command


def _folder(ctx: typer.Context) -> Path:
    """The project that the words so far name, after the command or before it."""
    at: Any = ctx
    while at is not None:
        if folder := at.params.get("project"):
            return Path(folder)
        at = at.parent
    return Path()


def _offers(names: Callable[[], dict[str, str]], incomplete: str) -> Offers:
    """Those that begin so; none where they cannot be found, as nobody asked for an error."""
    try:
        found = names()
    except Exception:
        return []
    begin_so = {name: about for name, about in found.items() if name.startswith(incomplete)}
    return [(_typed(name), about) for name, about in begin_so.items() if _can_be_offered(name)]


def _can_be_offered(name: str) -> bool:
    """zsh takes away what typer makes of an apostrophe: better no offer than a wrong one."""
    return "'" not in name or _shell() != "complete_zsh"


def _shell() -> str:
    """What the shell's script asked for."""
    return os.environ.get(f"_{PROGRAM.upper()}_COMPLETE", "")


def _typed(name: str) -> str:
    """As it is typed in shells that put in what is offered as it stands."""
    if _shell() == "complete_bash":
        return name.replace(" ", "\\ ")
    if _shell() in ("complete_powershell", "complete_pwsh"):
        return name.replace(" ", "` ")
    return name
