"""Photographs through the board's camera."""

import pytest

from tinyteach.embedding.preprocess import expand, to_tensor
from tinyteach_protocol import messages


@pytest.fixture
def camera(client):
    if not client.has_camera:
        pytest.skip("this board has no camera")
    return client


def test_frames_are_square_and_new(camera):
    first, pixels = camera.grab()
    second, _ = camera.grab()
    assert first.width == first.height
    assert len(pixels) == first.size
    assert second.frame_number == first.frame_number + 1


def test_model_view_is_the_preprocessed_frame(camera, reference, mismatches):
    taken, pixels = camera.grab()
    square = expand(pixels, taken.width, taken.height, taken.pixel_format)
    camera.run(messages.SOURCE_FRAME, messages.STAGE_PREPROCESS)
    side = reference.embedding.side
    tensor = to_tensor(square, side)
    mismatches.look(camera.read(messages.TENSOR, tensor.size) == tensor.tobytes(), tensor)
    assert not mismatches.count, mismatches.first
