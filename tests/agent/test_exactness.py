"""The board computes, bit for bit, what the host's reference computes."""

import itertools
import zlib

import numpy as np
import pytest

from paired import deploy, views_of
from tinyteach.data.drawing import DEMO_OBJECTS
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand, to_rgb565
from tinyteach.embedding.runtime import load_embedding
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import messages

VIEWS_PER_OBJECT = 2
known = {}
BE, LE, RGB, GRAY, BGR = (
    messages.RGB565_BE,
    messages.RGB565_LE,
    messages.RGB888,
    messages.GRAY8,
    messages.BGR565_LE,
)


@pytest.fixture(scope="module")
def board(on_both):
    """On both word sizes."""
    return on_both


@pytest.fixture(scope="module")
def reference(trained_heads):
    return Reference(load_embedding(), trained_heads[1])


@pytest.fixture(scope="module")
def session(board, trained_heads):
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[1])
        yield client


@pytest.fixture(scope="session")
def views():
    """Views of five objects, as a hand-held camera sees them."""
    return [view for name in DEMO_OBJECTS for view in views_of(name, VIEWS_PER_OBJECT, seed=3)]


def computed(answer):
    return answer.tensor_crc32, answer.features_crc32, bytes(answer.scores)


def expected(reference, square):
    """The host's results, computed once for both word sizes."""
    key = square.shape[0], square.tobytes()
    if key not in known:
        known[key] = compute(reference, square)
    return known[key]


def compute(reference, square):
    tensor, features = reference.tensor(square), reference.features(square)
    scores = reference.head.scores(features[None])[0]
    return zlib.crc32(tensor.tobytes()), zlib.crc32(features.tobytes()), scores.tobytes()


def test_through_the_camera(board, session, reference, views):
    differing = 0
    for view in views:
        board.show(view)
        taken, pixels = session.grab()
        square = expand(pixels, taken.width, taken.height, taken.pixel_format)
        differing += computed(session.run(messages.SOURCE_FRAME)) != expected(reference, square)
    assert len(views) == 5 * VIEWS_PER_OBJECT and differing == 0


def pixels_of(view, pixel_format):
    if pixel_format in (BE, LE):
        return to_rgb565(view, pixel_format == BE)
    if pixel_format == BGR:
        return to_rgb565(view[..., ::-1], False)
    return (view[..., 1] if pixel_format == GRAY else view).tobytes()


FORMATS = (BE, LE, RGB, GRAY, BGR)
PUSHED = [*itertools.product((8, 63, 97), FORMATS), (241, BE), (241, GRAY)]


@pytest.mark.parametrize(("side", "pixel_format"), PUSHED)
def test_pushed(session, reference, side, pixel_format):
    view = views_of("rocket", 1, seed=side, side=side)[0]
    pixels = pixels_of(view, pixel_format)
    session.send_image(pixels, side, pixel_format)
    square = expand(pixels, side, side, pixel_format)
    assert computed(session.run(messages.SOURCE_IMAGE)) == expected(reference, square)


@pytest.mark.parametrize("value", [0, 3, 255])
def test_extremes(session, reference, value):
    square = np.full((96, 96, 3), value, np.uint8)
    session.send_image(square.tobytes(), 96, RGB)
    assert computed(session.run(messages.SOURCE_IMAGE)) == expected(reference, square)


def test_what_was_computed_can_be_read(session, reference, views):
    session.send_image(views[0].tobytes(), views[0].shape[0], RGB)
    answer = session.run(messages.SOURCE_IMAGE)
    tensor, features = reference.tensor(views[0]), reference.features(views[0])
    assert session.read(messages.TENSOR, tensor.size, answer.tensor_crc32) == tensor.tobytes()
    assert session.read(messages.FEATURES, features.size) == features.tobytes()
    assert session.read(messages.SCORES, len(answer.scores)) == bytes(answer.scores)


def test_fits_the_heap(session):
    assert 0 < session.info().heap_peak <= 512 << 10
