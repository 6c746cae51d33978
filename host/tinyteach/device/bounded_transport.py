"""mpremote's serial transport, with waits that end whatever the other side does."""

import time
from collections.abc import Callable
from typing import Any

from mpremote.transport_serial import SerialTransport

from tinyteach.link.serial_link import close_port

ANSWER_TIMEOUT_S = 120.0
ANSWER_BYTES_MAX = 1 << 18


class BoundedTransport(SerialTransport):
    """Keeps the time limit also while bytes go on coming, as from a GPS receiver.

    mpremote 1.29 looks at its limits only when nothing comes. The port is read
    with the timeout it was opened with instead of being polled. What a board prints is
    bounded too: none of our programs says much, or for long.
    """

    def read_until(
        self,
        min_num_bytes: int,
        ending: bytes,
        timeout: float | None = 10,
        data_consumer: Callable[[bytes], Any] | None = None,
        timeout_overall: float | None = None,
    ) -> bytes:
        """As mpremote's: up to ``ending``, or what had come when a limit (seconds) was reached."""
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
            if byte and data_consumer:
                data_consumer(byte)
                data = bytearray(byte)
            if heard_bytes > ANSWER_BYTES_MAX:
                break
            if _over(timeout, heard_s, now_s) or _over(timeout_overall, began_s, now_s):
                break
        return bytes(data)

    def close(self) -> None:
        """Close the port also where the board is gone, which mpremote's own leaves open."""
        close_port(self.serial)


def _over(limit_s: float | None, since_s: float, now_s: float) -> bool:
    return limit_s is not None and now_s >= since_s + limit_s
