"""Receives by XMODEM-CRC, blocks of 128 bytes, as the boot loader does.

Waits are counted in rounds in which nothing came, not by a clock: on a busy computer they last
longer, as the client's do.
"""

from binascii import crc_hqx
from collections.abc import Callable

from tinyteach.virtual.at.faults import Faults
from tinyteach.virtual.at.wire import PlugPulled, Wire


class BlockRefusedError(Exception):
    """What came may not be written where it is to go."""


SOH, EOT, ACK, NAK, CAN = b"\x01", b"\x04", b"\x06", b"\x15", b"\x18"
CALL = b"C"
DATA_BYTES = 128
BLOCK_BYTES = 3 + DATA_BYTES + 2
ROUND_S = 0.05
CALL_ROUNDS, NAK_ROUNDS = 10, 20
# In a row without a block: whoever sent them has gone.
NAKS_MAX = 10


class Receiver:
    """One session; ``take`` gets each block's content, in order, once."""

    def __init__(
        self, wire: Wire, faults: Faults, blocks_before: int, take: Callable[[bytes], None]
    ) -> None:
        self._wire, self._faults, self._take = wire, faults, take
        self._before = blocks_before
        self.blocks = 0
        self._naks = 0
        self._waiting = b""
        self._is_over: bool | None = None

    def receive(self, acknowledge_end: bool = True) -> bool:
        """Whether all came; False where either side gave up."""
        self._wire.write(CALL)
        while self._is_over is None:
            self._listen()
        if self._is_over and acknowledge_end:
            self._wire.write(ACK)
        return self._is_over

    def _listen(self) -> None:
        rounds = CALL_ROUNDS if self.blocks == 0 and not self._waiting else NAK_ROUNDS
        for _ in range(rounds):
            if data := self._wire.read(ROUND_S):
                self._hear(data)
                return
        self._complain()

    def _complain(self) -> None:
        """Nothing came: call for a first block, ask for another one again."""
        was_within = bool(self._waiting)
        self._waiting = b""
        if self.blocks == 0 and not was_within:
            self._wire.write(CALL)
            return
        self._naks += 1
        if self._naks > NAKS_MAX:
            self._give_up()
        else:
            self._wire.write(NAK)

    def _hear(self, data: bytes) -> None:
        self._waiting += data
        while self._waiting and self._is_over is None:
            first = self._waiting[:1]
            if first == SOH and len(self._waiting) < BLOCK_BYTES:
                return
            size = BLOCK_BYTES if first == SOH else 1
            part, self._waiting = self._waiting[:size], self._waiting[size:]
            if first == SOH:
                self._block(part)
            elif first == EOT:
                self._is_over = True
            elif first == CAN and self._waiting[:1] == CAN:
                self._waiting = self._waiting.lstrip(CAN)
                self._is_over = False

    def _block(self, block: bytes) -> None:
        number = self._before + self.blocks + 1
        is_next = block[1] == (self.blocks + 1) & 0xFF
        self._naks = 0
        if not _is_whole(block) or is_next and self._faults.strikes("nak_block", number):
            self._wire.write(NAK)
        elif is_next:
            self._next_block(block[3:-2], number)
        elif self.blocks and block[1] == self.blocks & 0xFF:  # its ACK was lost
            self._wire.write(ACK)
        else:
            self._give_up()

    def _next_block(self, data: bytes, number: int) -> None:
        if self._faults.strikes("unplug_block", number):
            raise PlugPulled
        if self._faults.strikes("silent_block", number):
            self._wire.ignore_all()
        try:
            if self._faults.strikes("cancel_block", number):
                raise BlockRefusedError
            self._take(data)
        except BlockRefusedError:
            self._give_up()
            return
        self.blocks += 1
        if not self._faults.strikes("lose_ack_block", number):
            self._wire.write(ACK)

    def _give_up(self) -> None:
        self._wire.write(CAN * 2)
        self._is_over = False


def _is_whole(block: bytes) -> bool:
    """Whether number, its complement and the CRC fit."""
    right = block[1] + block[2] == 0xFF
    return right and crc_hqx(block[3:-2], 0) == int.from_bytes(block[-2:], "big")
