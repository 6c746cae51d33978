"""What a command is asked besides its own: which board, which project, words or JSON.

What opens boards takes longer to import than many a command takes, and longer than one that is
refused may: it is imported when it is used.
"""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import typer

import tinyteach as tt
from tinyteach.cli.later import Later
from tinyteach.cli.options import SHARED
from tinyteach.cli.output import print_json, say, show_table
from tinyteach.lab.given_back import all_given_back
from tinyteach.progress import Progress, progress_bar
from tinyteach.results import Lines, Result, Table

_finding = Later("service.boards.finding")
Does = Callable[..., None]
CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


@dataclass(frozen=True)
class Asked:
    """``board`` and ``project`` as they were named, after the command or before it, else None."""

    board: str | None = None
    project: Path | None = None
    as_json: bool = False

    @property
    def folder(self) -> Path:
        """The project folder: the one named, else the current one."""
        return self.project or Path()

    def board_meant(self, or_new: bool = False) -> str | None:
        """Which board, by the one rule of `service.boards.finding`.

        ``or_new``: the project folder may yet have to be made.
        """
        meant: str | None = _finding.board_meant(self.board, self.project, or_new)
        return meant

    def board_there(self, or_new: bool = False) -> str | None:
        """The same; BoardNotFoundError where it is not there, as far as can be told at once."""
        meant = self.board_meant(or_new)
        _finding.check_there(meant)
        return meant

    def open_board(self) -> "tt.Board":
        """The same, held open: a context manager."""
        self.board_there()
        return tt.Board(self.board, self.project)

    def progress(self) -> AbstractContextManager[Progress]:
        """A callback that moves a bar, unless scripts read."""
        return progress_bar(quiet=self.as_json)

    def answer(self, result: Result) -> None:
        """What came of it: JSON for scripts, else lines."""
        self.tell(result.as_dict(), result.lines())

    def tell(self, value: object, lines: Lines) -> None:
        """The same of what is no result."""
        if self.as_json:
            print_json(value)
        else:
            self.say(*lines)

    def say(self, *lines: str | Table) -> None:
        """For a person, and nothing for scripts."""
        for line in [] if self.as_json else lines:
            if isinstance(line, Table):
                show_table(line.title, line.columns, line.rows)
            else:
                say(line)


def command(app: typer.Typer, *shared: str, name: str | None = None) -> Callable[[Does], Does]:
    """A command of ``app`` that has these options of `SHARED`, too, and is given them first."""

    def register(does: Does) -> Does:
        @wraps(does)
        def run(context: typer.Context, **given: Any) -> None:
            named = {each: value for each in shared if (value := given.pop(each))}
            with all_given_back():
                does(Asked(**{**(context.obj or {}), **named}), **given)

        own = list(inspect.signature(does).parameters.values())[1:]
        parameters = [CONTEXT, *(p.replace(kind=CONTEXT.kind) for p in own)]
        parameters += [SHARED[each] for each in shared]
        vars(run)["__signature__"] = inspect.Signature(parameters)
        return app.command(name)(run)

    return register
