"""Pictures taken two pixels a word equal the host's preprocessing, on 64 and 32 bits."""

import itertools

import numpy as np
import pytest

from tinyteach.embedding.preprocess import expand, to_tensor
from tinyteach_protocol import messages

from .test_area import HERE, Runner

WORDS = (
    messages.RGB565_BE,
    messages.RGB565_LE,
    messages.BGR565_BE,
    messages.BGR565_LE,
)
# (side of the picture, of the model): with and without edge rows, one to four whole ones,
# 1 to 15 units.
SIDES = [(240, 64), (96, 64), (128, 64), (160, 64), (176, 64), (192, 64), (224, 64), (256, 64)]
SIDES += [(64, 64), (288, 64), (240, 96), (336, 96), (112, 64), (8, 2), (8, 8), (12, 4), (52, 12)]
SIDES += [(320, 160), (224, 224), (384, 192)]
RED, GREEN, BLUE = 0xF800, 0x07E0, 0x001F
# Of each pixel: nothing, all, each channel alone and without the others, each bit alone.
WORD_VALUES = [0, 0xFFFF]
WORD_VALUES += [value for c in (RED, GREEN, BLUE) for value in (c, 0xFFFF ^ c)]
WORD_VALUES += [1 << bit for bit in range(16)]


@pytest.fixture(params=[("amd64", "viper"), ("i386", "viper"), ("armhf", "thumb")], ids="-".join)
def run(request, micropython_on, thumb_folder, tmp_path):
    arch, kernels = request.param
    path = [HERE.parent / "tflite", thumb_folder]
    return HostRunner(micropython_on(arch), kernels, tmp_path, path)


class HostRunner(Runner):
    """Compares with the host package's definition."""

    def expected(self, frame, side, pixel_format):
        n = len(frame)
        return to_tensor(expand(frame.tobytes(), n, n, pixel_format), side)


def noise(rng, n):
    """Random words, or random ones of the extreme values."""
    if rng.integers(2):
        return rng.integers(0, 256, (n, 2 * n), dtype=np.uint8)
    return rng.choice(np.array(WORD_VALUES, np.uint16), (n, n)).view(np.uint8)


def flat(n, value, pixel_format):
    """Every pixel the same word, in the format's byte order."""
    order = ">u2" if pixel_format in (messages.RGB565_BE, messages.BGR565_BE) else "<u2"
    return np.full((n, n), value, order).view(np.uint8)


def test_noise_of_sides_that_suit(run):
    rng = np.random.default_rng(4)
    sides = itertools.product(SIDES, WORDS, (0, 1))
    cases = [(noise(rng, n), m, f, n, 4, 8, typed) for (n, m), f, typed in sides]
    assert run(cases) == len(cases)


def test_saturated_pixels(run):
    """Every word that fills a channel or a single bit of it, everywhere.

    A quarter of a camera's sides: as many pixels make one, there are fewer of those.
    """
    sides = itertools.product([(60, 16), (64, 16), (24, 16)], WORDS, WORD_VALUES)
    cases = [(flat(n, v, f), m, f, n, 0, 0, 0) for (n, m), f, v in sides]
    assert run(cases) == len(cases)


def test_crops_of_any_size_and_place(run):
    """Sides and margins by chance: what does not suit goes the other way, to the same bytes."""
    rng = np.random.default_rng(5)
    cases = []
    for _ in range(80):
        n, m = int(rng.integers(2, 40)) * 4 + int(rng.integers(4) == 0), int(rng.integers(1, 97))
        left, right = (2 * int(rng.integers(0, 9)) for _ in range(2))
        cases.append((noise(rng, n), m, rng.choice(WORDS), n, left, right, 0))
    run(cases)


def test_rows_that_do_not_begin_at_words(run):
    """An odd margin, or a stride that is no whole number of words."""
    rng = np.random.default_rng(6)
    margins = [(2, 2), (4, 2), (2, 4), (1, 1), (0, 2)]
    cases = [(noise(rng, 96), 64, f, 96, *margin, 0) for f in WORDS for margin in margins]
    assert run(cases) == 0


def test_rows_in_portions(run):
    rng = np.random.default_rng(7)
    cases = [(noise(rng, 96), 64, f, step, 0, 0, 0) for f in WORDS for step in (1, 5, 95)]
    assert run(cases) == 0


RECIPROCALS = """
from agent.vision.area import reciprocal
none = []
for side in range(1, 17):
    area = side * side
    factor, shift = reciprocal(area)
    most = 255 * area + area // 2
    if not factor:
        none.append(side)
        continue
    assert factor * most < 1 << 31, side
    for n in range(most + 1):
        if n * factor >> shift != n // area:
            print("wrong", side, n)
            break
print(none)
"""


def test_every_quotient(micropython):
    """Multiplied and shifted, all sums that can come are divided exactly."""
    assert micropython.run(RECIPROCALS) == "[14]\n"
