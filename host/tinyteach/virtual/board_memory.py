"""The virtual board's memory as the host sees it: registers, two frame buffers, ROMFS.

One unlinked file, mapped by the supervisor and by the board's process, stands
for the registers, PSRAM and mapped flash of a board.
"""

import mmap
import os
import tempfile

from tinyteach.errors import UsageError
from tinyteach.virtual.rom import registers as at

NO_INTERRUPT_CHAR = 0xFF
# machine.reset_cause() values (rom/machine.py).
CAUSE_POWER_ON, CAUSE_HARD, CAUSE_CRASH, CAUSE_SOFT = 1, 2, 3, 5
# Two buffers of the largest frame: UXGA in RGB888. The file is sparse.
FRAME_BUFFER_BYTES = 1600 * 1200 * 3
RAM_BYTES = at.REGISTERS_BYTES + 2 * FRAME_BUFFER_BYTES
# What `mpremote romfs deploy` writes on a board lies behind them.
ROMFS_BYTES_MAX = 1 << 20

# What the firmware makes of its flash, by the numbers in rom/flash.py: LittleFS2 at /, as ESP32
# and RP2 have it; FAT at /flash, as OpenMV has it.
FILE_SYSTEMS = ("littlefs", "fat")


class BoardMemory:
    """Registers by name, frame buffers by number."""

    def __init__(self, heap_bytes: int, flash_bytes: int, file_system: str) -> None:
        if file_system not in FILE_SYSTEMS:
            names = " or ".join(FILE_SYSTEMS)
            raise UsageError(f"{file_system!r} is no file system; take {names}.")
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the board
        os.ftruncate(self._file.fileno(), RAM_BYTES + ROMFS_BYTES_MAX)
        self._map = mmap.mmap(self._file.fileno(), RAM_BYTES + ROMFS_BYTES_MAX)
        self._write_u32(at.HEAP_BYTES, heap_bytes)
        self._write_u32(at.FLASH_BYTES, flash_bytes)
        self._write_u32(at.MEMORY_BYTES, RAM_BYTES)
        self._map[at.FILE_SYSTEM] = FILE_SYSTEMS.index(file_system)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._map.close()
        self._file.close()

    def power_up(self, reset_cause: int, keep_raw_repl: bool) -> None:
        """Registers as the board's process must find them when it starts."""
        self._map[at.INTERRUPT_REQUESTED] = 0
        self._map[at.INTERRUPT_CHAR] = NO_INTERRUPT_CHAR
        self._map[at.RESET_CAUSE] = reset_cause
        self._write_u32(at.WATCHDOG_MS, 0)
        if not keep_raw_repl:
            self._map[at.RAW_REPL] = 0
            self._map[at.CAMERA_ON] = 0
            self._map[at.PINS : at.PINS + at.PIN_COUNT] = bytes(at.PIN_COUNT)

    def power_down(self) -> None:
        """No program is there to be interrupted, and no cut is left to come."""
        self._map[at.INTERRUPT_CHAR] = NO_INTERRUPT_CHAR
        self.cut_power_at(0, torn=False)

    @property
    def interrupt_char(self) -> int:
        """The byte that is Ctrl-C now, or NO_INTERRUPT_CHAR."""
        return self._map[at.INTERRUPT_CHAR]

    @property
    def interrupt_requested(self) -> bool:
        return bool(self._map[at.INTERRUPT_REQUESTED])

    @interrupt_requested.setter
    def interrupt_requested(self, requested: bool) -> None:
        self._map[at.INTERRUPT_REQUESTED] = requested

    @property
    def watchdog(self) -> tuple[int, int]:
        """Its time in ms, 0 while it is off, and a number that changes when it is fed."""
        return self._read_u32(at.WATCHDOG_MS), self._map[at.WATCHDOG_FED]

    @property
    def reset_cause(self) -> int:
        """Why the program was started last."""
        return self._map[at.RESET_CAUSE]

    @property
    def flash_reads(self) -> int:
        """Flash blocks read, modulo 256."""
        return self._map[at.FLASH_READS]

    @property
    def block_operations(self) -> int:
        """Flash blocks programmed or erased since the board was made."""
        return self._read_u32(at.BLOCK_OPERATIONS)

    def cut_power_at(self, operation: int, torn: bool) -> None:
        """Fail at the ``operation``-th flash operation from now (1: the next); 0: do not."""
        self._map[at.CUT_TORN] = torn
        self._map[at.CUT_COUNTDOWN : at.CUT_COUNTDOWN + 2] = operation.to_bytes(2, "little")

    def pin(self, number: int) -> int:
        return self._map[at.PINS + number] & at.PIN_LEVEL

    def set_pin(self, number: int, level: int) -> None:
        driven = self._map[at.PINS + number] & at.PIN_DRIVEN
        self._map[at.PINS + number] = driven | bool(level)

    def driven_pins(self) -> dict[int, int]:
        """Number and level of each pin that a program has made an output."""
        driven = [n for n in range(at.PIN_COUNT) if self._map[at.PINS + n] & at.PIN_DRIVEN]
        return {number: self.pin(number) for number in driven}

    def write_frame(self, buffer_number: int, pixels: bytes) -> None:
        """Fill a frame buffer, over whatever frame it held."""
        start = at.REGISTERS_BYTES + buffer_number * FRAME_BUFFER_BYTES
        self._map[start : start + len(pixels)] = pixels

    def write_romfs(self, image: bytes) -> None:
        """The ROM partition from the next start on; empty: there is none."""
        if len(image) > ROMFS_BYTES_MAX:
            raise UsageError(f"The ROMFS has {len(image)} bytes and may have {ROMFS_BYTES_MAX}.")
        self._map[RAM_BYTES : RAM_BYTES + len(image)] = image
        self._write_u32(at.ROMFS_BYTES, len(image))

    def _read_u32(self, offset: int) -> int:
        return int.from_bytes(self._map[offset : offset + 4], "little")

    def _write_u32(self, offset: int, value: int) -> None:
        self._map[offset : offset + 4] = value.to_bytes(4, "little")
