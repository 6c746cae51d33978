# mypy: ignore-errors
# ruff: noqa: I001
"""Module ``csi`` of OpenMV's firmware 4.8 and later.

Its traps are kept: nothing is set before it is asked for, a size forgets the
window, failures are RuntimeError, RGB565 has its low byte first, an image's
bytes are those of the frame buffer, which the next snapshot overwrites. What
the camera sees fills the window.
"""

from rom import frames

GRAYSCALE, RGB565, JPEG = 11, 12, 13
QQVGA, QVGA, VGA = 21, 22, 23
_SIZES = {QQVGA: (160, 120), QVGA: (320, 240), VGA: (640, 480)}
# The supervisor's numbers (optics.py).
_FORMATS = {GRAYSCALE: 3, RGB565: 16}
# OV7725_ID in common/omv_csi.h.
_CHIP_NUMBER = 0x77


class Image:
    """What snapshot() gives."""

    def __init__(self, width, height, size):
        self._width, self._height, self._size = width, height, size

    def width(self):
        return self._width

    def height(self):
        return self._height

    def bytearray(self):
        return frames.by_reference(0, self._size)


class CSI:
    grey_only = False

    def __init__(self, *, cid=-1, delays=True, fflush=True, stream=None):
        self._format = self._size = self._window = None
        self._flags = 0

    def reset(self, *, hard=True):
        self._format = self._size = self._window = None
        self._flags = 0
        if frames.take(0, _FORMATS[GRAYSCALE], 8, 8)[0] < 0:
            raise RuntimeError("no image sensor answers")

    def pixformat(self, value):
        if value not in _FORMATS or (self.grey_only and value != GRAYSCALE):
            raise RuntimeError("the sensor does not do that pixel format")
        self._format = value

    def framesize(self, value):
        if value not in _SIZES:
            raise RuntimeError("no such frame size")
        self._size = self._window = _SIZES[value]

    def window(self, value):
        if self._size is None:
            raise RuntimeError("no frame size is set")
        self._window = tuple(value)[-2:]

    def colorbar(self, enable):
        self._flags = frames.COLOUR_BARS if enable else 0

    def cid(self):
        return _CHIP_NUMBER

    def width(self):
        return self._size[0]

    def height(self):
        return self._size[1]

    def snapshot(self):
        if self._format is None or self._size is None:
            raise RuntimeError("no pixel format or frame size is set")
        status, size = frames.take(0, _FORMATS[self._format], *self._window, self._flags)
        if status:
            raise RuntimeError("the frame took too long")
        return Image(*self._window, size)
