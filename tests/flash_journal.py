"""What a virtual board does to its flash, each operation, and the flash as any cut leaves it.

`journalled` has the board's firmware write down each erasure, each programming and each sync. Of
such a journal `cuts` makes the flash as it is when power is lost before each operation: with that
operation half done (torn), or with a block behind the others, as where a chip or a card writes what
it was given out of its order until it is synchronised.
"""

import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tinyteach.virtual import process
from tinyteach.virtual.flash_image import BLOCK_BYTES

ERASE, PROGRAM, SYNC = 1, 2, 3
CLEAN, TORN, REORDERED = "clean", "torn", "reordered"
SECTOR_BYTES = 512
_HEADER = "<III"
# Added to rom/flash.py. Nothing is allocated while it works, as there.
_JOURNAL = """
import struct
_journal = open({path!r}, "ab")
_header = bytearray(12)

def _note(kind, address, size):
    struct.pack_into("<III", _header, 0, kind, address, size)
    _journal.write(_header)

class Flash(Flash):
    def writeblocks(self, block, buffer, offset=None):
        super().writeblocks(block, buffer, offset)
        _note(2, block * BLOCK_BYTES + (offset or 0), len(buffer))
        _journal.write(buffer)

    def ioctl(self, request, argument):
        if request == 3:
            _note(3, 0, 0)
        return super().ioctl(request, argument)

    def _erase(self, block):
        super()._erase(block)
        _note(1, block * BLOCK_BYTES, 0)

class Sectors(Sectors):
    def writeblocks(self, block, buffer):
        super().writeblocks(block, buffer)
        _note(2, block * SECTOR_BYTES, len(buffer))
        _journal.write(buffer)

    def ioctl(self, request, argument):
        if request == 3:
            _note(3, 0, 0)
        return super().ioctl(request, argument)
"""


@dataclass(frozen=True)
class Operation:
    """``data`` is what is there afterwards, from ``address`` on; a sync has none."""

    kind: int
    address: int
    data: bytes


@contextmanager
def patched_rom(folder: Path, **more: str) -> Iterator[None]:
    """Boards that are made meanwhile have this code at the end of firmware modules, by name."""
    shutil.copytree(process.ROM_PARENT / "rom", folder / "rom")
    for module, code in more.items():
        with (folder / "rom" / f"{module}.py").open("a") as file:
            file.write(code)
    with patch.object(process, "ROM_PARENT", folder):
        yield


@contextmanager
def journalled(folder: Path) -> Iterator[Path]:
    """The file into which boards write that are made meanwhile; one at a time."""
    path = folder / "journal"
    with patched_rom(folder, flash=_JOURNAL.format(path=str(path))):
        yield path


def operations_in(content: bytes) -> list[Operation]:
    """A journal's; what FAT writes in one go is an operation a sector."""
    found, at = [], 0
    while at < len(content):
        kind, address, size = struct.unpack_from(_HEADER, content, at)
        at += struct.calcsize(_HEADER)
        data = b"\xff" * BLOCK_BYTES if kind == ERASE else content[at : at + size]
        at += size
        pieces = range(0, max(1, len(data)), SECTOR_BYTES if kind == PROGRAM else BLOCK_BYTES)
        step = pieces.step
        found += [Operation(kind, address + n, data[n : n + step]) for n in pieces]
    return found


@dataclass(frozen=True)
class Left:
    """The flash that a cut leaves before operation ``at``."""

    at: int
    how: str
    image: bytes


def applied(image: bytearray, operation: Operation, size: int | None = None) -> None:
    """The operation, or the first ``size`` bytes of it."""
    data = operation.data[:size]
    image[operation.address : operation.address + len(data)] = data


def cut_flashes(before: bytes, operations: list[Operation]) -> Iterator[Left]:
    """Every flash that a loss of power leaves: before each operation, torn, and reordered."""
    image, synced = bytearray(before), bytearray(before)
    waiting: dict[int, None] = {}  # blocks written since the last sync, in their order
    for at, operation in enumerate(operations):
        if operation.kind == SYNC:
            synced, waiting = bytearray(image), {}
            continue
        yield Left(at, CLEAN, bytes(image))
        torn = bytearray(image)
        applied(torn, operation, len(operation.data) // 2)
        yield Left(at, TORN, bytes(torn))
        if len(waiting) > 1:
            yield Left(at, REORDERED, _with_one_behind(image, synced, next(iter(waiting))))
        applied(image, operation)
        waiting[operation.address // BLOCK_BYTES] = None
    yield Left(len(operations), CLEAN, bytes(image))


def _with_one_behind(image: bytearray, synced: bytearray, block: int) -> bytes:
    place = slice(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)
    behind = bytearray(image)
    behind[place] = synced[place]
    return bytes(behind)
