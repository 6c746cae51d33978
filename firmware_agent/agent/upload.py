"""A file on its way to flash: appended in order, resumed after a disconnect.

The name of the incoming file carries the start of its SHA-256, so that the same
file sent again goes on where it stopped, and another one starts anew.
"""

import binascii
import os

from agent import files
from agent.refused import Refused
from agent.slots import DIRECTORY
from tinyteach_protocol import errors, messages

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from tinyteach_protocol.frame import Buffer

PREFIX = "incoming_"
# Room that the file system itself wants for directory and metadata blocks.
_SPARE_BYTES = const(16384)
# Of a head, which is hashed when it is put to work, for more would keep the board busy for long.
_HEAD_BYTES = const(1048576)


class Upload:
    """One incoming file of ``size`` bytes whose SHA-256 must be ``digest``."""

    is_open = True
    proven = False  # by who holds the board's key

    def __init__(self, kind: int, size: int, digest: bytes) -> None:
        self.kind = kind
        self._size = size
        self.digest = bytes(digest)
        name = "%s%d_%s" % (PREFIX, kind, str(binascii.hexlify(self.digest[:8]), "ascii"))
        self.path = DIRECTORY + "/" + name
        self._remove_others(name)
        self._drop_if_longer()
        self._check_room()
        self._file = open(self.path, "ab")

    def _drop_if_longer(self) -> None:
        self.offset = max(0, files.size_of(self.path))
        if self.offset > self._size:
            os.remove(self.path)
            self.offset = 0

    @staticmethod
    def _remove_others(name: str) -> None:
        for entry in os.listdir(DIRECTORY):
            if entry.startswith(PREFIX) and entry != name:
                os.remove(DIRECTORY + "/" + entry)

    def _check_room(self) -> None:
        free, _ = files.free_bytes()
        if self._size - self.offset + _SPARE_BYTES > free:
            raise Refused(errors.NO_SPACE, "%d bytes free" % free)
        if self.kind == messages.HEAD and self._size > _HEAD_BYTES:
            raise Refused(errors.BAD_MODEL, "a head has 1 MB at most")

    def write(self, offset: int, data: "Buffer") -> int:
        """Append ``data`` if it is at the expected offset; return the next expected one."""
        if offset == self.offset:
            if offset + len(data) > self._size:
                raise Refused(errors.BAD_OFFSET, "more than was announced")
            self._file.write(data)
            self.offset += len(data)
        return self.offset

    def suspend(self) -> None:
        """Put what has come on the flash; the same upload may be opened again."""
        self._file.close()

    def finish(self) -> str:
        """The complete, hash-checked file's path. A wrong one is removed and refused."""
        self.suspend()
        if self.offset != self._size:
            raise Refused(errors.BAD_OFFSET, "%d of %d bytes came" % (self.offset, self._size))
        if files.sha256_of(self.path) != self.digest:
            self.discard()
            raise Refused(errors.BAD_HASH)
        return self.path

    def discard(self) -> None:
        """Forget the upload and its file."""
        self.suspend()
        files.remove(self.path)
