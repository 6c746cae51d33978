"""A command whose files fail it, for a process of its own.

Each operation that changes files is counted, by Python's audit events (PEP 578) and at `os.write`
and `os.fsync`; so is each write to a board. Before the one of a number, of those below the current
folder's parent, the process is killed, or that operation and all on files that follow find the disk
full or read-only. The last line of standard error is how many operations there were.
"""

import errno
import os
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

NONE, KILL, FULL, READ_ONLY = "none", "kill", "full disk", "read-only"
# Of PEP 578's table: those that change what is on the disk.
CHANGING = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NUMBERS = {FULL: errno.ENOSPC, READ_ONLY: errno.EROFS}


class FaultyDisk:
    """Counts, and fails from operation ``at`` on; a removal works on a full disk."""

    def __init__(self, fault: str, at: int, below: Path) -> None:
        self.count = 0
        self._fault, self._at, self._below = fault, at, str(below)

    def hook(self, event: str, arguments: tuple) -> None:
        """For `sys.addaudithook`."""
        if event in CHANGING or (event == "open" and (arguments[2] or 0) & WRITES):
            path = arguments[0]
            if isinstance(path, str | bytes | os.PathLike) and self._is_ours(os.fspath(path)):
                self.operation(frees=event in ("os.remove", "os.rmdir"))

    def _is_ours(self, path: str | bytes) -> bool:
        return os.path.realpath(os.fsdecode(path)).startswith(self._below)

    def operation(self, frees: bool = False, is_file: bool = True) -> None:
        """One more; does not return, or raises OSError, where that is the fault."""
        self.count += 1
        if self._fault == NONE or self.count < self._at:
            return
        if self._fault == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if is_file and not (frees and self._fault == FULL):
            raise OSError(NUMBERS[self._fault], os.strerror(NUMBERS[self._fault]))

    def wrap(self, name: str) -> None:
        """Count calls of ``os.name``, which has no audit event."""
        plain = getattr(os, name)

        def counted(file, *arguments):
            is_file = stat.S_ISREG(os.fstat(file).st_mode)
            if is_file or os.isatty(file):
                self.operation(is_file=is_file)
            return plain(file, *arguments)

        setattr(os, name, counted)


def armed(fault: str, at: int) -> Callable[[], Callable[[], None]]:
    """For a process in its folder: fails it so from then on, and counts in its last line."""

    def arm() -> Callable[[], None]:
        disk = FaultyDisk(fault, at, Path.cwd().parent.resolve())
        sys.addaudithook(disk.hook)
        for name in ("write", "fsync"):
            disk.wrap(name)
        return lambda: print(f"\n{disk.count}", file=sys.stderr)  # noqa: T201

    return arm
