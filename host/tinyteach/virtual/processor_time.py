"""How long the process of a virtual board has computed, whatever else the computer does."""

import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tinyteach.virtual import process
from tinyteach.virtual.running import running


class Started(Protocol):
    """What of a virtual board is of use here."""

    @property
    def port(self) -> str: ...
    @property
    def powered(self) -> bool: ...
    @property
    def pid(self) -> int: ...


# Those of this process; other processes' are found through `running`.
STARTED: weakref.WeakSet[Started] = weakref.WeakSet()


def processor_clock(port: str) -> Callable[[], int] | None:
    """Nanoseconds of processor time of the board at a port, from its last start to its next.

    None where no virtual board is there, or this system has no such clock.
    """
    pid = _process_at(port) if sys.platform == "linux" else None
    if pid is None:
        return None
    # Linux: "#define MAKE_PROCESS_CPUCLOCK(pid, clock) ((~(clockid_t) (pid) << 3) | clock)", and
    # CPUCLOCK_SCHED is 2 (include/linux/posix-timers_types.h); clock_getcpuclockid(3) gives it.
    clock = ~pid << 3 | 2
    return lambda: time.clock_gettime_ns(clock)


def _process_at(port: str) -> int | None:
    own = next((board for board in STARTED if board.powered and board.port == port), None)
    if own is not None:
        return own.pid
    other = next((info for info in running() if info.port == port), None)
    return _micropython_of(other.pid) if other else None


def _micropython_of(parent: int) -> int | None:
    """The process that another started for its board (proc(5): the fourth field is the parent)."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            of = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            started = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if int(of) == parent and process.SCRIPT.encode() in started:
            return int(folder.name)
    return None
