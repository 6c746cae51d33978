"""The virtual board's watchdog: notices that a program has not fed it in time."""

import time

from tinyteach.virtual.board_memory import BoardMemory

POLL_S = 0.1


class Watchdog:
    """Off while its time in the register is 0."""

    def __init__(self, memory: BoardMemory) -> None:
        self._memory = memory
        self._seen, self._fed_s = (0, 0), 0.0

    @property
    def poll_s(self) -> float | None:
        """How often `is_due` is to be asked, None while it is off."""
        return POLL_S if self._memory.watchdog[0] else None

    def is_due(self) -> bool:
        """Whether the board is to be started anew."""
        now_s = time.monotonic()
        if self._memory.watchdog != self._seen:
            self._seen, self._fed_s = self._memory.watchdog, now_s
        time_ms = self._seen[0]
        return bool(time_ms) and now_s - self._fed_s > time_ms / 1000
