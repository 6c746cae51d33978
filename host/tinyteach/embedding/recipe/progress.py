"""How far a long run has come: a bar for people, a line now and then for logs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all
_LINE_EVERY_S = 30.0


@contextmanager
def show_progress(console: Console) -> Iterator[Progress]:
    """A callback that moves a bar on a terminal, and elsewhere prints a line every half minute."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (
        *(TextColumn("{task.description}"), BarColumn()),
        *(MofNCompleteColumn(), TimeRemainingColumn()),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=None)
        yield lambda text, done, total: bar.update(
            task, description=text, completed=done, total=total
        )


def _lines(console: Console) -> Progress:
    said_s = [float("-inf")]

    def tell(text: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if done >= total or now_s - said_s[0] >= _LINE_EVERY_S:
            said_s[0] = now_s
            console.print(f"{text}, {done}/{total}")

    return tell
