"""Every kind of image file becomes an upright RGB square, or one sentence."""

import io
import struct
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tinyteach.data.images import FORMATS, MAX_PIXELS, decode_square, encode_png, load_square
from tinyteach.errors import PhotoError


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that states this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8, 9, 64, 480, 481, 1024])
def test_png_squares_keep_every_pixel(square, side):
    photo = square(side, side)
    assert np.array_equal(decode_square(encode_png(photo), "x"), photo)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
@pytest.mark.parametrize("size", [(40, 30), (30, 41), (31, 30)])
def test_centre_square(square, kind, size):
    pixels = square(1, max(size))[: size[1], : size[0]]
    content = encoded(
        Image.fromarray(pixels), kind, **({"lossless": True} if kind == "WEBP" else {})
    )
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    assert np.array_equal(decode_square(content, "x"), pixels[top : top + side, left : left + side])


def test_jpeg_is_close(square):
    photo = square(3, 64)
    decoded = decode_square(encoded(Image.fromarray(photo), "JPEG", quality=95), "x")
    assert np.abs(decoded.astype(int) - photo).mean() < 4


def test_large_photographs_are_reduced_by_area():
    left_white = np.zeros((960, 1200, 3), np.uint8)
    left_white[:, :600] = 255  # the edge falls on the square's middle: column 480 of 960
    decoded = decode_square(encoded(Image.fromarray(left_white), "PNG"), "x")
    assert decoded.shape == (480, 480, 3)
    assert (decoded[:, :240] == 255).all() and (decoded[:, 240:] == 0).all()
    stripes = np.zeros((960, 960, 3), np.uint8)
    stripes[::2] = 200
    decoded = decode_square(encoded(Image.fromarray(stripes), "BMP"), "x")
    assert (decoded == 100).all()


def test_square_png_beyond_1024_is_reduced(square):
    assert decode_square(encoded(Image.fromarray(square(1, 1025)), "PNG"), "x").shape[0] == 480


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: np.rot90(a, 2).transpose(1, 0, 2)),
        (8, lambda a: np.rot90(a, 1)),
    ],
)
def test_exif_orientation(square, orientation, turned):
    photo = square(5)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.fromarray(photo), "PNG", exif=exif)
    assert np.array_equal(decode_square(content, "x"), turned(photo))


def test_transparency_is_white():
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[:8] = (200, 100, 0, 255)
    decoded = decode_square(encoded(Image.fromarray(rgba), "PNG"), "x")
    assert (decoded[:8] == (200, 100, 0)).all() and (decoded[8:] == 255).all()


FORMS = {"PNG": {}, "GIF": {}, "WEBP": {"lossless": True}, "TIFF": {}, "AVIF": {"quality": 100}}


@pytest.mark.parametrize("kind", [kind for kind in FORMS if kind in FORMATS])
def test_transparency_is_white_in_every_format(kind):
    """And of a GIF that moves in its first picture; what is under it is not seen."""
    rgba = np.full((32, 32, 4), (10, 20, 30, 0), np.uint8)
    rgba[:16] = (200, 100, 0, 255)
    image = Image.fromarray(rgba)
    options = FORMS[kind]
    if kind == "GIF":
        options = {"save_all": True, "append_images": [Image.new("RGBA", (32, 32), "blue")]}
    decoded = decode_square(encoded(image, kind, **options), "x").astype(int)
    assert abs(decoded[:14] - (200, 100, 0)).max() < 12 and decoded[18:].min() > 243


def test_palette_with_and_without_transparency():
    image = Image.new("P", (10, 10), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert (decode_square(encoded(image, "PNG"), "x") == (10, 20, 30)).all()
    assert (decode_square(encoded(image, "PNG", transparency=1), "x") == 255).all()


def test_grey_of_8_16_and_1_bits():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = np.repeat(ramp[..., None], 3, 2)
    assert np.array_equal(decode_square(encoded(Image.fromarray(ramp), "PNG"), "x"), expected)
    wide = Image.fromarray(ramp.astype(np.uint16) * 257)
    assert np.array_equal(decode_square(encoded(wide, "PNG"), "x"), expected)
    checks = Image.fromarray(ramp > 127)
    assert set(np.unique(decode_square(encoded(checks, "PNG"), "x"))) == {0, 255}


def test_grey_with_alpha_and_cmyk():
    both = Image.merge("LA", [Image.new("L", (8, 8), 40), Image.new("L", (8, 8), 255)])
    assert (decode_square(encoded(both, "PNG"), "x") == 40).all()
    cmyk = Image.new("CMYK", (8, 8), (0, 0, 0, 0))
    assert (decode_square(encoded(cmyk, "JPEG"), "x") > 250).all()


def test_suffix_does_not_matter(tmp_path, square):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encode_png(square(1)))
    assert np.array_equal(load_square(path), square(1))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM"]
)
def test_unreadable(tmp_path, content):
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(PhotoError, match=r"broken\.png cannot be read .* save it again"):
        load_square(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP"])
def test_cut_short(square, kind):
    content = encoded(Image.fromarray(square(1, 64)), kind)
    with pytest.raises(PhotoError, match="cannot be read"):
        decode_square(content[: len(content) // 2], "half")


def test_foreign_formats_are_not_tried(square):
    with pytest.raises(PhotoError, match="cannot be read as PNG, JPEG"):
        decode_square(encoded(Image.fromarray(square(1)), "PCX"), "x.pcx")


@pytest.mark.parametrize("size", [(8001, 8001), (10000, 10000), (60000, 60000)])
def test_claims_of_too_many_pixels(size):
    assert size[0] * size[1] > MAX_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PhotoError, match="more than 64 million pixels"):
            decode_square(claiming(*size), "bomb.png")


def test_too_small(square):
    with pytest.raises(PhotoError, match="only 7 x 20 pixels"):
        decode_square(encoded(Image.fromarray(square(1, 20)[:, :7]), "PNG"), "x")


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(PhotoError, match="cannot be opened"):
            load_square(path)


KINDS = ["PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM"]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damage_gives_a_photograph_or_a_sentence(data):
    image = Image.fromarray(np.arange(12 * 12 * 3, dtype=np.uint8).reshape(12, 12, 3))
    content = bytearray(encoded(image, data.draw(st.sampled_from(KINDS))))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = decode_square(bytes(content), "x")
    except PhotoError:
        return
    assert decoded.dtype == np.uint8 and decoded.shape[0] == decoded.shape[1] >= 8


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((8, 8)), np.zeros((8, 9, 3), np.uint8), np.zeros((7, 7, 3), np.uint8)],
    ids=["grey float", "not square", "small"],
)
def test_only_square_photographs_are_encoded(wrong):
    with pytest.raises(ValueError, match="a photograph"):
        encode_png(wrong)


def test_photographs_of_phones_with_two_pictures_in_them(tmp_path):
    from PIL import Image

    first, second = (Image.new("RGB", (40, 30), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "two.jpg", "MPO", save_all=True, append_images=[second])
    code = "import sys; from tinyteach.data.images import load_square as load; "
    code += "print(load(sys.argv[1])[5, 5])"
    # In a new process: Pillow knows the format only after it has met one.
    command = [sys.executable, "-c", code, str(tmp_path / "two.jpg")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    red, green, blue = map(int, result.stdout.strip("[] \n").split())
    assert red > 200 and green < 50 and blue < 50
