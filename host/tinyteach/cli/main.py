"""The ``tinyteach`` command: what the table answers at once, all else by the parser.

Nothing is imported here that takes time; ``--help`` is there before one looks away.
"""

import os
import sys
from importlib import import_module

from tinyteach import __version__
from tinyteach.cli.exit_codes import INTERRUPTED
from tinyteach.cli.page import page, terminal_width
from tinyteach.cli.table import (
    GROUPS,
    MEANT,
    PROGRAM,
    RUNS_ALONE,
    USAGE_FAULT,
    asked_for_json,
    commands_of,
)


def run() -> None:
    """Run the command; every error that a user can meet is one sentence and an exit code."""
    try:
        code = _shown(sys.argv[1:])
        sys.exit(import_module("tinyteach.cli.parser").run() if code is None else code)
    except KeyboardInterrupt:  # while that was imported, or put away
        sys.exit(INTERRUPTED)


def _shown(words: list[str]) -> int | None:
    """Show what needs no parser; the exit code, or None where nothing was shown."""
    text, code = _answer(words)
    stream = sys.stderr if code else sys.stdout
    if not text or stream is None or f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        return None
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        return None  # the parser tries again, and can say what is wrong with the output
    return code


def _answer(words: list[str]) -> tuple[str, int]:
    """What the table has to say, and the exit code; "" where that is for the parser."""
    group = words[0] if words and words[0] in GROUPS else ""
    rest = words[1:] if group else words
    if rest == ["--version"] and not group:
        return f"{PROGRAM} {__version__}\n", 0
    if rest == ["--help"]:
        return page(group, terminal_width()), 0
    if not rest:
        return ("", 0) if group in RUNS_ALONE else (page(group, terminal_width()), USAGE_FAULT)
    if (
        rest[0].startswith("-")
        or rest[0] in commands_of(group)
        or group in MEANT
        or asked_for_json(rest)
    ):
        return "", 0
    return import_module("tinyteach.cli.unknown").told(group, rest[0]), USAGE_FAULT
