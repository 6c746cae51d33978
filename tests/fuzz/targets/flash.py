"""Firmware images and backups of boards' flash."""

import struct
from hashlib import sha256

from esp_images import APP_AT, TABLE_AT, partition, program
from fuzz.targets.target import Target, file_with
from tinyteach.device.esp.chip import Chip
from tinyteach.device.esp.image import TABLE_BYTES, check_image, made_for
from tinyteach.errors import FirmwareError
from tinyteach.service.flash.backups import read_backup

CHIP = Chip("ESP32-S3", 0, "0123456789ab", 8 << 20)
CONTENT = b"the flash"
SIZES = struct.Struct("<HH")  # of the boot loader and of the table


def decode_image(data: bytes) -> None:
    """A boot loader, a partition table and a program, with their sizes before and gaps between."""
    made_for(data)
    if len(data) >= SIZES.size:
        check_image(_spread(data), CHIP, "firmware.bin")


def _spread(data: bytes) -> bytes:
    loader_bytes, table_bytes = SIZES.unpack_from(data)
    loader, rest = data[SIZES.size :][:loader_bytes], data[SIZES.size + loader_bytes :]
    image = loader[:TABLE_AT].ljust(TABLE_AT, b"\xff") + rest[: min(table_bytes, TABLE_BYTES)]
    return image.ljust(APP_AT, b"\xff") + rest[table_bytes:]


def _image() -> bytes:
    loader, app = program(b"load" * 8), program(b"code" * 8)
    table = partition(1, 0x9000, 0x6000, b"nvs") + partition(0, APP_AT, 0x80000, b"factory")
    return SIZES.pack(len(loader), len(table)) + loader + table + app


def decode_owner(data: bytes) -> None:
    """What stands beside a backup: nothing of it may make a wrong one of it."""
    path = file_with("backup.bin", CONTENT)
    file_with("backup.json", data)
    content, owner = read_backup(path)
    assert content == CONTENT and (owner is None or owner.sha256 == sha256(CONTENT).hexdigest())


def _owner() -> bytes:
    digest = sha256(CONTENT).hexdigest()
    return f'{{"mac": "0123456789ab", "chip": "ESP32-S3", "sha256": "{digest}"}}'.encode()


TARGETS = (
    Target(
        "firmware_images",
        decode_image,
        lambda: [_image()],
        (FirmwareError,),
        (b"\xe9", b"\xaa\x50"),
    ),
    Target("backups", decode_owner, lambda: [_owner()], (FirmwareError,)),
)
