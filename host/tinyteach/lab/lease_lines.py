"""The two ends of a lease: lines of JSON over TCP, between a borrower and ``tinyteach lab export``.

The borrower claims ``{"place", "owner"}`` and hears ``{"url", "lease_s"}`` or ``{"refused"}``. From
then on it says ``{"beat"}``, which is echoed, at least every ``lease_s`` seconds, in the end
``{"done"}``, and hears ``{"released"}``. A connection that ends, or is silent for so long, is a
borrower that has died.
"""

import socket
from typing import Any

from tinyteach.files import format_json, parse_json

LINE_BYTES_MAX = 4096


class LeaseLines:
    """A connected socket by the line. Raises OSError where it breaks or stays silent."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket, self._rest = connected, b""
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def say(self, message: dict[str, Any]) -> None:
        self._socket.sendall(format_json(message) + b"\n")

    def hear(self, timeout_s: float) -> dict[str, Any]:
        """The next message; ConnectionError where there is none any more or what comes is none."""
        self._socket.settimeout(timeout_s)
        while b"\n" not in self._rest:
            came = self._socket.recv(LINE_BYTES_MAX)
            self._rest += came
            if not came or len(self._rest) > LINE_BYTES_MAX:
                raise ConnectionError("the other end is gone, or no end of a lease")
        line, _, self._rest = self._rest.partition(b"\n")
        return _message(line)

    def ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        self.say(message)
        return self.hear(timeout_s)

    def close(self) -> None:
        self._socket.close()


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = parse_json(line)
    except ValueError as error:
        raise ConnectionError("what came is no line of a lease") from error
    if not isinstance(message, dict):
        raise ConnectionError("what came is no message of a lease")
    return message
