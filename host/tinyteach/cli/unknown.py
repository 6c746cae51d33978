"""A command that is not there, and those that may have been meant."""

from difflib import get_close_matches

from tinyteach.cli.page import called, terminal_width, usage
from tinyteach.cli.table import commands_of
from tinyteach.plain_text import plain_lines


def told(group: str, name: str) -> str:
    """What typer says of it: usage, where to get help, what is near."""
    near = ", ".join(map(repr, get_close_matches(name, commands_of(group))))
    fault = f"Error: No such command {name!r}." + (f" Did you mean {near}?" if near else "")
    hint = f"Try '{called(group)} --help' for help."
    lines = [*usage(group, terminal_width()), hint, "", fault]
    return plain_lines("\n".join(lines)) + "\n"
