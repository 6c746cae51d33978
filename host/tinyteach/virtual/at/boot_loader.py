"""The module's boot loader: a key in its window, its menu, its transfers, its question.

Where a transfer goes: a session of one block that is a preamble aims the next one; without it the
firmware in the slot that is not in use is written, and used from the next start on if it is whole.
Sectors are erased as blocks come, so what is cut off is half there, as on the module.
"""

import struct

from tinyteach.virtual.at.faults import Faults
from tinyteach.virtual.at.flash import (
    FIRMWARE_SLOTS,
    FLASH_BYTES,
    SLOT_BYTES,
    ModuleFlash,
    SerialBlockError,
)
from tinyteach.virtual.at.image import PART_MAGIC, is_whole
from tinyteach.virtual.at.loaders import (
    BACKUP,
    FIRST,
    NO_IMAGE,
    PROMPT,
    READY,
    SECOND,
    STARTING,
    LoaderKind,
)
from tinyteach.virtual.at.receiver import BlockRefusedError, Receiver
from tinyteach.virtual.at.wire import ResetPressed, Wire

PREAMBLE = struct.Struct("<2sII2s")
PREAMBLE_BEGIN, PREAMBLE_END = b"\xc0\x5a", b"\x5a\xc0"
# The window's length in rounds, which on a busy computer last longer, as a client's pauses do.
ROUND_S = 0.01
NOISE = bytes([0x80, 0x00, 0x80, 0x80]) * 24 + b"\0"
IDLE_S = 1.0


class ModuleBootLoader:
    """What runs from a reset until the firmware does."""

    def __init__(self, wire: Wire, flash: ModuleFlash, kind: LoaderKind, faults: Faults) -> None:
        self._wire, self._flash, self._kind, self._faults = wire, flash, kind, faults
        self._blocks = 0
        self._aim: int | None = None
        self._address = 0
        self._first = b""

    def run(self, has_firmware: bool) -> None:
        """Returns when the firmware is to start; ResetPressed where the menu says reboot."""
        if self._faults.boot_noise:
            self._wire.write(NOISE)
        self._say(FIRST, built=self._kind.built, window_ms=self._kind.window_ms)
        if not self._is_key_pressed():
            if has_firmware:
                self._say(STARTING, active=self._flash.active_slot)
                return
            self._say(NO_IMAGE)  # a loader is there all the same
        self._serve()

    def _is_key_pressed(self) -> bool:
        rounds = max(1, self._kind.window_ms // int(ROUND_S * 1000))
        return any(self._wire.read(ROUND_S) for _ in range(rounds))

    def _serve(self) -> None:
        if self._faults.silent_loader:
            self._wire.ignore_all()
        self._say(SECOND, active=self._flash.active_slot, other=self._other_slot)
        while True:
            self._choose()
            while self._transfer() and self._kind.acknowledges_end:
                self._ask()

    @property
    def _other_slot(self) -> int:
        return next(slot for slot in FIRMWARE_SLOTS if slot != self._flash.active_slot)

    def _choose(self) -> None:
        """Show the menu until its entry for a transfer is chosen; each other key shows it again."""
        self._say(self._kind.menu)
        while (key := self._key()) != b"1":
            if key == b"0":
                raise ResetPressed
            if key == b"2" and self._kind.has_debug_mode:
                self._wire.ignore_all()  # the line is the debugger's now
            self._say(self._kind.menu)

    def _ask(self) -> None:
        self._say(PROMPT)
        while (key := self._key()) not in (b"n", b"N"):
            if key in (b"y", b"Y"):
                raise ResetPressed

    def _key(self) -> bytes:
        """One key; line ends are none."""
        while True:
            if (key := self._wire.read_byte(IDLE_S)).strip():
                return key

    def _transfer(self) -> bool:
        """Receive one session; whether it came whole."""
        self._say(READY)
        self._first, self._address = b"", self._where()
        receiver = Receiver(self._wire, self._faults, self._blocks, self._take)
        whole = receiver.receive(self._kind.acknowledges_end) and receiver.blocks > 0
        self._blocks += receiver.blocks
        if whole:
            self._complete(receiver.blocks)
        return whole

    def _where(self) -> int:
        return self._other_slot if self._aim is None else self._aim

    def _take(self, data: bytes) -> None:
        """Write a block; the first may be a preamble, which is known only when a second comes."""
        if not self._first:
            self._first = data
            if _aimed_at(data) is not None:
                return
        elif self._address == self._where() and _aimed_at(self._first) is not None:
            self._write(self._first)
        self._write(data)

    def _write(self, data: bytes) -> None:
        if self._address + len(data) > self._end():
            raise BlockRefusedError
        try:
            self._flash.erase_sectors(self._address, len(data))
            self._flash.write(self._address, data)
        except SerialBlockError as error:
            raise BlockRefusedError from error
        self._address += len(data)

    def _end(self) -> int:
        """What begins in a slot for firmware ends there."""
        start = self._where()
        return start + SLOT_BYTES if start in FIRMWARE_SLOTS else FLASH_BYTES

    def _complete(self, blocks: int) -> None:
        """A preamble aims the next transfer; whole firmware is used from the next start on."""
        aim = _aimed_at(self._first)
        if blocks == 1 and aim is not None:
            self._aim = aim
            return
        start, self._aim = self._where(), None
        if start in FIRMWARE_SLOTS and self._first.startswith(PART_MAGIC):
            size = min(self._address - start, SLOT_BYTES)
            if is_whole(self._flash.read(start, size)):
                self._flash.select_slot(start)
                self._say(BACKUP)

    def _say(self, text: str, **values: object) -> None:
        self._wire.write(text.format(**values).encode())


def _aimed_at(block: bytes) -> int | None:
    """The address that a preamble names; None for other blocks."""
    begin, address, offset, end = PREAMBLE.unpack_from(block)
    is_preamble = begin == PREAMBLE_BEGIN and end == PREAMBLE_END
    return address + offset if is_preamble else None
