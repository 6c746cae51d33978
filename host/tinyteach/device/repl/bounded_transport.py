"""mpremote's serial transport, with waits that end whatever the other side does."""

import time
from collections.abc import Callable
from typing import Any

from mpremote import transport_serial
from mpremote.transport_serial import SerialTransport

from tinyteach.link.serial_link import (
    WRITE_TIMEOUT_S,
    close_port,
    forget_unsent,
    limit_reads,
    limit_writes,
    wait_in_writes,
)

# A board that runs a command, such as one that hashes its files, says nothing until the end.
RUN_TIMEOUT_S = 60.0
# How often the limits are looked at while nothing comes.
POLL_S = 0.1

ANSWER_TIMEOUT_S = 120.0
ANSWER_BYTES_MAX = 1 << 18


# mpremote prints what it did not expect to hear, which nobody is to see. Redirecting sys.stdout
# meanwhile would be for all threads, and for good where two do it at once.
transport_serial.print = lambda *_, **__: None


class BoundedTransport(SerialTransport):  # type: ignore[misc]  # mpremote has no types
    """Keeps the time limit also while bytes go on coming, as from a GPS receiver, and in writes.

    mpremote 1.29 looks at its limits only when nothing comes, and has none for what a board
    does not take. The port is read with a timeout instead of being polled. What a board prints
    is bounded too: none of our programs says much, or for long.
    """

    def __init__(self, port: str, timeout_s: float) -> None:
        super().__init__(port, exclusive="://" not in port, timeout=timeout_s)
        # Of one write: mpremote's are of 1 KB at most.
        limit_writes(self.serial, WRITE_TIMEOUT_S)
        wait_in_writes(self.serial)
        self._timeout_s = timeout_s

    def read_until(
        self,
        min_num_bytes: int,
        ending: bytes,
        timeout: float | None = 10,
        data_consumer: Callable[[bytes], object] | None = None,
        timeout_overall: float | None = None,
        on_poll: Callable[[float], None] = lambda waited_s: None,
    ) -> bytes:
        """As mpremote's: up to ``ending``, or what had come when a limit (seconds) was reached.

        ``on_poll`` is told how many seconds have passed whenever nothing has come for a moment.
        """
        limit_reads(self.serial, POLL_S)
        data = bytearray()
        heard_bytes = 0
        timeout_overall = timeout_overall or ANSWER_TIMEOUT_S
        began_s = heard_s = time.monotonic()
        while not data.endswith(ending):
            byte = self.serial.read(1)
            now_s = time.monotonic()
            if byte:
                heard_s = now_s
                heard_bytes += 1
                data += byte
            else:
                on_poll(now_s - began_s)
            if byte and data_consumer:
                data_consumer(byte)
                data = bytearray(byte)
            if heard_bytes > ANSWER_BYTES_MAX:
                break
            if _over(timeout, heard_s, now_s) or _over(timeout_overall, began_s, now_s):
                break
        limit_reads(self.serial, self._timeout_s)
        return bytes(data)

    def exec_raw(
        self,
        command: str | bytes,
        timeout: float | None = RUN_TIMEOUT_S,
        data_consumer: Callable[[bytes], object] | None = None,
    ) -> Any:
        """As mpremote's, with more time between two bytes of output."""
        return super().exec_raw(command, timeout, data_consumer)

    def forget_unsent(self) -> None:
        """Drop what the board has not taken."""
        forget_unsent(self.serial)

    def close(self) -> None:
        """Close the port also where the board is gone, which mpremote's own leaves open."""
        close_port(self.serial)


def _over(limit_s: float | None, since_s: float, now_s: float) -> bool:
    return limit_s is not None and now_s >= since_s + limit_s
