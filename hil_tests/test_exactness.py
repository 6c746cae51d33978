"""The promise: the board computes, bit for bit, what the host's reference computes."""

import zlib

import pytest

from tinyteach.embedding.preprocess import expand, to_rgb565
from tinyteach_protocol import messages

STAGES = messages.STAGE_PREPROCESS | messages.STAGE_EMBEDDING
FRAMES = 20


def crc32(array) -> int:
    return zlib.crc32(array.tobytes())


def mismatch(answer, reference, square) -> bool:
    """Whether tensor or features differ from the host's."""
    tensor = crc32(reference.tensor(square))
    features = crc32(reference.features(square))
    return (answer.tensor_crc32, answer.features_crc32) != (tensor, features)


def test_photographs_in_rgb888(client, reference, photographs, measured):
    wrong = 0
    for square in photographs:
        client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
        wrong += mismatch(client.run(messages.SOURCE_IMAGE, STAGES), reference, square)
    measured["photographs compared"] = len(photographs)
    measured["mismatches"] = wrong
    assert wrong == 0


@pytest.mark.parametrize("pixel_format", [messages.RGB565_BE, messages.RGB565_LE])
def test_photographs_in_rgb565(client, reference, photographs, pixel_format):
    wrong = 0
    for square in photographs[::4]:
        side = square.shape[0]
        pixels = to_rgb565(square, pixel_format == messages.RGB565_BE)
        client.send_image(pixels, side, pixel_format)
        answer = client.run(messages.SOURCE_IMAGE, STAGES)
        wrong += mismatch(answer, reference, expand(pixels, side, side, pixel_format))
    assert wrong == 0


def test_frames_of_the_camera(client, reference):
    if not client.has_camera:
        pytest.skip("this board has no camera")
    wrong = 0
    for _ in range(FRAMES):
        taken, pixels = client.grab()
        square = expand(pixels, taken.width, taken.height, taken.pixel_format)
        wrong += mismatch(client.run(messages.SOURCE_FRAME, STAGES), reference, square)
    assert wrong == 0
