"""What a virtual board's firmware measures of itself for a test: wear of its flash, its heap.

`gauged` has the firmware write down each erasure and each programming of its flash, without what
was written, and, with a frame of its camera when it is asked to, what the heap holds after a
collection and the largest piece that can still be had.
"""

import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flash_journal import patched_rom
from patience import PATIENCE_S

_RECORD = "<II"
ERASED, PROGRAMMED = 0, 1
# Added to rom/flash.py. Nothing is allocated while it works, as there. A chip without a cache
# erases a whole block for each sector that FAT writes.
_WEAR = """
import struct
_gauge = open({path!r}, "ab")
_word = bytearray(8)

def _note(kind, block, size):
    struct.pack_into("<II", _word, 0, kind | size << 1, block)
    _gauge.write(_word)

class Flash(Flash):
    def writeblocks(self, block, buffer, offset=None):
        super().writeblocks(block, buffer, offset)
        _note(1, block, len(buffer))

    def _erase(self, block):
        super()._erase(block)
        _note(0, block, 0)

class Sectors(Sectors):
    def writeblocks(self, block, buffer):
        super().writeblocks(block, buffer)
        for sector in range(block, block + len(buffer) // SECTOR_BYTES):
            _note(0, sector * SECTOR_BYTES // BLOCK_BYTES, 0)
            _note(1, sector * SECTOR_BYTES // BLOCK_BYTES, SECTOR_BYTES)
"""
# Added to rom/frames.py.
_HEAP = """
import gc
import struct
_asking = open({asking!r}, "rb")
_told = open({told!r}, "ab")
_byte, _before, _words = bytearray(1), bytearray(1), bytearray(8)

def _largest():
    low, high = 0, gc.mem_free()
    while high - low > 64:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
        gc.collect()
    return low

def take(*arguments, take=take):
    _asking.seek(0)
    _asking.readinto(_byte)
    if _byte[0] != _before[0]:
        _before[0] = _byte[0]
        gc.collect()
        struct.pack_into("<II", _words, 0, gc.mem_alloc(), _largest())
        _told.write(_words)
    return take(*arguments)
"""


@dataclass(frozen=True)
class Heap:
    """Bytes in use after a collection, and the largest piece that can be had."""

    used: int
    largest: int


@dataclass
class Wear:
    """Erasures by block, and bytes that were programmed."""

    erasures: Counter = field(default_factory=Counter)
    written: int = 0

    def since(self, before: "Wear") -> "Wear":
        return Wear(self.erasures - before.erasures, self.written - before.written)


class Gauges:
    """What the one board that was made in `gauged` tells."""

    def __init__(self, folder: Path) -> None:
        self._flash, self._asking, self._told = (
            folder / name for name in ("flash", "asking", "told")
        )
        self._asked = self._read = 0
        self._wear = Wear()
        self._asking.write_bytes(b"\0")

    def wear(self) -> Wear:
        """Until now."""
        with self._flash.open("rb") as file:
            file.seek(self._read)
            content = file.read()
        self._read += len(content)
        for what, block in struct.iter_unpack(_RECORD, content):
            self._wear.written += what >> 1
            self._wear.erasures[block] += what & 1 == ERASED
        return Wear(Counter(self._wear.erasures), self._wear.written)

    def heap(self, take_frame=lambda: time.sleep(0.02)) -> Heap:
        """With the next frame; ``take_frame`` has the board take one, if it does not by itself."""
        size = struct.calcsize(_RECORD)
        count = self._told.stat().st_size // size
        self._asked = (self._asked + 1) % 256
        self._asking.write_bytes(bytes([self._asked]))
        deadline = time.monotonic() + PATIENCE_S
        while self._told.stat().st_size < (count + 1) * size:
            assert time.monotonic() < deadline, "the board takes no frame"
            take_frame()
        return Heap(*struct.unpack(_RECORD, self._told.read_bytes()[-size:]))


@contextmanager
def gauged(folder: Path) -> Iterator[Gauges]:
    """Gauges of the board that is made meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    gauges = Gauges(folder)
    wear = _WEAR.format(path=str(folder / "flash"))
    heap = _HEAP.format(asking=str(folder / "asking"), told=str(folder / "told"))
    with patched_rom(folder / "firmware", flash=wear, frames=heap):
        yield gauges
