"""A text file to which several processes add lines, and which one of them writes anew.

Who writes holds a lock of the file itself, whatever else the processes share: a home is no part of
a project. Whose file was replaced while they waited for it opens the one that took its place. On
Windows, and where a disk has no locks, lines are only ever added.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tinyteach.files import not_written, write_atomically
from tinyteach.locks import lock_open

Chosen = Callable[[bytes], bytes | None]


def append_lines(path: Path, lines: list[str]) -> None:
    """Add lines to a text file in one write, so that two writers cannot mix theirs.

    POSIX: with O_APPEND "no intervening file modification operation shall
    occur between changing the file offset and the write operation".
    """
    if not lines:
        return
    try:
        with _opened(path, os.O_APPEND | os.O_CREAT | os.O_RDWR) as (descriptor, _):
            # A line that an interrupted write left open must not swallow the next one. Where it
            # is another writer's, still on its way, this leaves an empty line: readers skip those.
            start = "\n" if _ends_within_line(descriptor) else ""
            text = start + "".join(f"{line}\n" for line in lines)
            _write_at_once(descriptor, text.encode(errors="backslashreplace"))
    except OSError as error:
        raise not_written(path, error) from error


def rewrite_lines(path: Path, chosen: Chosen) -> bool:
    """Put in a file's place what is ``chosen`` of its content, None for nothing; whether it was.

    Whoever reads meanwhile, and a crash, find the file before or the one after; no line that is
    added meanwhile is lost. Neither a file of another user's nor one that has several names is
    touched, nor any where nothing can be locked. ProjectError where the new one cannot be written.
    """
    place = path.resolve()
    try:
        with _opened(place, os.O_RDWR) as (descriptor, is_locked):
            about = os.fstat(descriptor)
            if not is_locked or about.st_nlink != 1 or about.st_uid != os.geteuid():
                return False
            content = chosen(place.read_bytes())
            if content is None:
                return False
            write_atomically(place, content, stat.S_IMODE(about.st_mode))
            return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise not_written(path, error) from error


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[tuple[int, bool]]:
    """The open file, and whether no other process writes to it meanwhile."""
    while True:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
        try:
            is_locked = lock_open(descriptor, path)
            if not is_locked or _is_at(path, descriptor):
                yield descriptor, is_locked
                return
        finally:
            os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _write_at_once(descriptor: int, content: bytes) -> None:
    if os.write(descriptor, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _ends_within_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    if size == 0:
        return False
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) != b"\n"
