"""Photographs that every viewer shows, whatever stands beside their pixels."""

import io
import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin, features

from tinyteach.data.images import decode_square, encode_png, load_square
from tinyteach.errors import PhotoError

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def no_warnings():
    """Nothing of Pillow's warnings may reach the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def photo(square):
    return square(3, 96)


def encoded(photo, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    (photo if isinstance(photo, Image.Image) else Image.fromarray(photo)).save(
        buffer, kind, **options
    )
    return buffer.getvalue()


def near(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and np.abs(one.astype(int) - other).mean() < 6


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, whole: bytes) -> bytes:
    """Put in behind the header."""
    return png[:33] + whole + png[33:]


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + jpeg[2:]


def exif(orientation: int, resolution=(-1, 0)) -> bytes:
    """An orientation behind a resolution that no fraction can be."""
    return (
        b"Exif\0\0II*\0"
        + struct.pack("<IH", 8, 2)
        + struct.pack("<HHII", 0x11A, 10, 1, 38)
        + struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0)
        + bytes(4)
        + struct.pack("<ii", *resolution)
    )


LARGE = b"x" * 2_000_000
PNG_CHUNKS = {
    "a text that unpacks to 2 MB": chunk(b"zTXt", b"xmp\0\0" + zlib.compress(LARGE)),
    "an international text of 2 MB": chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(LARGE)),
    "a text packed by no known method": chunk(b"zTXt", b"xmp\0\7" + b"1234"),
    "a damaged colour profile": chunk(b"iCCP", b"icc\0\0nothing"),
    "a profile packed by no known method": chunk(b"iCCP", b"icc\0\7nothing"),
    "a wrong checksum of a text": chunk(b"tEXt", b"a\0b")[:-4] + b"oops",
    "a cut physical size": chunk(b"pHYs", b"\0\0"),
    "damaged EXIF": chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff"),
}


@pytest.mark.parametrize("extra", PNG_CHUNKS.values(), ids=PNG_CHUNKS.keys())
def test_png_with_odd_chunks(photo, extra):
    assert np.array_equal(decode_square(with_chunk(encode_png(photo), extra), "x"), photo)


@pytest.mark.parametrize("extra", PNG_CHUNKS.values(), ids=PNG_CHUNKS.keys())
def test_png_with_odd_chunks_behind_the_pixels(photo, extra):
    content = encode_png(photo)
    assert np.array_equal(decode_square(content[:-12] + extra + content[-12:], "x"), photo)


JPEG_SEGMENTS = {
    "EXIF of nonsense": (0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff1234"),
    "EXIF cut off": (0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\0"),
    "EXIF without a header": (0xE1, b"Exif\0\0"),
    "XMP of nonsense": (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta"),
    "a damaged Photoshop block": (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff"),
    "a colour profile cut off": (0xE2, b"ICC_PROFILE\0\x01\x09nothing"),
    "several pictures, cut off": (0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff"),
    "a comment of bytes": (0xFE, b"\xff\x00\xfe" * 900),
    "application data of nobody": (0xEB, b"\xff\xda\xff\xd9"),
}


@pytest.mark.parametrize(("marker", "body"), JPEG_SEGMENTS.values(), ids=JPEG_SEGMENTS.keys())
def test_jpeg_with_odd_segments(photo, marker, body):
    assert near(decode_square(with_segment(encoded(photo, "JPEG"), marker, body), "x"), photo)


TURNS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 3),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
    0: lambda a: a,
    9: lambda a: a,
    65535: lambda a: a,
}


@pytest.mark.parametrize("orientation", TURNS)
def test_orientation_beside_a_fraction_that_cannot_be(photo, orientation):
    content = with_segment(encoded(photo, "JPEG"), 0xE1, exif(orientation))
    assert near(decode_square(content, "x"), TURNS[orientation](photo))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_in_other_formats(photo, kind, orientation):
    if kind == "TIFF":
        content = encoded(photo, kind, tiffinfo={274: orientation})
    else:
        metadata = Image.Exif()
        metadata[274] = orientation
        content = encoded(photo, kind, exif=metadata)
    assert near(decode_square(content, "x"), TURNS[orientation](photo))


@pytest.mark.parametrize("kind", ["BMP", "PPM"])
def test_plain_pixels_without_the_last_bytes(photo, kind):
    content = encoded(photo, kind)
    assert near(decode_square(content[:-9], "x"), photo)
    with pytest.raises(PhotoError, match="cannot be read"):
        decode_square(content[: int(0.9 * len(content))], "x")


@pytest.mark.parametrize("cut", [1, 2, 3, 8, 20])
def test_jpeg_without_its_last_bytes(photo, cut):
    assert near(decode_square(encoded(photo, "JPEG")[:-cut], "x"), photo)


def test_jpeg_cut_far_is_refused(photo):
    content = encoded(photo, "JPEG")
    for share in (0.3, 0.6, 0.8):
        with pytest.raises(PhotoError, match="cannot be read"):
            decode_square(content[: int(share * len(content))], "x")
    progressive = encoded(photo, "JPEG", progressive=True)
    assert decode_square(progressive[:-3], "x").shape == photo.shape


@pytest.mark.parametrize("cut", [4, 8, 12, 13, 16, 20, 30])
def test_png_without_its_last_bytes(photo, cut):
    content = encode_png(photo)
    assert near(decode_square(content[:-cut], "x"), photo)
    with pytest.raises(PhotoError, match="cannot be read"):
        decode_square(content[: len(content) // 2], "x")


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PPM", "BMP", "AVIF"])
def test_formats_that_pillow_reads(tmp_path, kind):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    red = np.full((32, 32, 3), (200, 40, 40), np.uint8)
    path = tmp_path / f"photo.{kind.lower()}"
    path.write_bytes(encoded(red, kind))
    assert np.abs(load_square(path).astype(int) - red).max() < 12


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_frames_the_first_is_taken(kind):
    first, second = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    content = encoded(first, kind, save_all=True, append_images=[second])
    assert (np.abs(decode_square(content, "x").astype(int) - (255, 0, 0)) < 12).all()


@pytest.mark.parametrize(
    "options",
    [{"compression": "tiff_lzw"}, {"compression": "jpeg"}, {"compression": "tiff_deflate"}],
)
def test_compressed_tiff(photo, options):
    assert near(decode_square(encoded(photo, "TIFF", **options), "x"), photo)


def test_modes_that_are_not_red_green_and_blue(photo):
    grey = Image.fromarray(photo).convert("L")
    expected = np.array(grey.convert("RGB"))
    wide = Image.fromarray(np.array(grey).astype(np.uint16) * 257)
    for image, kind in ((wide, "PNG"), (wide, "TIFF"), (grey, "TIFF"), (grey, "JPEG")):
        assert near(decode_square(encoded(image, kind), "x"), expected)
    for scale in (1, 1 / 255):
        real = Image.fromarray(np.array(grey).astype(np.float32) * scale)
        assert near(decode_square(encoded(real, "TIFF"), "x"), expected)
    for mode, kind in (("CMYK", "TIFF"), ("CMYK", "JPEG"), ("YCbCr", "TIFF")):
        content = encoded(Image.fromarray(photo).convert(mode), kind)
        assert near(decode_square(content, "x"), photo)


def as_real(grey):
    return grey.astype(np.float32) / 255


# What programs and cameras make of a grey picture, uint8; all show the same.
DEEP = {
    "0 to 255 in 16 bits": lambda grey: grey.astype(np.uint16),
    "12 bits in 16": lambda grey: grey.astype(np.uint16) << 4,
    "16 bits": lambda grey: grey.astype(np.uint16) << 8,
    "0 to 255 in 32 bits": lambda grey: grey.astype(np.int32),
    "16 bits in 32": lambda grey: grey.astype(np.int32) << 8,
    "31 bits": lambda grey: grey.astype(np.int32) << 23,
    "real, 16 bits": lambda grey: grey.astype(np.float32) * 257,
    "real, a lamp brighter than white": lambda grey: np.where(grey > 250, 6, as_real(grey)),
    "real, a pixel that is no number": lambda grey: np.where(grey == 9, np.nan, as_real(grey)),
    "real, a pixel beyond all": lambda grey: np.where(grey == 252, np.inf, as_real(grey)),
    "real, sharpened": lambda grey: as_real(grey) * 1.04 - 0.02,
}


@pytest.mark.parametrize("made", DEEP.values(), ids=DEEP.keys())
def test_white_of_deep_grey_is_found(photo, made):
    grey = np.array(Image.fromarray(photo).convert("L")).clip(0, 249)
    grey[0, :3] = 250, 251, 252
    deep = made(grey)
    kinds = ("TIFF", "PNG") if deep.dtype == np.uint16 else ("TIFF",)
    for kind in kinds:
        content = encoded(Image.fromarray(deep.astype(deep.dtype.newbyteorder("="))), kind)
        assert near(decode_square(content, "x"), np.dstack([grey] * 3))


def test_a_dark_photograph_of_16_bits_stays_dark():
    dark = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 3  # to a fifth of white
    decoded = decode_square(encoded(Image.fromarray(dark), "PNG"), "x")
    assert np.array_equal(decoded[..., 0], dark >> 8)


def tiff_with(photo, tag: int, kind: int, value: int, values: np.ndarray) -> bytes:
    """A plain TIFF of one strip of ``values``, with one more entry."""
    height, width, *more = values.shape
    samples, entries = (more or [1])[0], 10
    bits = 8 * values.dtype.itemsize
    behind = 8 + 2 + 12 * entries + 4
    of_bits = bits if samples == 1 else behind
    rows = [(256, 4, width), (257, 4, height), (258, 3, of_bits), (259, 3, 1)]
    rows += [(262, 3, 2 if samples == 3 else 1), (273, 4, behind + 6), (277, 3, samples)]
    rows += [(278, 4, height), (279, 4, values.nbytes), (284, 3, 1)]
    rows = [row for row in rows if row[0] != tag] + [(tag, kind, value)]
    packed = b"".join(
        struct.pack("<HHII", number, of, samples if number == 258 else 1, at)
        for number, of, at in sorted(rows)
    )
    start = struct.pack("<2sHIH", b"II", 42, 8, len(rows)) + packed + bytes(4)
    return (start.ljust(behind, b"\0") + struct.pack("<3H", *[bits] * 3)).ljust(
        behind + 6, b"\0"
    ) + values.tobytes()


def test_forms_of_tiff_that_would_show_something_else(photo):
    """Pillow reads them without a word, and gives other values."""
    deep = photo.astype(np.uint16) << 8
    assert near(decode_square(tiff_with(photo, 284, 3, 1, deep), "x"), photo)
    for tag, value, values in (
        (284, 2, deep),  # colours apart
        (262, 0, deep[..., 0]),  # white is 0
        (339, 2, photo[..., 0]),  # with a sign
        (339, 2, deep[..., 0] >> 1),
    ):
        with pytest.raises(PhotoError, match="cannot be read"):
            decode_square(tiff_with(photo, tag, 3, value, values), "x")
    below = Image.fromarray(as_real(photo[..., 0]) * 2 - 1)
    with pytest.raises(PhotoError, match="cannot be read"):
        decode_square(encoded(below, "TIFF"), "x")


def test_transparency_of_palettes_and_grey_is_white():
    palette = Image.new("P", (10, 10), 1)
    palette.putpalette([0, 0, 0, 9, 9, 9, 30, 60, 90])
    palette.putpixel((0, 0), 2)
    for kind in ("PNG", "GIF"):
        decoded = decode_square(encoded(palette, kind, transparency=1), "x")
        assert tuple(decoded[5, 5]) == (255, 255, 255) and tuple(decoded[0, 0]) == (30, 60, 90)
    partly = decode_square(encoded(palette, "PNG", transparency=bytes([255, 0, 255])), "x")
    assert tuple(partly[5, 5]) == (255, 255, 255) and tuple(partly[0, 0]) == (30, 60, 90)
    assert (decode_square(encoded(Image.new("LA", (10, 10), (7, 0)), "PNG"), "x") == 255).all()


def test_tiff_with_odd_entries(photo):
    entries = TiffImagePlugin.ImageFileDirectory_v2()
    entries[270] = "words \x00 and more"
    entries[65000] = "a private entry"
    assert near(decode_square(encoded(photo, "TIFF", tiffinfo=entries), "x"), photo)
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "words " * 9, zip=True)
    assert near(decode_square(encoded(photo, "PNG", pnginfo=text), "x"), photo)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1", "a HEIC photograph.*save it as JPEG"),
        ("a.heic", b"whatever", "a HEIC photograph.*save it as JPEG"),
        ("a.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        ("a.jpg", b"\n<!DOCTYPE html><html>", "a web page"),
        ("a.jpg", b"<html><body>403", "a web page"),
        ("a.png", b"<svg xmlns=", "a drawing"),
        ("a.cr2", b"II", "raw file"),
        ("a.jpg", b"\x1a\x45\xdf\xa3" + bytes(300), "sound or film"),
        ("a.jpg", b"", "cannot be read as PNG"),
    ],
)
def test_what_only_looks_like_a_photograph(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PhotoError, match=told) as error:
        load_square(path)
    assert str(error.value).startswith(str(path)) and str(error.value).endswith(".")


def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PhotoError, match="a pipe"):
        load_square(tmp_path / "pipe.png")


@pytest.mark.parametrize(("size", "side"), [((8, 8), 8), ((9000, 8), 8), ((3000, 2000), 480)])
def test_sizes(size, side):
    assert decode_square(encoded(Image.new("RGB", size), "PNG"), "x").shape[0] == side
