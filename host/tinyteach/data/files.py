"""Files written whole: a reader, a crash or a full disk never leaves half of one."""

import errno
import json
import os
import secrets
from pathlib import Path
from typing import Any

from tinyteach.errors import ProjectError


def write_json(path: Path, value: Any) -> None:
    """Write readable JSON in UTF-8; ProjectError where that fails."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    write_atomically(path, text.encode())


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file's place, then move it there; ProjectError where that fails."""
    # A hidden name: listings of photographs pass over it while it is written.
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError(
            f"{path} could not be written ({reason(error)}); free space or name another."
        ) from error


def append_lines(path: Path, lines: list[str]) -> None:
    """Add lines to a text file in one write, so that two writers cannot mix theirs.

    POSIX: with O_APPEND "no intervening file modification operation shall
    occur between changing the file offset and the write operation".
    """
    if not lines:
        return
    flags = os.O_APPEND | os.O_CREAT | os.O_RDWR | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o666)
        try:
            # A line that an interrupted write left open must not swallow the next one. Where it
            # is another writer's, still on its way, this leaves an empty line: readers skip those.
            start = "\n" if _ends_within_line(descriptor) else ""
            text = start + "".join(f"{line}\n" for line in lines)
            _write_at_once(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ProjectError(
            f"{path} could not be written ({reason(error)}); free space or name another."
        ) from error


def reason(error: OSError) -> str:
    """What the system says, as a clause of a sentence."""
    return (error.strerror or str(error)).rstrip(".").lower()


def _write_at_once(descriptor: int, content: bytes) -> None:
    if os.write(descriptor, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _ends_within_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    if size == 0:
        return False
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) != b"\n"
