"""What the virtual camera sees: a photograph to the bytes of a frame.

The photograph's centre, cut to the frame's shape and scaled to fill it, then in
the pixel format asked for; RGB565 has its high byte first, as the ESP32's
camera peripheral delivers it, RGB565_LE its low byte.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

# PixelFormat of the camera module.
RGB565, GRAYSCALE, JPEG, RGB888 = 0, 3, 4, 5
# OpenMV's RGB565: as a little-endian processor stores it.
RGB565_LE = 16
MIRROR, FLIP, COLOUR_BARS = 1, 2, 4
# White, yellow, cyan, green, magenta, red, blue, black: the bars of most sensors.
_BARS = np.array(
    [(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0)]
    + [(255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0)],
    np.uint8,
)


@dataclass(frozen=True)
class FrameRequest:
    """One grab: sizes in pixels, ``flags`` of MIRROR, FLIP, COLOUR_BARS, JPEG quality 0..100."""

    pixel_format: int
    width: int
    height: int
    flags: int
    quality: int


def expose(photograph: "Image", request: FrameRequest) -> bytes:
    """The frame's bytes, rows without gaps."""
    pixels = _colour_bars(request) if request.flags & COLOUR_BARS else _view(photograph, request)
    if request.flags & MIRROR:
        pixels = pixels[:, ::-1]
    if request.flags & FLIP:
        pixels = pixels[::-1]
    return _ENCODERS[request.pixel_format](pixels, request)


def _view(photograph: "Image", request: FrameRequest) -> np.ndarray:
    from PIL import Image, ImageOps

    size = (request.width, request.height)
    if photograph.size == size:
        return np.asarray(photograph)
    return np.asarray(ImageOps.fit(photograph, size, Image.Resampling.BOX))


def _colour_bars(request: FrameRequest) -> np.ndarray:
    row = _BARS[np.arange(request.width) * len(_BARS) // request.width]
    return np.broadcast_to(row, (request.height, request.width, 3))


def _rgb565(pixels: np.ndarray, _: FrameRequest) -> bytes:
    red, green, blue = (pixels[:, :, channel].astype(np.uint16) for channel in range(3))
    words = (red >> 3) << 11 | (green >> 2) << 5 | blue >> 3
    return words.astype(">u2").tobytes()


def _rgb565_le(pixels: np.ndarray, request: FrameRequest) -> bytes:
    return np.frombuffer(_rgb565(pixels, request), ">u2").astype("<u2").tobytes()


def _rgb888(pixels: np.ndarray, _: FrameRequest) -> bytes:
    return pixels.tobytes()


def _grey(pixels: np.ndarray, _: FrameRequest) -> bytes:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels)).convert("L").tobytes()


def _jpeg(pixels: np.ndarray, request: FrameRequest) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.save(file, "JPEG", quality=max(1, min(95, request.quality)))
    return file.getvalue()


_ENCODERS: dict[int, Callable[[np.ndarray, FrameRequest], bytes]] = {
    RGB565: _rgb565,
    RGB565_LE: _rgb565_le,
    GRAYSCALE: _grey,
    JPEG: _jpeg,
    RGB888: _rgb888,
}
