"""The flash chip of the virtual board: an image file, then one once-programmable block.

That last block keeps what a chip keeps for life: whether a file system was ever
made (first byte) and the board's unique id (at 16). The image before it is a
plain LittleFS2 one that any LittleFS tool reads.
"""

import fcntl
import secrets
import tempfile
from pathlib import Path
from typing import BinaryIO

from tinyteach.errors import UsageError
from tinyteach.files import make_folder, not_written

BLOCK_BYTES = 4096
UNIQUE_ID_BYTES = 6
_ID_OFFSET = 16
_ERASED = b"\xff"


class FlashImage:
    """An open image; ``path`` None keeps it only as long as the object lives."""

    def __init__(self, path: Path | None, size_bytes: int) -> None:
        if size_bytes % BLOCK_BYTES:
            raise UsageError(f"A flash size must be a multiple of {BLOCK_BYTES} bytes.")
        self._file: BinaryIO = _open(path)
        present = self._file.seek(0, 2)
        self.size_bytes = present - BLOCK_BYTES if present else size_bytes
        if not present:
            self._make_blank()
        self.unique_id = self._read(self.size_bytes + _ID_OFFSET, UNIQUE_ID_BYTES)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()

    def contents(self) -> bytes:
        """All blocks of the file system."""
        return self._read(0, self.size_bytes)

    def _make_blank(self) -> None:
        once = bytearray(_ERASED * BLOCK_BYTES)
        # A locally administered unicast address, as the ids of ESP32 chips are MAC addresses.
        identity = bytes([0x02]) + secrets.token_bytes(UNIQUE_ID_BYTES - 1)
        once[_ID_OFFSET : _ID_OFFSET + UNIQUE_ID_BYTES] = identity
        self._file.write(_ERASED * self.size_bytes + once)
        self._file.flush()

    def _read(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(size)


def _open(path: Path | None) -> BinaryIO:
    # Unbuffered: the board's process changes the file behind this object.
    if path is None:
        return tempfile.TemporaryFile(buffering=0)
    make_folder(path.parent)
    try:
        path.touch(0o600)
        path.chmod(0o600)  # it holds the board's key
        file = path.open("r+b", buffering=0)
    except OSError as error:
        raise not_written(path, error) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise UsageError(
            f"The flash image {path} is in another virtual board; stop that one first."
        ) from error
    return file
