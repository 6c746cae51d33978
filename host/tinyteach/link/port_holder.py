"""Which other programs have a port open. Known on Linux; elsewhere the answer is none."""

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tinyteach.plain_text import plain

PROCESSES = Path("/proc")
MISSING_HINT = (
    "There is no port {port}; 'tinyteach boards' lists what is attached and can start a "
    "virtual board."
)


@dataclass(frozen=True)
class Holder:
    """A program that has a port open."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def holders(port: str, besides: Collection[int] = ()) -> list[Holder]:
    """Other programs that have ``port`` open, as far as this user may see them.

    Those that locked it, where there are any: what holds a pseudo-terminal's other end has it
    open as well. ``besides`` are processes that do not count.
    """
    if sys.platform != "linux" or not port.startswith("/"):
        return []
    passed_over = {os.getpid(), *besides}
    wanted = str(Path(port).resolve())
    found = [pid for pid in _processes() if pid not in passed_over and _has_open(pid, wanted)]
    locked = set(found) & _lockers(port)
    return [Holder(pid, _name(pid)) for pid in sorted(locked or found)]


def is_missing(port: str) -> bool:
    """Whether a port's file is missing; addresses and Windows' ports have none."""
    return port.startswith("/") and not os.path.lexists(port)


def _processes() -> list[int]:
    return [int(entry.name) for entry in PROCESSES.iterdir() if entry.name.isdigit()]


def _has_open(pid: int, wanted: str) -> bool:
    try:
        with os.scandir(PROCESSES / str(pid) / "fd") as files:
            return any(_opened(file.path) == wanted for file in files)
    except OSError:
        return False  # it has ended, or is another user's


def _opened(file: str) -> str | None:
    try:
        return os.readlink(file)  # noqa: PTH115 - a computer's processes have thousands
    except OSError:
        return None  # closed meanwhile


def _lockers(port: str) -> set[int]:
    """Processes with a lock on the file, by /proc/locks (``… pid major:minor:inode …``)."""
    try:
        inode = str(Path(port).stat().st_ino)
        lines = (PROCESSES / "locks").read_text().splitlines()
    except OSError:
        return set()
    fields = [line.split() for line in lines]
    return {int(f[4]) for f in fields if len(f) > 5 and f[5].split(":")[-1] == inode}


def _name(pid: int) -> str:
    try:
        return plain((PROCESSES / str(pid) / "comm").read_text(errors="replace").strip())
    except OSError:
        return "a program"
