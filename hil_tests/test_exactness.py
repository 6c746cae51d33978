"""The promise: the board computes, bit for bit, what the host's reference computes."""

import zlib

import pytest

from tinyteach.embedding.preprocess import expand, to_rgb565
from tinyteach_protocol import messages

STAGES = messages.STAGE_PREPROCESS | messages.STAGE_EMBEDDING
FRAMES_MAX, FRAMES_MIN = 20, 2
# A frame cannot be made small: over a slow link fewer come.
FRAMES_TIME_S = 20.0


def crc32(array) -> int:
    return zlib.crc32(array.tobytes())


def look(mismatches, answer, reference, square) -> None:
    """Whether tensor and features are the host's."""
    tensor, features = reference.tensor(square), reference.features(square)
    given = answer.tensor_crc32, answer.features_crc32
    mismatches.look(given == (crc32(tensor), crc32(features)), tensor)


def test_photographs_in_rgb888(client, reference, photographs, measured, mismatches):
    for square in photographs:
        client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
        look(mismatches, client.run(messages.SOURCE_IMAGE, STAGES), reference, square)
    measured["photographs compared"] = len(photographs)
    measured["mismatches"] = mismatches.count
    assert not mismatches.count, mismatches.first


@pytest.mark.parametrize("pixel_format", [messages.RGB565_BE, messages.RGB565_LE])
def test_photographs_in_rgb565(client, reference, photographs, pixel_format, mismatches):
    for square in photographs[::4]:
        side = square.shape[0]
        pixels = to_rgb565(square, pixel_format == messages.RGB565_BE)
        client.send_image(pixels, side, pixel_format)
        answer = client.run(messages.SOURCE_IMAGE, STAGES)
        look(mismatches, answer, reference, expand(pixels, side, side, pixel_format))
    assert not mismatches.count, mismatches.first


def frames_in_time(link_speed, frame_bytes: int) -> int:
    """How many frames of the camera the link carries."""
    in_time = int(link_speed.from_board * FRAMES_TIME_S / frame_bytes)
    return max(FRAMES_MIN, min(FRAMES_MAX, in_time))


def test_frames_of_the_camera(client, reference, link_speed, measured, mismatches):
    if not client.has_camera:
        pytest.skip("this board has no camera")
    taken, _ = client.grab()
    count = frames_in_time(link_speed, taken.size)
    measured["frames of the camera compared"] = count
    for _ in range(count):
        taken, pixels = client.grab()
        square = expand(pixels, taken.width, taken.height, taken.pixel_format)
        look(mismatches, client.run(messages.SOURCE_FRAME, STAGES), reference, square)
    assert not mismatches.count, mismatches.first
