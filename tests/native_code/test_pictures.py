"""Preprocessing on boards' machine code gives the reference's bytes."""

import numpy as np
import pytest
import recording

from slices import few, soak
from tinyteach.embedding.preprocess import expand, to_tensor
from tinyteach_protocol.messages import PIXEL_BYTES, RGB_INT8

# Whole pictures two pixels a word, and row by row: sides that suit and do not, all formats.
PICTURES = [
    *((240, 64, pixel_format, 240) for pixel_format in PIXEL_BYTES if pixel_format != RGB_INT8),
    *((side, side_out, 1, 7) for side, side_out in ((240, 64), (97, 64), (64, 96), (33, 8))),
]


@pytest.mark.parametrize("core", few(["xtensa", "cortex", "riscv"], "xtensa"))
@pytest.mark.parametrize("count", [2, soak(40)])
def test_the_references_bytes(count, core, board_with):
    board = board_with(core)
    rng = np.random.default_rng(8)
    notes = recording.record_pictures(board.i386, PICTURES, board.functions)
    for (side, side_out, pixel_format, _), noted in zip(PICTURES, notes, strict=True):
        frames = rng.integers(0, 256, (count, side * side * PIXEL_BYTES[pixel_format]), np.uint8)
        frames[0] = 255
        found = board.play(noted, frames.tobytes())
        expected = [
            to_tensor(expand(frame.tobytes(), side, side, pixel_format), side_out)
            for frame in frames
        ]
        assert found == np.stack(expected).tobytes(), (side, side_out, pixel_format)
