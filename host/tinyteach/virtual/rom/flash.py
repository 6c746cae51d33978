# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115
"""The flash chip: a block device for LittleFS2 or FAT whose power can fail at any operation.

Programming and erasing count as operations. When the supervisor's countdown
reaches zero, that operation is done half (torn) or not at all and the process
is gone at once, as a board's is. Nothing is allocated here, see copy_plain.py.
"""

import os
import sys

import vfs

from rom import chip

try:
    from rom.copy_viper import copy, fill
except SyntaxError:
    from rom.copy_plain import copy, fill

BLOCK_BYTES = 4096
SECTOR_BYTES = 512
LITTLEFS, FAT = 0, 1
_ERASED = 0xFF
# First byte of the once-programmable part: 1 when a file system has been made.
FORMATTED = 0

_IOCTL_BLOCK_COUNT, _IOCTL_BLOCK_SIZE, _IOCTL_BLOCK_ERASE = 4, 5, 6


class Flash:
    """MicroPython's extended block device interface (docs/library/vfs.rst)."""

    def readblocks(self, block, buffer, offset=0):
        chip.registers[chip.FLASH_READS] = chip.registers[chip.FLASH_READS] + 1 & 0xFF
        copy(buffer, 0, chip.flash, block * BLOCK_BYTES + offset, len(buffer))

    def writeblocks(self, block, buffer, offset=None):
        if offset is None:
            self._erase(block)
            offset = 0
        size = _powered_bytes(len(buffer))
        copy(chip.flash, block * BLOCK_BYTES + offset, buffer, 0, size)
        _die_unless(size == len(buffer))

    def ioctl(self, request, argument):
        if request == _IOCTL_BLOCK_COUNT:
            return chip.flash_bytes // BLOCK_BYTES
        if request == _IOCTL_BLOCK_SIZE:
            return BLOCK_BYTES
        if request == _IOCTL_BLOCK_ERASE:
            self._erase(argument)
        return 0

    def _erase(self, block):
        size = _powered_bytes(BLOCK_BYTES)
        fill(chip.flash, block * BLOCK_BYTES, size, _ERASED)
        _die_unless(size == BLOCK_BYTES)


class Sectors:
    """The same chip in sectors for FAT, as OpenMV's firmware has it: each write one operation."""

    def readblocks(self, block, buffer):
        copy(buffer, 0, chip.flash, block * SECTOR_BYTES, len(buffer))

    def writeblocks(self, block, buffer):
        done = 0
        while done < len(buffer):
            size = _powered_bytes(SECTOR_BYTES)
            copy(chip.flash, block * SECTOR_BYTES + done, buffer, done, size)
            _die_unless(size == SECTOR_BYTES)
            done += SECTOR_BYTES

    def ioctl(self, request, argument):
        if request == _IOCTL_BLOCK_COUNT:
            return chip.flash_bytes // SECTOR_BYTES
        return SECTOR_BYTES if request == _IOCTL_BLOCK_SIZE else 0


def _powered_bytes(size):
    """How many of ``size`` bytes are still changed before the power is gone."""
    _count_operation()
    left = chip.registers[chip.CUT_COUNTDOWN] | chip.registers[chip.CUT_COUNTDOWN + 1] << 8
    if not left:
        return size
    left -= 1
    chip.registers[chip.CUT_COUNTDOWN] = left & 0xFF
    chip.registers[chip.CUT_COUNTDOWN + 1] = left >> 8
    if left:
        return size
    return size // 2 if chip.registers[chip.CUT_TORN] else 0


def _count_operation():
    """Add one to a register of 32 bits, byte by byte."""
    for i in range(chip.BLOCK_OPERATIONS, chip.BLOCK_OPERATIONS + 4):
        chip.registers[i] = (chip.registers[i] + 1) & 0xFF
        if chip.registers[i]:
            return


def _die_unless(powered):
    if not powered:
        chip.exit_now(chip.EXIT_POWER_LOST)


def mount():
    """The flash becomes the board's whole file system, made new on a blank chip.

    FAT is at /flash, which becomes the current folder, and at / there is nothing. ROMFS, where
    there is one, is at /rom, as in firmware that has it.
    Raises OSError where a file system was there and cannot be read.
    """
    once = chip.flash[chip.flash_bytes :]
    is_fat = chip.registers[chip.FILE_SYSTEM] == FAT
    kind = vfs.VfsFat if is_fat else vfs.VfsLfs2
    device = Sectors() if is_fat else Flash()
    if once[FORMATTED] != 1:
        kind.mkfs(device)
        once[FORMATTED] = 1
    vfs.umount("/")
    if chip.read_u32(chip.ROMFS_BYTES):
        vfs.mount(vfs.VfsRom(chip.memory[chip.read_u32(chip.MEMORY_BYTES) :]), "/rom")
        sys.path[2:2] = ("/rom", "/rom/lib")  # before the flash's, docs/reference/romfs.rst
    vfs.mount(kind(device), "/flash" if is_fat else "/")
    if is_fat:
        os.chdir("/flash")
        sys.path.append("/flash")
        sys.path.append("/flash/lib")
