"""Proofs that both ends hold a key, and frames sealed with what is made of it (SPEC.md, Keys).

HMAC-SHA-256 (RFC 2104) over plain ``sha256``: MicroPython's has no ``copy`` and is of no more use
once its digest was taken, so each HMAC hashes its pads anew. A board loads this while a host proves
itself, and keeps it for as long as that session lasts; what is private here takes no name there.
"""

import struct
from hashlib import sha256

from tinyteach_protocol.frame import HEADER_BYTES, SEAL_BYTES

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from tinyteach_protocol.frame import Buffer, Frame


def _pad(_key: "Buffer", _byte: int) -> bytes:
    return bytes([byte ^ _byte for byte in _key]) + bytes((_byte,)) * (64 - len(_key))


def proof(_key: "Buffer", _role: int, *_parts: "Buffer") -> bytes:
    """HMAC-SHA-256, by a key of at most 64 bytes, of what it is for and the parts.

    The role is a number of SPEC.md, Keys: no proof passes for one of another kind.
    """
    inner = sha256(_pad(_key, 0x36))
    inner.update(b"TinyTeach 1 ")
    inner.update(bytes((_role,)))
    for part in _parts:
        inner.update(part)
    outer = sha256(_pad(_key, 0x5C))
    outer.update(inner.digest())
    return outer.digest()


def is_same(_one: "Buffer", _other: "Buffer") -> bool:
    """Whether two proofs are equal, in a time that does not tell where they differ."""
    return len(_one) == len(_other) and _begins(_one, _other, 0, len(_one))


def _begins(_one: "Buffer", _other: "Buffer", _start: int, _count: int) -> bool:
    """Whether so many bytes of the other are the first of this one; time as above."""
    difference = 0
    for at in range(_count):  # zip would make a tuple of each pair, which a board has to collect
        difference |= _one[at] ^ _other[_start + at]
    return difference == 0


class Seal:
    """Seals frames of one direction, or opens them.

    A seal is a count, u32, and the first 8 bytes of the SHA-256 of a block with the key, type,
    flags, seq, that count and the payload. A count is good once, and those below it no more: what
    comes again, or late, is refused. As little garbage is made as can be, for that a board has to
    collect it is most of what a seal costs.
    """

    # For who has a session's seals, and has forgotten the module.
    proof = staticmethod(proof)
    is_same = staticmethod(is_same)

    def __init__(self, _key: "Buffer") -> None:
        self._block = bytes(_key) + bytes(64 - len(_key))
        self._header = bytearray(8)
        self.count = 0

    def seal(self, buffer: bytearray, type: int, flags: int, seq: int, _end: int) -> int:
        """Seal the payload from ``HEADER_BYTES`` to ``_end``; where the seal ends."""
        self.count += 1
        payload = memoryview(buffer)[HEADER_BYTES:_end]
        digest = self._digest(type, flags, seq, self.count, payload)
        struct.pack_into("<I8s", buffer, _end, self.count, digest)
        return _end + SEAL_BYTES

    def open(self, frame: "Frame") -> bool:
        """Whether the seal is whole and newer than all before; if so its payload is without it."""
        sealed = frame.payload
        end = len(sealed) - SEAL_BYTES
        if end < 0:
            return False
        (count,) = struct.unpack_from("<I", sealed, end)
        payload = sealed[:end]
        digest = self._digest(frame.type, frame.flags, frame.seq, count, payload)
        if not _begins(digest, sealed, end + 4, 8) or count <= self.count:
            return False
        self.count = count
        frame.payload = payload
        return True

    def _digest(self, type: int, flags: int, seq: int, _count: int, _payload: "Buffer") -> bytes:
        struct.pack_into("<BBHI", self._header, 0, type, flags, seq, _count)
        digest = sha256(self._block)
        digest.update(self._header)
        digest.update(_payload)
        return digest.digest()


def seals(_key: "Buffer", *_parts: "Buffer") -> tuple[Seal, Seal]:
    """Of a session that was proven with the same parts: for requests, for answers and events."""
    return Seal(proof(_key, 3, *_parts)), Seal(proof(_key, 4, *_parts))
