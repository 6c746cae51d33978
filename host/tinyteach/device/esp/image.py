"""Whether a file is a whole firmware for an ESP chip; one sentence where it is not.

A whole firmware is what lies in flash from the chip's boot address on: the boot loader, at
0x8000 the partition table, and the programs that it lists. Formats: Espressif's "Firmware Image
Format" (esptool's documentation) and "Partition Tables" (ESP-IDF's).
"""

import struct
from collections.abc import Iterator
from functools import reduce
from hashlib import sha256
from operator import xor

from tinyteach.device.esp.chip import IMAGE_CHIPS, Chip, megabytes
from tinyteach.errors import FirmwareError

IMAGE_MAGIC = 0xE9
HEADER_BYTES = 24
# Places in the header: number of segments, flash size (high half), chip id, "SHA-256 follows".
SEGMENTS_AT, FLASH_SIZE_AT, CHIP_AT, HASHED_AT = 1, 3, 12, 23
# The checksum starts here and stands at the end of a block of 16.
CHECKSUM_SEED, CHECKSUM_BLOCK = 0xEF, 16
SHA256_BYTES = 32

TABLE_AT, TABLE_BYTES = 0x8000, 0xC00
ENTRY = struct.Struct("<HBBII16sI")
ENTRY_MAGIC = 0x50AA
APP = 0

WHERE = "take the whole image for your board, as 'tinyteach flash' alone says"


def check_image(content: bytes, chip: Chip, name: str) -> None:
    """Raise FirmwareError unless ``content`` is a whole, undamaged firmware for ``chip``."""
    _check_chip(content, chip, name)
    _check_size(content, chip, name)
    _check_program(content, 0, name)
    for start in _programs(content, chip.offset, name):
        _check_program(content, start, name)


def made_for(content: bytes) -> str | None:
    """The chip that a program is for, None where ``content`` begins with none."""
    if len(content) < HEADER_BYTES or content[0] != IMAGE_MAGIC:
        return None
    (number,) = struct.unpack_from("<H", content, CHIP_AT)
    return IMAGE_CHIPS.get(number, f"another chip (number {number})")


def _check_chip(content: bytes, chip: Chip, name: str) -> None:
    other = made_for(content)
    if other is None:
        raise FirmwareError(f"{name} is no firmware image for an ESP chip; {WHERE}.")
    if other != chip.name:
        raise FirmwareError(f"{name} is for {other}, but the board has {chip.name}; {WHERE}.")


def _check_size(content: bytes, chip: Chip, name: str) -> None:
    # A boot loader built for more flash than there is refuses to start. 0 is 1 MB, or less.
    size_code = content[FLASH_SIZE_AT] >> 4
    declared = 2**20 << size_code if size_code else 0
    if max(declared, chip.offset + len(content)) > chip.flash_bytes:
        raise FirmwareError(
            f"{name} is for boards with more flash than the {megabytes(chip.flash_bytes)} of "
            "this one; take an image for less flash."
        )


def _programs(content: bytes, offset: int, name: str) -> Iterator[int]:
    """Where in ``content`` the programs of its partition table begin."""
    table = content[TABLE_AT - offset :][:TABLE_BYTES]
    entries = [e for e in ENTRY.iter_unpack(_whole_entries(table)) if e[0] == ENTRY_MAGIC]
    apps = [start - offset for _, kind, _, start, *_ in entries if kind == APP]
    if not entries and len(content) > TABLE_AT:
        raise FirmwareError(
            f"{name} is one program without boot loader and partition table; {WHERE}."
        )
    # A second program, for updates over the air, may lie empty beyond the image.
    if not apps or min(apps) >= len(content):
        raise _damaged(name)
    yield from (start for start in apps if start < len(content))


def _whole_entries(table: bytes) -> bytes:
    return table[: len(table) // ENTRY.size * ENTRY.size]


def _check_program(content: bytes, start: int, name: str) -> None:
    """Header, segments, their checksum, and the SHA-256 where the header says that it follows."""
    if content[start] == 0xFF:
        return  # an empty place for a second program
    end, checksum = _walk_segments(content, start, name)
    end += -(end + 1 - start) % CHECKSUM_BLOCK
    hash_at = end + 1
    digest = content[hash_at : hash_at + SHA256_BYTES]
    if content[end : end + 1] != bytes([checksum]) or (
        content[start + HASHED_AT] and digest != sha256(content[start:hash_at]).digest()
    ):
        raise _damaged(name)


def _walk_segments(content: bytes, start: int, name: str) -> tuple[int, int]:
    """(where the last segment ends, the exclusive or of their bytes)."""
    at, checksum = start + HEADER_BYTES, CHECKSUM_SEED
    if at > len(content) or content[start] != IMAGE_MAGIC:
        raise _damaged(name)
    for _ in range(content[start + SEGMENTS_AT]):
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        segment = content[at + 8 : at + 8 + length]
        if len(segment) != length or at + 8 > len(content):
            raise _damaged(name)
        checksum = reduce(xor, segment, checksum)
        at += 8 + length
    return at, checksum


def _damaged(name: str) -> FirmwareError:
    return FirmwareError(f"{name} is damaged or cut short; download it again.")
