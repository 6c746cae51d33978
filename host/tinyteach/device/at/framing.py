r"""Replies in what comes from a module: ``\r{`` … ``}\n``; all else is dropped.

Boot loader's text, noise, and what a reset cut off stand between replies. No reply holds ``\r{``
within (JSON writes a carriage return as ``\r``), so where that comes again, what came before it
was cut off.
"""

import json
from collections.abc import Iterator

BEGIN, END = b"\r{", b"}\n"
# A photograph in base64 and then some: the camera's largest is below 200 KB.
REPLY_BYTES_MAX = 1 << 20


class ReplyReader:
    """Takes bytes as they come and gives the JSON objects in them.

    ``dropped_bytes`` counts what belonged to none, ``heard`` is the end of that: what tells another
    kind of board from a module.
    """

    HEARD_BYTES = 4096

    def __init__(self) -> None:
        self._held = bytearray()
        self._searched = 0
        self.dropped_bytes = 0
        self.heard = b""

    def feed(self, data: bytes) -> list[dict[str, object]]:
        """Objects that are complete now, in their order."""
        self._held += data
        found = [_object(reply) for reply in self._complete()]
        self._keep_a_beginning()
        return [value for value in found if value is not None]

    def _complete(self) -> Iterator[bytes]:
        """What stands between a beginning and an end, taken out."""
        while (end := self._held.find(END, self._searched)) >= 0:
            upto = end + len(END)
            start = self._held.rfind(BEGIN, 0, upto)
            reply = bytes(self._held[start:upto]) if start >= 0 else b""
            self._drop(bytes(self._held[: upto - len(reply)]))
            del self._held[:upto]
            self._searched = 0
            yield reply

    def _keep_a_beginning(self) -> None:
        """Drop what no reply begins with, and look next time only at what comes after the rest."""
        start = self._held.rfind(BEGIN, self._searched)
        if start < 0 and not self._held.startswith(BEGIN):
            start = len(self._held) - self._held.endswith(BEGIN[:1])
        if len(self._held) - max(start, 0) > REPLY_BYTES_MAX:
            start = len(self._held)
        self._drop(bytes(self._held[: max(start, 0)]))
        del self._held[: max(start, 0)]
        self._searched = max(0, len(self._held) - 1)

    def _drop(self, data: bytes) -> None:
        if data:
            self.dropped_bytes += len(data)
            self.heard = (self.heard + data)[-self.HEARD_BYTES :]


def _object(reply: bytes) -> dict[str, object] | None:
    try:
        # Firmware copies what it does not know into its answer, line ends and all.
        value = json.loads(reply.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
