"""What the commands print: lines and tables for people, JSON for scripts, progress on stderr."""

import json
import logging
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinyteach.errors import TinyTeachError, public_kind
from tinyteach.files import reason, remedy
from tinyteach.plain_text import plain, plain_json, plain_lines


class ReaderGoneError(Exception):
    """Nobody reads our standard output any more, as after ``tinyteach watch | head``."""


def open_output() -> None:
    """Let no command end because of a character that its output has not, or a closed output.

    Such as Windows' cp1252, which a redirected output has there.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - until the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """One JSON object on one line of standard output."""
    text = plain_json(value)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeError:
        text = json.dumps(value)  # JSON's own escapes
    _write(text)


def say(text: str = "") -> None:
    """One line for a person; what boards and files are called steers no terminal.

    A terminal is given lines that fit, so that it breaks no word.
    """
    lines = plain_lines(text).split("\n")
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    _write("\n".join(_folded(line, width) for line in lines) if width else "\n".join(lines))


def _folded(line: str, width: int) -> str:
    """A line as several between words, below each other where it is indented."""
    indent = line[: len(line) - len(line.lstrip())]
    words = textwrap.TextWrapper(
        width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return words.fill(line) or line


def _write(text: str) -> None:
    draw(text + "\n")


def draw(text: str) -> None:
    """What steers a terminal, made by ourselves; nothing from elsewhere."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except OSError as error:
        raise TinyTeachError(
            f"The output cannot be written ({reason(error)}); {remedy(error)}."
        ) from error


def note(text: str) -> None:
    """One line beside the output, which scripts do not read."""
    sys.stderr.write(plain_lines(text) + "\n")


def complain(sentence: str, kind: type[Exception], exit_code: int, as_json: bool) -> None:
    """An error on standard error, even where nothing can be written to the output.

    Its sentence, or one line of JSON for scripts.
    """
    told = {"error": plain(sentence), "kind": public_kind(kind), "exit_code": exit_code}
    with suppress(OSError):
        note(plain_json(told) if as_json else f"tinyteach: {plain(sentence)}")
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        silence_output()


def system_refusal(error: OSError | UnicodeError) -> str:
    """A sentence for what the system refused and no place foresaw."""
    if isinstance(error, OSError) and error.filename:
        what = os.fsdecode(error.filename) if not isinstance(error.filename, int) else "A file"
        return f"{what} cannot be used ({reason(error)}); {remedy(error)}."
    return (
        f"The system refused something ({reason(error)}); "
        f"{remedy(error, 'close other programs and try again')}."
    )


def silence_output() -> None:
    """Let go of standard output, so that the flush at exit has nowhere to fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table for a person; numbers stand right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    texts = [[plain(str(cell)) for cell in row] for row in rows]
    widths = fitting_widths([list(columns), *texts], console.width)
    if widths is None:
        _show_rows(title, columns, texts)
        return
    table = Table(title=Text(plain(title)) if title else None, title_justify="left")
    for index, (column, width) in enumerate(zip(columns, widths, strict=True)):
        numeric = rows and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", width=width)
    for line in texts:
        table.add_row(*map(Text, line))
    console.print(table)


_BESIDE_A_CELL = 3  # characters of a table: a blank on either side, and the line between two


def fitting_widths(lines: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Columns' widths with which a table fits and no word is broken; None where it cannot be."""
    from rich.cells import cell_len

    columns = list(zip(*lines, strict=True))
    least = [max(cell_len(w) for text in column for w in (*text.split(), "")) for column in columns]
    widths = [max(map(cell_len, column)) for column in columns]
    room -= _BESIDE_A_CELL * len(columns) + 1
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda index: widths[index] - least[index])
        widths[widest] -= 1
    return widths


def _show_rows(title: str, columns: Sequence[str], texts: Sequence[Sequence[str]]) -> None:
    """In place of a table that does not fit: each cell on a line of its own."""
    for line in [plain(title)] * bool(title):
        say(line)
    for row in texts:
        say()
        for column, text in zip(columns, row, strict=True):
            say(f"{column}: {text}" if column else text)


class _PlainFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return plain_lines(super().format(record))


def show_board_text() -> None:
    """Show on standard error what boards print."""
    handler = logging.StreamHandler()
    handler.setFormatter(_PlainFormatter("board: %(message)s"))
    log = logging.getLogger("tinyteach.board")
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
