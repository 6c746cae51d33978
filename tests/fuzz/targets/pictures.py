"""Photographs of any program's making."""

import io

import numpy as np
from PIL import Image

from fuzz.targets.target import Target
from tinyteach.data.images import decode_square, taken_on

SIDE = 12
KINDS = {
    "png": {"format": "PNG"},
    "grey_png": {"format": "PNG", "optimize": True},
    "jpeg": {"format": "JPEG", "quality": 50},
    "gif": {"format": "GIF"},
    "webp": {"format": "WEBP", "lossless": True},
    "bmp": {"format": "BMP"},
    "tiff": {"format": "TIFF"},
    "ppm": {"format": "PPM"},
}
_DATE_TIME = 0x0132  # of EXIF


def decode_picture(data: bytes) -> None:
    """What is read is a square of pixels."""
    taken_on(data)
    square = decode_square(data, "a photograph")
    assert square.ndim == 3 and square.dtype == np.uint8


def drawn() -> Image.Image:
    """A picture in which rows and columns differ."""
    ramp = np.arange(SIDE * SIDE * 3, dtype=np.uint8).reshape(SIDE, SIDE, 3)
    return Image.fromarray(ramp)


def written(image: Image.Image, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, **options)
    return stream.getvalue()


def _pictures() -> list[bytes]:
    image, exif = drawn(), Image.Exif()
    exif[_DATE_TIME], exif[0x0112] = "2026:01:02 03:04:05", 6
    made = [written(image.convert("L") if "grey" in k else image, **o) for k, o in KINDS.items()]
    return [*made, written(image, format="JPEG", exif=exif)]


TARGETS = (
    Target(
        "pictures",
        decode_picture,
        _pictures,
        words=(b"IHDR", b"IDAT", b"IEND", b"tRNS", b"eXIf", b"\xff\xc0", b"\xff\xda", b"\xff\xe1"),
    ),
)
