"""From an image file, of whatever kind, to the square photograph that all else works with."""

import hashlib
import importlib.util
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from tinyteach.data.depths import eight_bits, is_misread
from tinyteach.data.foreign_kinds import READS_HEIC, foreign_kind, is_heic
from tinyteach.data.repairs import lacks_pixels, mended_forms
from tinyteach.data.there import check_photo, not_opened
from tinyteach.errors import PhotoError

# Pillow reads AVIF since 11.3, where it was built with the library for it.
_AVIF = importlib.util.find_spec("PIL._avif") is not None
# What Pillow is let try. Formats beyond these bring external programs or rare decoders.
# JPEG takes in MPO, as some phones and cameras write it.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM", *(["AVIF"] if _AVIF else []))
SUFFIXES = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".bmp", ".dib", ".gif"}
    | {".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", *([".avif"] if _AVIF else [])}
    | {*([".heic", ".heif", ".hif"] if READS_HEIC else [])}
)
_SOME = f"{'AVIF, ' if _AVIF else ''}{'HEIC, ' if READS_HEIC else ''}"
KINDS = f"PNG, JPEG, WebP, {_SOME}GIF, TIFF, PPM or BMP"
_DAY = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)")  # EXIF has colons, some programs write hyphens

MAX_PIXELS = 64_000_000  # 192 MB as RGB; a small file can claim far more than memory holds
MIN_SIDE, MAX_SIDE = 8, 1024  # what preprocessing takes (side * side * 255 fits 31 bits at most)
REDUCED_SIDE = 480  # a VGA camera's square; larger photographs are reduced to it
MAX_FILE_BYTES = 64 << 20
DARK = 8  # of 255: what a covered or dead sensor's noise stays below

# By EXIF's orientation (CIPA DC-008, 4.6.4). ImageOps.exif_transpose would write the metadata anew
# and fails where an entry of it breaks a rule.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class _UnreadableError(PhotoError):
    """What no decoder reads."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} cannot be read as {KINDS}; save it again in one of these formats or delete it."
        )


def load_square(path: str | Path) -> NDArray[np.uint8]:
    """The photograph's centre square, uint8 [N, N, 3] RGB, 8 <= N <= 1024.

    EXIF orientation is applied, transparency laid on white, deeper pixels brought to 8 bits.
    A square PNG keeps its pixels up to 1024 x 1024; of any other image the
    centre square is reduced to 480 x 480 by area averaging if it is larger.
    PhotoError names the file and says what to do.
    """
    with opened_photo(path) as file:
        return decode_square(file, str(path))


@contextmanager
def opened_photo(path: str | Path) -> Iterator[io.BufferedReader]:
    """The file of a photograph, to be read; PhotoError, also where reading it fails."""
    path = Path(path)
    check_photo(path)
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise not_opened(path, error) from error


def decode_square(source: bytes | IO[bytes], name: str) -> NDArray[np.uint8]:
    """`load_square` from a file's content; ``name`` is what errors call it."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    with warnings.catch_warnings():
        # Our own limit of pixels is lower, and odd metadata is nothing to tell of.
        warnings.simplefilter("ignore")
        try:
            return _decode(file, name)
        except _UnreadableError as error:
            file.seek(0)
            content = file.read(MAX_FILE_BYTES)
            return _decode_mended(content, name, error)


def _decode_mended(content: bytes, name: str, first: PhotoError) -> NDArray[np.uint8]:
    for mended, may_lack_pixels in mended_forms(content):
        try:
            return _decode(io.BytesIO(mended), name, may_lack_pixels)
        except _UnreadableError:
            continue
    told = foreign_kind(name, content)
    raise PhotoError(f"{name} {told}.") if told else first


def _decode(file: IO[bytes], name: str, may_lack_pixels: bool = False) -> NDArray[np.uint8]:
    image = _open(file, name)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large(name)
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"{name} is only {width} x {height} pixels; replace it by one of at least "
            f"{MIN_SIDE} x {MIN_SIDE}."
        )
    try:
        square = np.array(_limited(_rgb(_centre_square(_upright(image))), image))
        damaged = may_lack_pixels and lacks_pixels(image)
    except Exception as error:  # decoders raise of every kind on damaged files
        raise _UnreadableError(name) from error
    if damaged:
        raise _UnreadableError(name)
    return square


def encode_png(square: NDArray[np.uint8]) -> bytes:
    """A uint8 [N, N, 3] photograph as a PNG file's content."""
    square = np.asarray(square)
    if square.dtype != np.uint8 or square.ndim != 3 or square.shape[2] != 3:
        raise ValueError(f"a photograph is uint8 [N, N, 3], not {square.dtype} {square.shape}")
    if square.shape[0] != square.shape[1] or not MIN_SIDE <= square.shape[0] <= MAX_SIDE:
        raise ValueError(f"a photograph's side is {MIN_SIDE} to {MAX_SIDE}, not {square.shape}")
    buffer = io.BytesIO()
    # Level 1 takes a quarter of the time of the default and costs a tenth more bytes.
    Image.fromarray(square).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def pixel_digest(square: NDArray[np.uint8]) -> bytes:
    """What two photographs share exactly when their pixels are the same."""
    return hashlib.sha256(bytes(str(square.shape), "ascii") + square.tobytes()).digest()


def is_black(pixels: NDArray[np.uint8]) -> bool:
    """Whether a picture, uint8 [N, N, 3], shows nothing, as with a covered lens."""
    return bool(pixels.max() <= DARK)


def _open(file: IO[bytes], name: str) -> Image.Image:
    try:
        return Image.open(file, formats=_formats(file))
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except Exception as error:
        raise _UnreadableError(name) from error


def _formats(file: IO[bytes]) -> tuple[str, ...]:
    """What Pillow is let try on a file; HEIC only where it is that."""
    start = file.read(12)
    file.seek(0)
    if not (READS_HEIC and is_heic(start)):
        return FORMATS
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    return ("HEIF",)


def taken_on(content: bytes) -> str:
    """The day on which a photograph (a file's content) was taken, as 2024-05-31; "" if not told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exif = _open(io.BytesIO(content), "").getexif()
            original = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
            found = _DAY.match(str(original or exif.get(ExifTags.Base.DateTime, "")))
        except Exception:  # decoders raise of every kind on damaged files
            return ""
    return "-".join(found.groups()) if found and found[1] != "0000" else ""


def _upright(image: Image.Image) -> Image.Image:
    if is_misread(image):
        raise ValueError("Pillow would take it for another form")
    image.load()  # some metadata stands behind the pixels; and Pillow turns TIFF by itself
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged metadata: then nothing says that it lies on its side
        turn = None
    return image if turn is None else image.transpose(turn)


def _centre_square(image: Image.Image) -> Image.Image:
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):  # Pillow would clip, not scale them
        image = Image.fromarray(eight_bits(np.asarray(image)))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def _limited(square: Image.Image, original: Image.Image) -> Image.Image:
    stored_form = original.format == "PNG" and original.width == original.height
    if square.width <= (MAX_SIDE if stored_form else REDUCED_SIDE):
        return square
    return square.resize((REDUCED_SIDE, REDUCED_SIDE), Image.Resampling.BOX)


def _too_large(name: str) -> PhotoError:
    return PhotoError(
        f"{name} has more than {MAX_PIXELS // 1_000_000} million pixels; save it smaller."
    )
