"""Bytes in and out: the REPL's own port, in raw binary.

``sys.stdin.buffer.readinto`` blocks until the buffer is full, and nothing says how
many bytes there are; callers ask only for bytes that are known to be coming, take
the count, and look how long it took: a sender may have died.
"""

import select
import sys

import micropython

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from tinyteach_protocol.frame import Buffer

_CTRL_C = const(3)
# A USB packet is full at 64 bytes: on USB-Serial/JTAG chips a write that ends on a
# full packet is not sent on until another byte follows.
_USB_PACKET_BYTES = const(64)


class Link:
    """The port that the agent shares with the REPL."""

    def __init__(self) -> None:
        self._input = sys.stdin.buffer
        self._output = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def wait(self, timeout_ms: int) -> bool:
        """True as soon as a byte can be read, False after ``timeout_ms``."""
        return bool(self._poll.poll(timeout_ms))

    def read_into(self, view: memoryview) -> int:
        """Read up to ``len(view)`` bytes, return how many came."""
        return self._input.readinto(view) or 0

    def write(self, view: "Buffer") -> None:
        """Write all of ``view``."""
        size = len(view)
        if size and size % _USB_PACKET_BYTES == 0:
            self._write_all(view[: size - 1])
            view = view[size - 1 :]
        self._write_all(view)

    def _write_all(self, view: "Buffer") -> None:
        # USB CDC may take less than it is given.
        while len(view):
            view = view[self._output.write(view) or 0 :]

    def set_framed(self, framed: bool) -> None:
        """While framed, byte 03 is data; else it is Ctrl-C, as on any REPL."""
        micropython.kbd_intr(-1 if framed else _CTRL_C)
