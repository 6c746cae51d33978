"""Photographs through the board's camera."""

import pytest

from tinyteach.embedding.preprocess import expand, to_tensor
from tinyteach_protocol import messages

pytestmark = pytest.mark.needs("camera")


def test_frames_are_square_and_new(board):
    first, pixels = board.client.grab()
    second, _ = board.client.grab()
    assert first.width == first.height
    assert len(pixels) == first.size
    assert second.frame_number == first.frame_number + 1


def test_model_view_is_the_preprocessed_frame(board, reference):
    taken, pixels = board.client.grab()
    square = expand(pixels, taken.width, taken.height, taken.pixel_format)
    board.client.run(messages.SOURCE_FRAME, messages.STAGE_PREPROCESS)
    tensor = to_tensor(square, reference.embedding.side)
    agrees = board.client.read(messages.TENSOR, tensor.size) == tensor.tobytes()
    assert agrees, reference.first_difference(tensor)
