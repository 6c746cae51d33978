"""The numpy preprocessing against an independent, slow definition in exact fractions."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach.embedding.preprocess import (
    centre_square,
    expand,
    expand_rgb565,
    to_image,
    to_rgb565,
    to_tensor,
)
from tinyteach_protocol import messages


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def exact_average(square: np.ndarray, side: int, row: int, column: int, channel: int) -> int:
    """Mean over the output pixel's area, rounded half up, minus 128."""
    n = square.shape[0]
    step = Fraction(n, side)  # source pixels that an output pixel covers along an axis

    def covered(output: int) -> list[tuple[int, Fraction]]:
        low, high = output * step, (output + 1) * step
        pixels = range(floor(low), min(n, floor(high) + 1))
        return [(s, min(high, s + 1) - max(low, s)) for s in pixels]

    total = sum(
        wy * wx * int(square[y, x, channel]) for y, wy in covered(row) for x, wx in covered(column)
    )
    return floor(total / step**2 + Fraction(1, 2)) - 128


@settings(max_examples=60, deadline=None)
@given(st.integers(8, 20), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_every_output_pixel_is_the_exact_area_average(n, side, seed):
    square = noise(seed, n, n, 3)
    tensor = to_tensor(square, side)
    wanted = np.array(
        [
            [[exact_average(square, side, i, j, c) for c in range(3)] for j in range(side)]
            for i in range(side)
        ]
    )
    assert tensor.dtype == np.int8
    np.testing.assert_array_equal(tensor, wanted)


@pytest.mark.parametrize("n", [8, 63, 96, 120, 240, 241, 1024])
def test_camera_sizes_at_the_shipped_side(n):
    square = noise(n, n, n, 3)
    tensor = to_tensor(square, 64)
    for row, column, channel in [(0, 0, 0), (63, 63, 2), (31, 32, 1), (5, 60, 0)]:
        assert tensor[row, column, channel] == exact_average(square, 64, row, column, channel)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255])
@pytest.mark.parametrize("n", [8, 64, 77, 1024])
def test_a_plain_image_stays_plain(n, value):
    tensor = to_tensor(np.full((n, n, 3), value, np.uint8), 128)
    assert (tensor == value - 128).all()


def test_at_the_models_own_side_pixels_pass_unchanged():
    square = noise(1, 64, 64, 3)
    np.testing.assert_array_equal(to_image(to_tensor(square, 64)), square)


@pytest.mark.parametrize(
    "shape, dtype, side",
    [
        ((7, 7, 3), np.uint8, 64),
        ((1025, 1025, 3), np.uint8, 64),
        ((10, 11, 3), np.uint8, 64),
        ((10, 10), np.uint8, 64),
        ((10, 10, 4), np.uint8, 64),
        ((10, 10, 3), np.float32, 64),
        ((10, 10, 3), np.uint8, 0),
        ((10, 10, 3), np.uint8, 225),
    ],
)
def test_what_is_no_square_is_refused(shape, dtype, side):
    with pytest.raises(ValueError):
        to_tensor(np.zeros(shape, dtype), side)


@given(st.integers(1, 40), st.integers(1, 40))
def test_the_square_is_the_centre(height, width):
    ys, xs = np.mgrid[:height, :width].astype(np.uint8)
    square = centre_square(np.stack([ys, xs, xs], axis=-1))
    side = min(height, width)
    assert square.shape == (side, side, 3)
    assert tuple(square[0, 0, :2]) == ((height - side) // 2, (width - side) // 2)


@pytest.mark.parametrize("big_endian", [True, False])
def test_every_rgb565_value_survives_a_round_trip(big_endian):
    raw = np.arange(65536, dtype=np.uint16).tobytes()
    rgb = expand_rgb565(raw, 256, 256, big_endian)
    assert rgb.shape == (256, 256, 3)
    assert to_rgb565(rgb, big_endian) == raw


@pytest.mark.parametrize(
    "raw, rgb",
    [
        (b"\xf8\x00", (255, 0, 0)),
        (b"\x07\xe0", (0, 255, 0)),
        (b"\x00\x1f", (0, 0, 255)),
        (b"\x84\x10", (132, 130, 132)),  # 16, 32, 16: 10000→10000100, 100000→10000010
        (b"\x08\x41", (8, 8, 8)),  # 1, 2, 1
    ],
)
def test_rgb565_by_hand(raw, rgb):
    assert tuple(expand_rgb565(raw, 1, 1, True)[0, 0]) == rgb
    assert tuple(expand_rgb565(raw[::-1], 1, 1, False)[0, 0]) == rgb


def test_encoding_drops_low_bits():
    assert to_rgb565(np.array([[[7, 3, 7]]], np.uint8), True) == b"\0\0"
    assert to_rgb565(np.array([[[15, 7, 15]]], np.uint8), False) == b"\x21\x08"


def test_every_pixel_format_expands():
    raw = bytes(range(24))
    assert expand(raw[:8], 2, 2, messages.RGB565_BE).tolist() == (
        expand_rgb565(raw[:8], 2, 2, True).tolist()
    )
    assert expand(raw[:8], 2, 2, messages.RGB565_LE).tolist() == (
        expand_rgb565(raw[:8], 2, 2, False).tolist()
    )
    for exchanged, plain in (("BGR565_BE", "RGB565_BE"), ("BGR565_LE", "RGB565_LE")):
        right = expand(raw[:8], 2, 2, getattr(messages, plain))[..., ::-1]
        assert np.array_equal(expand(raw[:8], 2, 2, getattr(messages, exchanged)), right)
    assert expand(raw[:12], 2, 2, messages.RGB888).reshape(-1).tolist() == list(range(12))
    assert expand(raw[:4], 2, 2, messages.GRAY8)[1, 1].tolist() == [3, 3, 3]


@pytest.mark.parametrize("kind", list(messages.PIXEL_BYTES))
def test_a_frame_of_the_wrong_length_is_refused(kind):
    with pytest.raises(ValueError, match="bytes"):
        expand(bytes(7), 2, 2, kind)


def test_no_such_format():
    with pytest.raises(ValueError, match="no pixel format 99"):
        expand(bytes(4), 2, 2, 99)
