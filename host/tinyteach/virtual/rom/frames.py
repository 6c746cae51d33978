# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115
"""Frame buffers, which the supervisor fills as DMA would, for every camera module.

There are two, outside the heap, as on boards whose buffers lie in PSRAM.
"""

import sys

import uctypes

from rom import chip

_POINTER_BYTES = 8 if sys.maxsize > 0x7FFFFFFF else 4
MIRROR, FLIP, COLOUR_BARS = 1, 2, 4
_asked = [0]


def take(slot, pixel_format, width, height, flags=0, quality=85):
    """Ask for a frame, wait for it; ``(status, bytes)``: 0, 1 for a timeout, or -errno."""
    chip.check_interrupt()
    _asked[0] += 1
    chip.tell(_asked[0], chip.BUS_GRAB, pixel_format, width, height, slot, flags, quality)
    return chip.answer_to(_asked[0])


def address_of(slot):
    """Where a frame buffer lies."""
    slot_bytes = (chip.read_u32(chip.MEMORY_BYTES) - chip.REGISTERS_BYTES) // 2
    return uctypes.addressof(chip.memory) + chip.REGISTERS_BYTES + slot * slot_bytes


def signed_view(slot, size):
    """A read-only memoryview of signed bytes over a frame buffer."""
    frame = memoryview(uctypes.bytearray_at(address_of(slot), size))
    # py/objarray.h: the byte after the type pointer is the type code, its top bit "writable".
    uctypes.bytearray_at(id(frame) + _POINTER_BYTES, 1)[0] = ord("b")
    return frame


def by_reference(slot, size):
    """A bytearray whose bytes are the frame buffer's."""
    return uctypes.bytearray_at(address_of(slot), size)


def copy(slot, size):
    """The frame as bytes in the heap."""
    return bytes(by_reference(slot, size))
