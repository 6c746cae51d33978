"""What is recognised in the terminal: a line a class with its bar, redrawn in place."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tinyteach.plain_text import plain
from tinyteach.service.heads.recognised import Recognised

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDEST = 80  # of the whole, in characters
BESIDE = 3  # lines of the window that are no class: what is recognised, the prompt, how many more
BELIEVED = ">"


def live_console() -> "Console | None":
    """The terminal, where it can be drawn over; None where the output is read otherwise."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal and not console.is_dumb_terminal else None


def show_bars(results: Iterable[Recognised], console: "Console") -> None:
    """Each over the last, until there are no more."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    with Live(console=console, auto_refresh=False) as live:
        for found in results:
            width, rows = min(console.width, WIDEST), max(1, console.height - BESIDE)
            first = Text(plain(found.line()), no_wrap=True, overflow="ellipsis")
            live.update(Group(first, *_bars(found, width, rows)), refresh=True)


def _bars(found: Recognised, width: int, rows: int) -> "list[Table | str]":
    """The classes, last what is none of them; where there are too many, the likeliest."""
    from rich.table import Table

    table = Table.grid(padding=(0, 1))
    table.width = width
    table.add_column(width=len(BELIEVED))
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=width // 3)
    table.add_column(ratio=1)
    table.add_column(justify="right", width=len("100%"))
    classes = found.classes()
    shown = sorted(classes, key=lambda label: -classes[label])[: max(1, rows - 1)]
    for label in (label for label in classes if label in shown):
        _add(table, label, classes[label], label == found.label, "green")
    unknown, probability = found.unknown
    _add(table, unknown, probability, unknown == found.label, "yellow")
    more = len(classes) - len(shown)
    return [table, *([f"  and {more} more"] if more else [])]


def _add(
    table: "Table", label: str, probability: float | None, believed: bool, marked: str
) -> None:
    """A row, ``marked`` by a colour where it is believed; no bar where there is no probability."""
    from rich.bar import Bar
    from rich.text import Text

    colour = marked if believed else "default"
    style = f"bold {colour}" if believed else colour
    share = "" if probability is None else f"{probability:.0%}"
    name, mark = Text(plain(label)), Text(BELIEVED if believed else "")
    table.add_row(mark, name, Bar(1, 0, probability or 0, color=colour), share, style=style)
