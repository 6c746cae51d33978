"""The help of the program and of its groups, from the table, laid out for a terminal."""

import os

from tinyteach.cli.table import COMMANDS, OPTIONS, PROGRAM, SUMMARY, commands_of

WIDEST, NARROWEST, MARGIN = 80, 50, 2
NAMES_WIDTH = 30
GAP = 2


def terminal_width() -> int:
    """How wide a page may be, in characters, as typer has it."""
    try:
        columns = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size(1).columns
    except (ValueError, OSError):
        columns = 0
    return max(min(columns or WIDEST, WIDEST) - MARGIN, NARROWEST)


def called(group: str) -> str:
    """How a group is called, "" being the program."""
    return f"{PROGRAM} {group}".rstrip()


def usage(group: str, width: int) -> list[str]:
    """The first line of a group's page, or two."""
    start = f"Usage: {called(group)} "
    first, *more = _wrapped("[OPTIONS] COMMAND [ARGS]...", width, " " * len(start))
    return [start + first.lstrip(), *more]


def page(group: str, width: int) -> str:
    """The help of a group, "" being the program."""
    summary = COMMANDS[group][1] if group else SUMMARY
    commands = tuple((name, text) for name, (_, text) in commands_of(group).items())
    lines = [*usage(group, width), "", *_wrapped(summary, width, "  ")]
    lines += ["", "Options:", *_listed(OPTIONS[group], width)]
    lines += ["", "Commands:", *_listed(commands, width)]
    return "\n".join(lines) + "\n"


def _listed(rows: tuple[tuple[str, str], ...], width: int) -> list[str]:
    column = min(max(len(name) for name, _ in rows), NAMES_WIDTH) + GAP + MARGIN
    lines = []
    for name, text in rows:
        first, *more = _wrapped(text, width, " " * column)
        lines += [f"  {name}".ljust(column) + first.lstrip(), *more]
    return lines


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Without textwrap, which takes longer to import than all this."""
    lines = [indent]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append(indent)
        lines[-1] += word + " "
    return [line.rstrip() for line in lines]
