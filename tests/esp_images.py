"""Firmware images as an ESP chip has them, small."""

import random
import struct
from functools import reduce
from hashlib import md5, sha256
from operator import xor

ESP32, ESP32_S3 = 0, 9
TABLE_AT, APP_AT = 0x8000, 0x10000


def program(payload: bytes, chip_id: int = ESP32_S3, flash_size: int = 0, hashed: bool = True):
    """One program of one segment; ``flash_size`` as the header has it, 0 for 1 MB."""
    payload = payload.ljust(-(-len(payload) // 4) * 4, b"\0")
    header = struct.pack("<BBBBI", 0xE9, 1, 2, flash_size << 4, 0x40374000)
    header += struct.pack("<B3xHBHHI?", 0xEE, chip_id, 0, 0, 0xFFFF, 0, hashed)
    body = header + struct.pack("<II", 0x3FC88000, len(payload)) + payload
    body += bytes(-(len(body) + 1) % 16) + bytes([reduce(xor, payload, 0xEF)])
    return body + sha256(body).digest() if hashed else body


def partition(kind: int, start: int, size: int, label: bytes) -> bytes:
    return struct.pack("<HBBII16sI", 0x50AA, kind, 0, start, size, label, 0)


def firmware(seed: int = 1, app_bytes: int = 40_000, chip_id: int = ESP32_S3, **header) -> bytes:
    """A boot loader, a partition table and a program, incompressible like real code."""
    content = random.Random(seed).randbytes(app_bytes)
    table = partition(1, 0x9000, 0x6000, b"nvs") + partition(0, APP_AT, 0x80000, b"factory")
    table += b"\xeb\xeb".ljust(16, b"\xff") + md5(table).digest()
    image = program(content[:9000], chip_id, **header).ljust(TABLE_AT, b"\xff") + table
    return image.ljust(APP_AT, b"\xff") + program(content, chip_id, **header)
