"""Flash files: whole replacement by one rename, hashing in pieces.

LittleFS2 makes a rename over an existing name atomic, and keeps a file's old
content until the new one is closed (littlefs DESIGN.md): after a power cut a
reader finds the old file or the new one, never a mixture.
"""

import hashlib
import os

_HASH_PIECE_BYTES = const(1024)


def size_of(path: str) -> int:
    """The file's size in bytes, or -1 where there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return -1


def remove(path: str) -> None:
    """Remove the file if it is there."""
    if size_of(path) >= 0:
        os.remove(path)


def make_directory(path: str) -> None:
    """Make the directory unless it is there."""
    try:
        os.mkdir(path)
    except OSError:
        os.stat(path)


def replace_text(path: str, text: str) -> None:
    """Write ``text`` beside ``path``, then put it in its place at once."""
    beside = path + ".new"
    with open(beside, "w") as file:
        file.write(text)
    os.rename(beside, path)


def read_whole(path: str) -> bytearray:
    """The file's content in one bytearray of exactly its size."""
    content = bytearray(os.stat(path)[6])
    with open(path, "rb") as file:
        file.readinto(content)
    return content


def read_piece(path: str, offset: int, length: int) -> bytes:
    """At most ``length`` bytes of the file from ``offset`` on."""
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(length)  # type: ignore[no-any-return]


def sha256_of(path: str) -> bytes:
    """SHA-256 of the file's content, 32 bytes."""
    digest = hashlib.sha256()
    piece = memoryview(bytearray(_HASH_PIECE_BYTES))
    with open(path, "rb") as file:
        while True:
            count = file.readinto(piece)
            if not count:
                return digest.digest()  # type: ignore[no-any-return]
            digest.update(piece[:count])


def free_bytes() -> tuple[int, int]:
    """Free and total bytes of the flash's file system."""
    stat = os.statvfs("")
    # LittleFS counts a block that two files share twice: of a full flash less than none is free.
    free = stat[3] if 0 <= stat[3] <= stat[2] else 0
    return stat[0] * free, stat[0] * stat[2]
