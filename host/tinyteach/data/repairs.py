"""Files whose pixels are all there, though what stands beside them keeps a decoder from reading.

Viewers show such photographs: with text or colour profiles that break a rule, with the last bytes
missing. What is given back here is the same picture without what a photograph does not need.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"eXIf")
_PLAIN = (b"BM", b"P4", b"P5", b"P6")  # BMP and PPM
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_START_OF_SCAN, _COMMENT, _APP1, _APP_ADOBE, _APP_LAST = 0xDA, 0xFE, 0xE1, 0xEE, 0xEF
_UNPACKED_MAX = 256 << 20
MISSING_MAX = 0.05  # of the pixels: what a cut of the last bytes takes, hidden by no viewer
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by a PNG's colour type


def mended_forms(content: bytes) -> Iterator[tuple[bytes, bool]]:
    """Forms of a file to try in turn, and whether pixels may be missing in the form."""
    if content.startswith(_JPEG_START):
        for keeps_exif in (True, False):
            yield _bare_jpeg(content, keeps_exif), False
        # Decoders fill what is missing with grey once they meet an end.
        yield _bare_jpeg(content, keeps_exif=False) + _JPEG_END, True
        yield _bare_jpeg(content, keeps_exif=True) + _JPEG_END, True
    elif content.startswith(_PNG):
        yield from _bare_pngs(content)
    elif content.startswith(_PLAIN):  # pixels as they are: a short tail may be missing
        yield content + bytes(int(MISSING_MAX * len(content))), False


def lacks_pixels(image: Image.Image) -> bool:
    """Whether more of a JPEG than its very end is the grey that stands for missing data."""
    channels = np.asarray(image).astype(np.int16).reshape(image.height * image.width, -1)
    return bool((abs(channels - 128) <= 1).all(axis=1).mean() > MISSING_MAX)


def _bare_jpeg(content: bytes, keeps_exif: bool) -> bytes:
    """Without comments and application data (ITU T.81, B.1.1.4), up to the first scan."""
    kept, at = [_JPEG_START], len(_JPEG_START)
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, (length,) = content[at + 1], struct.unpack_from(">H", content, at + 2)
        if marker == _START_OF_SCAN:
            return b"".join(kept) + content[at:]
        if marker == 0xFF:  # fill bytes may stand before a marker
            at += 1
            continue
        segment = content[at : at + 2 + length]
        if _is_needed(marker, segment, keeps_exif):
            kept.append(segment)
        at += 2 + length
    return content


def _is_needed(marker: int, segment: bytes, keeps_exif: bool) -> bool:
    if marker == _APP1 and segment[4:10] == b"Exif\0\0":
        return keeps_exif
    is_metadata = _APP1 <= marker <= _APP_LAST and marker != _APP_ADOBE
    return not is_metadata and marker != _COMMENT


def _bare_pngs(content: bytes) -> Iterator[tuple[bytes, bool]]:
    """Only the chunks that the picture needs; then with the end of its data mended."""
    chunks = list(_chunks(content))
    head = b"".join(whole for kind, _, whole in chunks if kind in _PNG_NEEDED)
    data = [(body, whole) for kind, body, whole in chunks if kind == b"IDAT"]
    end = _chunk(b"IEND", b"")
    yield _PNG + head + b"".join(whole for _, whole in data) + end, False
    completed = _completed(chunks, b"".join(body for body, _ in data))
    if completed:
        yield _PNG + head + _chunk(b"IDAT", completed) + end, False


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, body and the whole of each chunk (PNG specification, 5.3); the last may be cut."""
    at = len(_PNG)
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        yield kind, content[at + 8 : at + 8 + length], content[at : at + 12 + length]
        at += 12 + length


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def _completed(chunks: list[tuple[bytes, bytes, bytes]], data: bytes) -> bytes | None:
    """Image data whose end is missing, filled up; None where that is more than the very end."""
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        return None
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if interlace or colour not in _CHANNELS:
        return None
    length = (1 + (width * depth * _CHANNELS[colour] + 7) // 8) * height
    if not 0 < length <= _UNPACKED_MAX:
        return None
    try:
        pixels = zlib.decompressobj().decompress(data, length)
    except zlib.error:
        return None
    if len(pixels) < (1 - MISSING_MAX) * length:
        return None
    return zlib.compress(pixels.ljust(length, b"\0"), 1)
