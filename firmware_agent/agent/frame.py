"""A grabbed frame, and its centre square as gapless rows.

The buffer belongs to the camera driver and goes stale at the next grab.
"""

import binascii

from agent.vision.area import square_of
from tinyteach_protocol.messages import PIXEL_BYTES

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Iterator

    from tinyteach_protocol.frame import Buffer


class Frame:
    """``side``² pixels in the middle of a camera's frame buffer."""

    def __init__(
        self, buffer: "Buffer", width: int, height: int, pixel_format: int, number: int
    ) -> None:
        self.buffer = memoryview(buffer)
        self.pixel_format = pixel_format
        self.number = number
        self.side, left, top = square_of(width, height)
        pixel_bytes = PIXEL_BYTES[pixel_format]
        self.stride_bytes = width * pixel_bytes
        self.row_bytes = self.side * pixel_bytes
        self.start = top * self.stride_bytes + left * pixel_bytes
        self.size = self.side * self.row_bytes

    def pieces(self, offset: int, length: int) -> "Iterator[memoryview]":
        """Views that together are bytes ``offset`` … ``offset + length`` of the square."""
        if self.stride_bytes == self.row_bytes:
            yield self.buffer[self.start + offset : self.start + offset + length]
            return
        end = offset + length
        while offset < end:
            row, column = divmod(offset, self.row_bytes)
            count = min(end - offset, self.row_bytes - column)
            at = self.start + row * self.stride_bytes + column
            yield self.buffer[at : at + count]
            offset += count

    def read(self, offset: int, length: int) -> bytes | memoryview:
        """``length`` bytes of the square from ``offset`` on, copied only where rows have gaps."""
        if self.stride_bytes == self.row_bytes:
            return self.buffer[self.start + offset : self.start + offset + length]
        return b"".join([bytes(piece) for piece in self.pieces(offset, length)])

    def crc32(self) -> int:
        """CRC-32 of the whole square."""
        crc = 0
        for piece in self.pieces(0, self.size):
            crc = binascii.crc32(piece, crc)
        return crc & 0xFFFFFFFF
