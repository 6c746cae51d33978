"""Firmware in a slot of the flash: which one it is, and one that stands for Seeed's.

Nothing of an image is run. A release of Seeed's is known by the version that stands in it as text,
one of ours also by its dialect.
"""

import re
from dataclasses import dataclass

from tinyteach.virtual.at.flash import FIRMWARE_SLOTS, SECTOR_BYTES, SLOT_BYTES, ModuleFlash

# What each part of an image of Himax's generator begins with.
PART_MAGIC = b"ckBS"
DIALECTS = ("el", "ma", "hx")
VERSIONS = {"el": "2025.01.02", "ma": "2.0.0", "hx": "Mar 12 2026"}
OLD_VERSION = "v2023.12.14"
_TAG = re.compile(rb"stands for (el|ma|hx) (\S[^\0]*)\0")
_DATED = re.compile(rb"v?20\d\d\.\d\d\.\d\d")


@dataclass(frozen=True)
class ModuleFirmware:
    """``dialect`` is one of DIALECTS; ``version`` as VER? tells it."""

    dialect: str
    version: str

    @property
    def is_old(self) -> bool:
        """Of 2023, when the module had another name."""
        return self.version.startswith("v2023")


def stand_in_image(firmware: ModuleFirmware) -> bytes:
    """An image of three sectors that a virtual module takes for that firmware."""
    tag = f"stands for {firmware.dialect} {firmware.version}\0".encode()
    parts = (PART_MAGIC + tag, b"", PART_MAGIC)
    return b"".join(part.ljust(SECTOR_BYTES, b"\0") for part in parts)


def is_whole(image: bytes) -> bool:
    """Whether a boot loader would start it."""
    last = image[-SECTOR_BYTES:]
    whole_sectors = len(image) >= SECTOR_BYTES and len(image) % SECTOR_BYTES == 0
    return whole_sectors and image.startswith(PART_MAGIC) and last.startswith(PART_MAGIC)


def firmware_in(flash: ModuleFlash) -> ModuleFirmware | None:
    """What the boot loader starts: the active slot's, else the other's; None without any."""
    slots = sorted(FIRMWARE_SLOTS, key=lambda slot: slot != flash.active_slot)
    images = (flash.read(slot, SLOT_BYTES) for slot in slots)
    return next((_named(image) for image in images if image.startswith(PART_MAGIC)), None)


def _named(image: bytes) -> ModuleFirmware:
    if tag := _TAG.search(image):
        return ModuleFirmware(tag[1].decode(), tag[2].decode())
    dated = _DATED.search(image)
    return ModuleFirmware("el", dated[0].decode() if dated else VERSIONS["el"])
