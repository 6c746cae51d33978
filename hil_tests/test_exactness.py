"""The promise: the board computes, bit for bit, what the host's reference computes."""

import pytest

from tinyteach.embedding.preprocess import expand, to_rgb565
from tinyteach.hil.reference import STAGES, Mismatches
from tinyteach_protocol import messages

FRAMES_MAX, FRAMES_MIN = 20, 2
# A frame cannot be made small: over a slow link fewer come.
FRAMES_TIME_S = 20.0


def test_photographs_in_rgb888(reference, photos, measure):
    found = reference.compared(photo.square for photo in photos.all)
    measure.fact("photographs compared", found.views)
    measure("mismatches", found.count)
    assert not found.count, found.first


@pytest.mark.parametrize("pixel_format", [messages.RGB565_BE, messages.RGB565_LE])
def test_photographs_in_rgb565(board, reference, photos, pixel_format):
    found = Mismatches()
    for photo in photos.all[::4]:
        side = photo.square.shape[0]
        pixels = to_rgb565(photo.square, pixel_format == messages.RGB565_BE)
        board.client.send_image(pixels, side, pixel_format)
        answer = board.client.run(messages.SOURCE_IMAGE, STAGES)
        reference.look(found, answer, expand(pixels, side, side, pixel_format))
    assert not found.count, found.first


def frames_in_time(bytes_per_second: float, frame_bytes: int) -> int:
    """How many frames of the camera the link carries."""
    in_time = int(bytes_per_second * FRAMES_TIME_S / frame_bytes)
    return max(FRAMES_MIN, min(FRAMES_MAX, in_time))


@pytest.mark.needs("camera")
def test_frames_of_the_camera(board, reference, tinyteach_link, measure):
    taken, _ = board.client.grab()
    count, found = frames_in_time(tinyteach_link.from_board, taken.size), Mismatches()
    measure.fact("frames of the camera compared", count)
    for _ in range(count):
        taken, pixels = board.client.grab()
        square = expand(pixels, taken.width, taken.height, taken.pixel_format)
        reference.look(found, board.client.run(messages.SOURCE_FRAME, STAGES), square)
    assert not found.count, found.first
