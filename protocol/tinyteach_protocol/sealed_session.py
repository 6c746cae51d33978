"""The host's side of a session that was proven: what it seals, how, and what it believes.

A frame's seal has a count of its own that only rises, so one is made when the frame goes out.
"""

import struct

from tinyteach_protocol import frame, messages
from tinyteach_protocol.session import FORBIDDEN

if 0:  # for type checkers: never run
    from tinyteach_protocol.sealing import Seal

KEY_BYTES = 32
NONCE_BYTES = 16
# What proofs are for (SPEC.md, Keys); 3 and 4 are the keys of seals.
HOST, BOARD, HEAD = 1, 2, 5
# Steps of PROVE.
BEGIN, END, PROVE_HEAD = 0, 1, 2
# Capability bits of HELLO's response: there is a key; nothing is done without.
CAP_KEYED = 32
CAP_PRIVATE = 64
INTERRUPT = FORBIDDEN[0]  # what a board that has restarted takes for Ctrl-C, until a HELLO
# Of 256 numbers without 03, or counts of seals, some 240 make a frame without, where its payload
# has none.
NUMBERS_TRIED = 256


class SealedSession:
    """With ``seals``, for requests and for answers, all is sealed; without them nothing is."""

    def __init__(self, seals: "tuple[Seal, Seal] | None" = None) -> None:
        self._seals = seals

    def flags(self, verb: int) -> int:
        """Of a new request. BYE never is sealed: a board that cannot open it leaves, too."""
        return frame.SEALED if self._seals and verb != messages.BYE else 0

    def finish(self, data: bytearray, verb: int, flags: int, seq: int) -> None:
        """Put header and checks, and where the flags say so a new seal, around a payload.

        Of seals the first without 03 is taken, where what is sealed has none: counts may be left
        out.
        """
        payload_bytes = len(data) - frame.OVERHEAD_BYTES
        if not flags & frame.SEALED or not self._seals:
            frame.seal(data, verb, flags, seq, payload_bytes)
            return
        end = frame.HEADER_BYTES + payload_bytes - frame.SEAL_BYTES
        seal = self._seals[0]
        for _ in range(NUMBERS_TRIED):
            seal.count = without_interrupt(seal.count + 1) - 1
            seal.seal(data, verb, flags, seq, end)
            frame.seal(data, verb, flags, seq, payload_bytes)
            if INTERRUPT not in data or INTERRUPT in data[:end]:
                return

    def outgoing(self, data: bytearray) -> bytes:
        """A frame as it goes out now: its seal is the newest of all."""
        verb, flags, seq = struct.unpack_from("<BBH", data, 2)
        if flags & frame.SEALED:
            self.finish(data, verb, flags, seq)
        return bytes(data)

    def is_sealed(self, arrived: frame.Frame) -> bool | None:
        """Whether a frame came sealed; None where its seal is none that can be believed."""
        if not self._seals or not arrived.flags & frame.SEALED:
            return False
        return True if self._seals[1].open(arrived) else None

    @property
    def is_proven(self) -> bool:
        """Whether both ends have seals: then nothing is believed without one."""
        return self._seals is not None


def without_interrupt(count: int) -> int:
    """Return the next number, that one included, of whose four bytes none is 03."""
    for shift in (24, 16, 8, 0):
        if count >> shift & 0xFF == INTERRUPT[0]:
            count = (count >> shift) + 1 << shift
    return count
