"""The camera's failures, each one sentence; and a board that has none."""

import pytest

from paired import deploy, scores_of, views_of
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import BoardRefusedError
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import errors, messages

GRABS = {
    "photograph": lambda client: client.grab(),
    "model's view": lambda client: client.grab(messages.GRAB_MODEL),
    "run": lambda client: client.run(messages.SOURCE_CAMERA),
    "results": lambda client: next(client.stream(messages.STREAM_RESULTS)),
    "preview": lambda client: next(client.stream(messages.STREAM_PREVIEW)),
}
# The camera's driver asks so often for a frame that the sensor missed.
DRIVER_TRIES = 3


def refusal_of(action, client):
    with pytest.raises(BoardRefusedError) as refused:
        action(client)
    assert str(refused.value).endswith(".")
    return refused.value.code


def test_missed_frame_is_asked_for_again(board, client):
    board.scene.fail_next(DRIVER_TRIES - 1)
    assert client.grab()[0].size == 240 * 240 * 2


@pytest.mark.parametrize("kind", [messages.GRAB_SQUARE, messages.GRAB_MODEL])
def test_camera_that_gives_no_frame(board, client, kind):
    board.scene.fail_next(DRIVER_TRIES)
    assert refusal_of(lambda c: c.grab(kind), client) == errors.CAMERA_FAILED
    assert client.grab(kind)[1]


def test_camera_that_breaks(board, client):
    board.scene.broken = True
    assert refusal_of(GRABS["photograph"], client) == errors.CAMERA_FAILED
    board.scene.broken = False
    assert client.grab()[1]


def test_frame_goes_stale_with_the_next_failure(board, client):
    client.grab()
    board.scene.fail_next(DRIVER_TRIES)
    refusal_of(GRABS["photograph"], client)
    assert refusal_of(lambda c: c.run(messages.SOURCE_FRAME), client) == errors.NO_OBJECT


def test_camera_broken_at_power_on(switch_on):
    with switch_on("i386") as board:
        board.cut_power_now()
        board.scene.broken = True
        board.power_on()
        with BoardClient(board.port) as session:
            assert "camera" in session.info().state and not session.has_camera
            assert refusal_of(GRABS["photograph"], session) == errors.CAMERA_FAILED
            assert refusal_of(GRABS["preview"], session) == errors.CAMERA_FAILED


@pytest.fixture(scope="module")
def blind_board(switch_on, trained_heads):
    with switch_on("i386", camera=False) as board:
        with BoardClient(board.port) as session:
            deploy(session, trained_heads[0])
        yield board


@pytest.mark.parametrize("what", GRABS)
def test_board_without_a_camera_says_so(blind_board, what):
    with BoardClient(blind_board.port) as session:
        assert refusal_of(GRABS[what], session) == errors.NO_CAMERA


def test_board_without_a_camera_classifies_what_it_is_sent(blind_board, trained_heads):
    head = trained_heads[0]
    reference = Reference(load_embedding(), head)
    with BoardClient(blind_board.port) as session:
        assert session.info().sensor == "" and session.info().state == ""
        for square in views_of("coffee", 3, seed=5):
            assert scores_of(session, square) == reference.scores(square).tobytes()
