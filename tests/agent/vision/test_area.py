"""The resizer, reference and viper on 64 and 32 bits, equals the formula in numpy."""

import itertools
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
BE, LE, RGB, GRAY, BGR_BE, BGR_LE = 1, 2, 3, 4, 6, 7
FORMATS = (BE, LE, RGB, GRAY, BGR_BE, BGR_LE)


def overlaps(n: int, m: int) -> np.ndarray:
    """(m, n) integer weights: the overlap of [i*n, (i+1)*n) with [s*m, (s+1)*m)."""
    i, s = np.arange(m)[:, None], np.arange(n)[None, :]
    return np.clip(np.minimum((i + 1) * n, (s + 1) * m) - np.maximum(i * n, s * m), 0, None)


def resized(rgb: np.ndarray, m: int) -> np.ndarray:
    n = len(rgb)
    # Sums stay below 2**53: exact in doubles, whose products are fast.
    weights = overlaps(n, m).astype(np.float64)
    planes = [weights @ rgb[..., c].astype(np.float64) @ weights.T for c in range(3)]
    total = np.stack(planes, axis=-1).astype(np.int64)
    return ((total + n * n // 2) // (n * n) - 128).astype(np.int8)


def as_rgb(frame: np.ndarray, pixel_format: int) -> np.ndarray:
    """(n, n, 3) uint8 of a frame of raw bytes (n, n * pixel bytes)."""
    n = len(frame)
    if pixel_format == RGB:
        return frame.reshape(n, n, 3)
    if pixel_format == GRAY:
        return np.repeat(frame.reshape(n, n, 1), 3, axis=2)
    is_big_endian = pixel_format in (BE, BGR_BE)
    words = frame.view(">u2" if is_big_endian else "<u2").astype(np.uint16)
    r, g, b = words >> 11, (words >> 5) & 63, words & 31
    parts = [(r << 3) | (r >> 2), (g << 2) | (g >> 4), (b << 3) | (b >> 2)]
    if pixel_format in (BGR_BE, BGR_LE):
        parts.reverse()
    return np.stack(parts, axis=-1).astype(np.uint8)


def frame_of(rng, n: int, pixel_format: int) -> np.ndarray:
    """Random bytes; one time in three all at the ends of the range, to reach the largest sums."""
    size = (n, n * {RGB: 3, GRAY: 1}.get(pixel_format, 2))
    if rng.integers(3) == 0:
        return np.full(size, rng.choice([0, 255]), np.uint8)
    return rng.integers(0, 256, size, dtype=np.uint8)


class Runner:
    """Runs pictures on one MicroPython with one set of row functions."""

    def __init__(self, micropython, kernels: str, folder: Path, path: Sequence[Path] = ()) -> None:
        self.micropython, self.kernels, self.folder = micropython, kernels, folder
        self.path = path

    # What is computed of a picture: the same for every MicroPython.
    known: ClassVar[dict] = {}

    def expected(self, frame, side, pixel_format) -> np.ndarray:
        return resized(as_rgb(frame, pixel_format), side)

    def expected_once(self, frame, side, pixel_format) -> np.ndarray:
        key = type(self), frame.tobytes(), side, pixel_format
        if key not in self.known:
            self.known[key] = self.expected(frame, side, pixel_format)
        return self.known[key]

    def __call__(self, cases) -> int:
        """Cases: (frame, out side, format, rows at a time, left margin, right margin, typed).

        The number of those that were taken two pixels a word.
        """
        source, result = self.folder / "cases.bin", self.folder / "results.bin"
        source.write_bytes(b"".join(packed(*case) for case in cases))
        arguments = (str(source), str(result), self.kernels)
        printed = self.micropython.run(HERE / "run_area.py", *arguments, path=self.path)
        done, at_once = map(int, printed.split())
        assert done == len(cases)
        found, at = result.read_bytes(), 0
        for frame, side, pixel_format, *_ in cases:
            expected = self.expected_once(frame, side, pixel_format)
            got = np.frombuffer(found, np.int8, expected.size, at).reshape(expected.shape)
            at += expected.size
            assert np.array_equal(got, expected), (len(frame), side, pixel_format)
        assert at == len(found)
        return at_once


def packed(frame, side, pixel_format, step, left, right, typed) -> bytes:
    """Header and frame, its rows between margins that must not matter."""
    wide = np.pad(frame, ((0, 0), (left, right)), constant_values=77)
    header = (len(frame), side, pixel_format, step, left, wide.shape[1], typed)
    return struct.pack("<7I", *header) + wide.tobytes()


@pytest.fixture(params=["reference", "viper"])
def run(request, micropython, tmp_path) -> Runner:
    return Runner(micropython, request.param, tmp_path)


def random_case(rng, largest: int):
    n, m = int(rng.integers(8, largest)), int(rng.integers(1, 100))
    pixel_format = int(rng.choice(FORMATS))
    left, right = (int(rng.integers(0, 20)) for _ in range(2))
    frame = frame_of(rng, n, pixel_format)
    return frame, m, pixel_format, int(rng.integers(1, n + 1)), left, right, int(rng.integers(2))


def test_random_pictures(run):
    rng = np.random.default_rng(1)
    count, largest = (8, 60) if run.kernels == "reference" else (30, 200)
    run([random_case(rng, largest) for _ in range(count)])


def test_sides_that_cameras_and_models_have(run):
    rng = np.random.default_rng(2)
    formats = (BE,) if run.kernels == "reference" else FORMATS
    sides = itertools.product((8, 63, 64, 65, 96, 128, 240), formats)
    run([(frame_of(rng, n, f), 64, f, n, 2, 2, 1) for n, f in sides])
    if run.kernels != "reference":
        run([(frame_of(rng, 240, BE), side, BE, 240, 2, 2, 1) for side in (128, 160, 192, 224)])


def test_largest_side_stays_in_31_bits(micropython, tmp_path):
    run = Runner(micropython, "viper", tmp_path)
    white = np.full((1024, 1024), 255, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (1024, 1024), dtype=np.uint8)
    run([(white, 224, GRAY, 64, 0, 0, 0), (noise, 64, GRAY, 1024, 0, 0, 0)])


ERRORS = """
from agent.vision.area import AreaResizer, square_of
def refuses(call):
    try:
        call()
    except ValueError as error:
        print(error)
    else:
        print("accepted")
refuses(lambda: AreaResizer(7, 4, 3))
refuses(lambda: AreaResizer(1025, 4, 3))
refuses(lambda: AreaResizer(8, 225, 3))
refuses(lambda: AreaResizer(8, 4, 5))
resizer, out = AreaResizer(8, 4, 4), bytearray(48)
refuses(lambda: resizer.begin(bytearray(47)))
resizer.begin(out)
resizer.rows(bytes(64), 0, 8, 7)
print(resizer.complete)
refuses(lambda: resizer.rows(bytes(64), 0, 8, 2))
refuses(lambda: resizer.rows(bytes(64), 57, 8, 1))
refuses(lambda: resizer.rows(bytes(64), -1, 8, 1))
resizer.rows(bytes(64), 56, 8, 1)
print(resizer.complete, out == bytes([128] * 48))
print(square_of(320, 240), square_of(96, 97))
"""


def test_refusals_and_ends(micropython):
    assert micropython.run(ERRORS).splitlines() == [
        "the picture's side is out of range",
        "the picture's side is out of range",
        "the picture's side is out of range",
        "the pixel format is unknown",
        "the output buffer is too small",
        "False",
        "more rows than the picture has",
        "the rows reach beyond their buffer",
        "the rows reach beyond their buffer",
        "True True",
        "(240, 40, 0) (96, 0, 0)",
    ]


NO_HEAP = """
import micropython
from agent.vision.area import AreaResizer
resizer, out, frame = AreaResizer(96, 64, 1), bytearray(12288), bytearray(96 * 192)
def resize(step):
    resizer.begin(out)
    row = 0
    while row < 96:
        resizer.rows(frame, 192 * row, 192, step)
        row += step
def resize_locked(step):
    micropython.heap_lock()
    try:
        resize(step)
    finally:
        micropython.heap_unlock()
resize_locked(96)
resize_locked(96)
resize(48)  # makes what rows in portions need
resize_locked(48)
resize_locked(96)
print(resizer.kernels_name, resizer.complete)
"""


def test_resizing_allocates_nothing(micropython):
    assert micropython.run(NO_HEAP) == "viper True\n"
