"""A UART without flow control before a virtual board: what its ring cannot hold is lost.

Its time is the board's. It stands still while the board is not given the processor, as on a busy
computer, and while the board computes goes as if the board were several times slower than here.
"""

import time

from tinyteach.virtual.processor_time import processor_clock

BYTES_PER_S = 11_520  # 115,200 baud
RING_BYTES = 260  # MicroPython's, of ESP32's standard input
SLOWER = 10
IDLE_S = 0.01


class SlowUart:
    """Call ``carry`` often with what waits to be sent; it says what has arrived by now."""

    def __init__(self, board, slower: float = SLOWER) -> None:
        self._board, self._slower = board, slower
        self._given = self._arrived = 0
        self._due = 0.0
        self._seen_s = self._now_s()
        board.disturb(to_board=self._count)

    def _count(self, data: bytes) -> bytes:
        self._arrived += len(data)
        return data

    def carry(self, waiting: bytes) -> tuple[int, bytes]:
        """(how many bytes have crossed the line, those of them that found room in the ring)."""
        unread = self._board.unread_bytes + self._given - self._arrived
        now_s = self._now_s()
        wall_s, computed_s = (now - seen for now, seen in zip(now_s, self._seen_s, strict=True))
        self._seen_s = now_s
        # Whoever waits reads at once; that this process was not there is no time of the line's.
        idle_s = 0.0 if unread else min(wall_s, IDLE_S)
        passed_s = max(idle_s, computed_s * self._slower)
        self._due = min(self._due + max(0.0, passed_s) * BYTES_PER_S, len(waiting))
        crossed = int(self._due)
        self._due -= crossed
        taken = waiting[: min(crossed, max(0, RING_BYTES - unread))]
        self._given += len(taken)
        return crossed, taken

    def _now_s(self) -> tuple[float, float]:
        """Of the wall's clock and of the board's; that begins anew when the board does."""
        clock = processor_clock(self._board.port)
        try:
            return time.monotonic(), clock() / 1e9 if clock else 0.0
        except OSError:
            return time.monotonic(), 0.0
