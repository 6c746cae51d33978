"""Preprocessing on boards' machine code gives the reference's bytes."""

import numpy as np
import pytest
import recording

from slices import few, soak
from tinyteach.embedding.preprocess import expand, to_tensor
from tinyteach_protocol.messages import PIXEL_BYTES, RGB_INT8

# (side of the picture, of the result): 2, 4 and 3 units to a source pixel, one to four whole rows.
# tests/agent/vision has more of them, on armhf.
SIDES = [(96, 64), (256, 64), (52, 12), (20, 8)]
CALLED = {"viper": set(), "thumb": {"thumb_rows"}, "mac16": {"mac16_rows"}}
# Whole pictures two pixels a word, and row by row: sides that suit and do not, all formats.
PICTURES = [
    *((240, 64, pixel_format, 240) for pixel_format in PIXEL_BYTES if pixel_format != RGB_INT8),
    *((side, side_out, pixel_format, side) for side, side_out in SIDES for pixel_format in (1, 2)),
    *(
        (side, side_out, 1, 7)
        for side, side_out in ((240, 64), (97, 64), (64, 96), (33, 8), (112, 105))
    ),
]
LARGEST = [(240, 224, 1, 7)]  # as many machine instructions as a third of the others


WHERE = [("xtensa", "viper"), ("xtensa", "mac16"), ("cortex", "viper"), ("cortex", "thumb")]
WHERE += [("riscv", "viper")]
KEPT = [("xtensa", "mac16"), ("cortex", "thumb")]
MARGIN = 64 * b"\xa5"  # record_pictures.py


@pytest.mark.parametrize("where", few(WHERE, *KEPT), ids="-".join)
@pytest.mark.parametrize("count", [2, soak(40)])
def test_the_references_bytes(count, where, board_with):
    core, kernels = where
    board = board_with(core)
    rng = np.random.default_rng(8)
    pictures = PICTURES if count < 40 else PICTURES + LARGEST
    notes = recording.record_pictures(board.i386, pictures, kernels, board.functions)
    for (side, side_out, pixel_format, _), noted in zip(pictures, notes, strict=True):
        frames = rng.integers(0, 256, (count, side * side * PIXEL_BYTES[pixel_format]), np.uint8)
        frames[0] = 255
        found = board.play(noted, frames.tobytes(), every_step=True)
        expected = [
            to_tensor(expand(frame.tobytes(), side, side, pixel_format), side_out).tobytes()
            for frame in frames
        ]
        # Nothing else is written: neither around the results nor behind a row's sums.
        between = b"".join([MARGIN + each + 2 * MARGIN for each in expected])
        assert found == between, (side, side_out, pixel_format)
    called = {note[1].rpartition(".")[2] for noted in notes for note in noted if note[0] == "call"}
    assert called == CALLED[kernels] | {"kernels_viper"}
