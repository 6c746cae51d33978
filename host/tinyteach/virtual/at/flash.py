"""The module's flash: 16 MB of which little is written, kept in a file with holes."""

import mmap
import os
import struct
from pathlib import Path

from tinyteach.errors import LinkError
from tinyteach.files import make_folder, not_written

FLASH_BYTES = 16 << 20
SECTOR_BYTES = 4096
FIRMWARE_SLOTS, SLOT_BYTES = (0x0, 0x100000), 0x100000
KEY_VALUES_ADDRESS = 0x300000
SERIAL_ADDRESS, SERIAL_BYTES = 0x3DF000, 0x1000
MODEL_ADDRESS, MODELS_END = 0x400000, 0xE00000
# The firmware looks for models at every kilobyte.
MODEL_STEP_BYTES = 1024
MODEL_MAGIC, MODEL_MAGIC_AT = b"TFL3", 4
# In the last sector: which slot the boot loader starts.
SELECTOR_ADDRESS = 0xFFF000
SELECTOR = struct.Struct("<8sI")
SELECTOR_MAGIC = b"HIMAXWE2"

# Erased flash has ones, a hole in a file zeros: the file holds the complement.
_COMPLEMENT = bytes(range(255, -1, -1))


class SerialBlockError(LinkError):
    """Something was about to be written over the serial number."""

    def __init__(self, address: int, count: int) -> None:
        super().__init__(
            f"{count} bytes were to be written at {address:#x}, over the serial number of the "
            "virtual module; find out what sent them."
        )


class ModuleFlash:
    """``flash[address]`` is a byte, 0xFF where nothing was written; a slice is bytes.

    ``path`` is the file that keeps it, None one that is gone with the process. ``writes`` has
    address and size of each write, ``serial_writes`` those that were refused because they meet the
    serial-number block.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.writes: list[tuple[int, int]] = []
        self.serial_writes: list[tuple[int, int]] = []
        self._memory = mmap.mmap(-1, FLASH_BYTES) if path is None else _mapped(path)
        if self[SERIAL_ADDRESS : SERIAL_ADDRESS + 16] == b"\xff" * 16:
            self._put(SERIAL_ADDRESS, os.urandom(SERIAL_BYTES))  # as in the factory

    def __getitem__(self, where: int | slice) -> int | bytes:
        if isinstance(where, int):
            return 0xFF - self._memory[where]
        return self._memory[where].translate(_COMPLEMENT)

    def read(self, address: int, count: int) -> bytes:
        """``count`` bytes from ``address`` on."""
        return self._memory[address : address + count].translate(_COMPLEMENT)

    def write(self, address: int, data: bytes) -> None:
        """Write what no serial number is in; SerialBlockError otherwise, and nothing is written."""
        if address < SERIAL_ADDRESS + SERIAL_BYTES and address + len(data) > SERIAL_ADDRESS:
            self.serial_writes.append((address, len(data)))
            raise SerialBlockError(address, len(data))
        self.writes.append((address, len(data)))
        self._put(address, data)

    def erase_sectors(self, address: int, count: int) -> None:
        """Erase the sectors that begin within the ``count`` bytes from ``address`` on."""
        first = -(-address // SECTOR_BYTES) * SECTOR_BYTES
        for sector in range(first, address + count, SECTOR_BYTES):
            self.write(sector, b"\xff" * SECTOR_BYTES)

    def models(self) -> list[int]:
        """Addresses at which what looks like a model lies."""
        places = range(MODEL_ADDRESS, MODELS_END, MODEL_STEP_BYTES)
        return [at for at in places if self.read(at + MODEL_MAGIC_AT, 4) == MODEL_MAGIC]

    @property
    def serial_number(self) -> bytes:
        """The block that identifies the module."""
        return self.read(SERIAL_ADDRESS, SERIAL_BYTES)

    @property
    def active_slot(self) -> int:
        """Address of the firmware that the boot loader starts."""
        magic, address = SELECTOR.unpack(self.read(SELECTOR_ADDRESS, SELECTOR.size))
        return address if magic == SELECTOR_MAGIC and address in FIRMWARE_SLOTS else 0

    def select_slot(self, address: int) -> None:
        """Have the boot loader start the firmware there."""
        self.write(SELECTOR_ADDRESS, SELECTOR.pack(SELECTOR_MAGIC, address))

    def _put(self, address: int, data: bytes) -> None:
        self._memory[address : address + len(data)] = data.translate(_COMPLEMENT)

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()


def _mapped(path: Path) -> mmap.mmap:
    make_folder(path.parent)
    try:
        with path.open("ab") as file:
            file.truncate(FLASH_BYTES)
        with path.open("r+b") as file:
            return mmap.mmap(file.fileno(), FLASH_BYTES)
    except OSError as error:
        raise not_written(path, error) from error
