"""Files of a folder or an archive as a flat list, read where they are.

As no name from an archive is used as a path, none can lead outside; such names are
still refused, because whoever made them meant no good.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tinyteach.data.images import MAX_FILE_BYTES
from tinyteach.errors import PhotoError
from tinyteach.files import reason

MAX_FILES = 200_000
MAX_NESTED_BYTES = 1 << 30  # all archives inside archives, which are read into memory
MAX_UNPACKED_BYTES = 32 << 30  # what an archive says it holds
MAX_DEPTH = 2  # archives within an archive
# Photographs are compressed already: a zip of them holds little more than its own size. One that
# claims so many times as much, and more than a photograph's limit, was made to fill a memory.
MAX_RATIO = 200
ROOT = re.compile(r"(?://[?.]/)?/*(?:[A-Za-z]:)?/*")
LEADS_OUTSIDE = "its name leads outside the zip"


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why, as a clause."""

    name: str
    reason: str
    is_copy: bool = False  # of a photograph that is there already


@dataclass(frozen=True)
class Entry:
    """A file: its folders and name below the source, and how to read it."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]  # PhotoError where that fails

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.parts[-1]).suffix.lower()

    @property
    def name(self) -> str:
        return shown(self.parts)


@dataclass(frozen=True)
class Member:
    """A file in an archive, by the name that stands there, and how to read it up to a limit."""

    name: str
    size: int
    read: Callable[[int], bytes]  # PhotoError where that fails, or the file is longer
    fault: str = ""  # why it can never be read, as a clause


@dataclass
class Entries:
    """What a source holds. ``parts`` of each entry begin with the source's own name."""

    files: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # sentences on how names were read
    nested_bytes: int = 0

    def skip(self, parts: Iterable[str], why: str) -> None:
        self.skipped.append(Skipped(shown(parts), why))

    def check_count(self, source: object) -> None:
        if len(self.files) + len(self.skipped) >= MAX_FILES:
            raise PhotoError(f"{source} holds more than {MAX_FILES} files; name a smaller folder.")


def shown(parts: Iterable[str]) -> str:
    """A file's place as text that a terminal takes: no control characters, no half letters."""
    text = "/".join(parts)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def place_in_archive(name: str) -> tuple[str, ...] | None:
    """Folders and name of a file in an archive; None where they lead outside of it.

    Some programs put a slash before each name, or the drive (``C:\\``, ``\\\\?\\C:\\``), which
    unpacking leaves out, as here.
    """
    inner: list[str] = []
    for part in PurePosixPath(ROOT.sub("", name.replace("\\", "/"), count=1)).parts:
        if part != "..":
            inner.append(part)
        elif inner:
            inner.pop()
        else:
            return None
    return tuple(inner) or None


def file_reader(path: Path) -> Callable[[], bytes]:
    """What reads a file of the file system as an `Entry` does."""

    def read() -> bytes:
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise PhotoError(too_long(str(path), MAX_FILE_BYTES))
            return path.read_bytes()
        except OSError as error:
            raise unreadable(path, error) from error

    return read


def unreadable(path: Path, error: OSError | ValueError) -> PhotoError:
    """What to raise where a file or folder cannot be read."""
    return PhotoError(f"{path} cannot be read ({reason(error)}); check its permissions.")


def too_long(name: str, limit_bytes: int) -> str:
    return f"{name} is longer than {limit_bytes >> 20} MiB; save it smaller."
