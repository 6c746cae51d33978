"""A clock that stands still while somebody waits for a processor that other programs have."""

import contextlib
import os
import threading
import time
from pathlib import Path


class FairClock:
    """Of this thread and a virtual board, which take turns: what one waits the other waits, too."""

    def __init__(self, board) -> None:
        self._board = board
        self._waited_ns: dict[str, int] = {}

    def now_s(self) -> float:
        """Seconds of the wall's clock, less those in which either could have run and did not."""
        tasks = [f"{os.getpid()}/task/{threading.get_native_id()}"]
        if self._board.powered:
            tasks.append(str(self._board.pid))
        for task in tasks:
            with contextlib.suppress(OSError):
                self._waited_ns[task] = _waited_ns(task)
        return time.monotonic() - sum(self._waited_ns.values()) / 1e9


def _waited_ns(task: str) -> int:
    """Linux: time spent on the processor, then time waiting for it (sched-stats.rst)."""
    return int((Path("/proc") / task / "schedstat").read_text().split()[1])
