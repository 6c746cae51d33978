"""How long work tells where it is."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tinyteach.plain_text import plain

# What is being done, how much of it is done, of how much; 0 of 0 where that is not known.
Progress = Callable[[str, int, int], None]
# How much of one thing is done, of how much, such as bytes of a transfer.
Counted = Callable[[int, int], None]


def unseen(text: str, done: int, total: int) -> None:
    """Shows nothing."""


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[Progress]:
    """A callback that moves a bar on standard error, where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield unseen
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda text, done, total: bar.update(
            task, description=plain(text), completed=done, total=total or None
        )


@contextmanager
def shown(progress: Progress | None) -> Iterator[Progress]:
    """The caller's own callback, or where there is none a bar."""
    if progress is not None:
        yield progress
        return
    with progress_bar() as bar:
        yield bar
