"""Frames that the head was not sure of, on flash as the model saw them: the last so many.

A file each, named by its number. SPEC.md, Kept frames, has the format. Loaded when
needed only (seldom.py).
"""

import os
import struct

from agent import files
from agent.refused import Refused
from agent.slots import DIRECTORY
from tinyteach_protocol import errors

FOLDER = DIRECTORY + "/kept"
_HEADER_BYTES = const(12)
# Room on flash that stays free for heads and the file system.
_SPARE_BYTES = const(65536)


def _numbers(size: int) -> list[int]:
    """The numbers of whole frames, oldest first. A power cut may leave one that is shorter."""
    if files.size_of(FOLDER) < 0:
        return []
    found = [int(entry[0]) for entry in os.ilistdir(FOLDER) if entry[3] == size]  # type: ignore[misc]
    found.sort()
    return found


def _path(number: int) -> str:
    return "%s/%d" % (FOLDER, number)


def count(tensor: memoryview) -> int:
    """How many frames there are of the present model's size."""
    return len(_numbers(_HEADER_BYTES + len(tensor)))


def read(tensor: memoryview, offset: int, length: int) -> bytes:
    """At most ``length`` bytes of all frames in a row from ``offset`` on, of one frame only."""
    size = _HEADER_BYTES + len(tensor)
    numbers = _numbers(size)
    index, at = divmod(offset, size)
    if index >= len(numbers):
        raise Refused(errors.BAD_OFFSET, "%d frames are kept" % len(numbers))
    return files.read_piece(_path(numbers[index]), at, length)


def store(tensor: memoryview, fingerprint: bytes, top: int, steps: int, limit: int) -> None:
    """Keep the model's input, and ``limit`` frames at most; a full flash keeps fewer."""
    files.make_directory(FOLDER)
    size = _HEADER_BYTES + len(tensor)
    for entry in os.ilistdir(FOLDER):
        if entry[3] != size:  # type: ignore[misc] # MicroPython gives sizes
            os.remove(FOLDER + "/" + entry[0])
    numbers = _numbers(size)
    while len(numbers) >= limit or (numbers and files.free_bytes()[0] < size + _SPARE_BYTES):
        os.remove(_path(numbers.pop(0)))
    if files.free_bytes()[0] < size + _SPARE_BYTES:
        return
    number = numbers[-1] + 1 if numbers else 0
    with open(_path(number), "wb") as file:
        file.write(struct.pack("<I4sBBH", number, fingerprint[:4], top, steps, 0))
        file.write(tensor)
