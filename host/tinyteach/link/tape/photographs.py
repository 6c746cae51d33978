"""Photographs that a host sends: on a tape they are kept as digests, else they would be most of it.

The host has them, and sends them again to a tape. All else that it sends, heads too, is kept whole.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from tinyteach_protocol import errors, frame, messages

# A WRITE's type, flags, seq and payload's length, the payload's beginning and its digest.
ENTRY = struct.Struct("<BBHH6s16s")
DIGEST_BYTES = 16


@dataclass(frozen=True)
class Digested:
    """A frame of which the tape has the beginning of the payload and the digest of all of it."""

    type: int
    flags: int
    seq: int
    size: int  # of the payload
    beginning: bytes
    digest: bytes

    @classmethod
    def of(cls, entry: bytes) -> "Digested | None":
        """From an entry of a tape; None where it is none."""
        return cls(*ENTRY.unpack(entry)) if len(entry) == ENTRY.size else None

    def entry(self) -> bytes:
        """As an entry of a tape."""
        fields = self.type, self.flags, self.seq, self.size, self.beginning, self.digest
        return ENTRY.pack(*fields)


def without_seal(payload: bytes, flags: int) -> bytes:
    """What a frame says: a seal is another each time, and who plays a tape back has no key."""
    return payload[: -frame.SEAL_BYTES] if flags & frame.SEALED else payload


def digest_of(payload: bytes) -> bytes:
    """What tells one payload from others."""
    return sha256(payload).digest()[:DIGEST_BYTES]


class PhotographFinder:
    """Goes along with what a host sends on one link."""

    def __init__(self) -> None:
        self._is_photograph = False

    def parts_of(self, data: bytes) -> Iterator[bytes | Digested]:
        """What one call writes, in order; what is no whole frames as it is."""
        decoder, frames = frame.Decoder(), []
        view = memoryview(data)
        while len(view):
            view = view[decoder.receive(view) :]
            while (event := decoder.next_event()) is not None:
                if not isinstance(event, frame.Frame):
                    yield data
                    return
                frames.append((event.type, event.flags, event.seq, bytes(event.payload)))
        if decoder.partial:
            yield data
            return
        for each in frames:
            yield self._part(*each)

    def _part(self, type: int, flags: int, seq: int, payload: bytes) -> bytes | Digested:
        if type == messages.OPEN:
            self._is_photograph = _is_image(payload)
        if type == messages.WRITE and self._is_photograph:
            payload, flags = without_seal(payload, flags), flags & ~frame.SEALED
            beginning = payload[: messages.DATA_OVERHEAD_BYTES]
            return Digested(type, flags, seq, len(payload), beginning, digest_of(payload))
        return frame.encode(type, seq, payload, flags)


def _is_image(payload: bytes) -> bool:
    try:
        return bool(messages.decode(messages.OPEN, 0, payload).object == messages.IMAGE)
    except errors.ProtocolError:
        return False
