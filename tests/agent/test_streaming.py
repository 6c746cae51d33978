"""Live results and previews: paced by the host's credits, ended by either side."""

import itertools

import numpy as np
import pytest

from paired import deploy, views_of
from tinyteach.device.wire import client as client_module
from tinyteach.device.wire import session as session_module
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import errors, messages
from tinyteach_protocol.transfer import Stream

EVENTS = 15


@pytest.fixture(autouse=True)
def head_at_work(board, trained_heads):
    with BoardClient(board.port) as session:
        if not session.info().labels:
            deploy(session, trained_heads[0])


@pytest.fixture
def view(board):
    """What the camera sees (uint8 [120, 120, 3])."""
    square = views_of("cat", 1)[0]
    board.show(square)
    return square


def take(client, kind, count):
    events = client.stream(kind)
    try:
        return list(itertools.islice(events, count))
    finally:
        events.close()


def test_results_are_those_of_a_run(client, view):
    results = take(client, messages.STREAM_RESULTS, EVENTS)
    answer = client.run(messages.SOURCE_CAMERA)
    assert {(event.top, event.scores) for event in results} == {(answer.top, answer.scores)}
    numbers = [event.frame_number for event in results]
    assert numbers == list(range(numbers[0], numbers[0] + EVENTS))


def test_preview_is_the_models_view(client, view):
    taken, pixels = client.grab()
    square = expand(pixels, taken.width, taken.height, taken.pixel_format)
    expected = Reference(load_embedding()).tensor(square)
    pieces = take(client, messages.STREAM_PREVIEW, 12)
    whole = _whole_pictures(pieces)
    assert len(whole) >= 2
    assert all(np.array_equal(picture, expected.tobytes()) for picture in whole)


def _whole_pictures(pieces):
    by_frame = {}
    for piece in pieces:
        by_frame.setdefault(piece.frame_number, []).append(piece)
    joined = [(b"".join(bytes(p.data) for p in found), found[0]) for found in by_frame.values()]
    return [data for data, first in joined if len(data) == first.total]


def test_board_sends_no_more_than_its_credit(client, view):
    """Three credits are three events, however long the host listens."""
    client.request(messages.STREAM, kind=messages.STREAM_RESULTS, credits=3)
    client.run(messages.SOURCE_CAMERA)
    assert client.request(messages.STOP).events <= 3
    for _ in range(5):
        client.info()
    assert len(client._events) <= 3


def test_requests_are_answered_in_between(client, view):
    events = client.stream(messages.STREAM_RESULTS)
    for _ in range(5):
        next(events)
        assert client.info().labels == ["cat", "coffee"]
    events.close()
    assert client.request(messages.STOP).events > 0


def test_host_that_went_away_is_forgotten(board, view):
    """The next host's session begins clean, whatever the last one left running."""
    gone = BoardClient(board.port)
    next(gone.stream(messages.STREAM_PREVIEW))
    gone._link.close()
    with BoardClient(board.port) as session:
        assert session.run(messages.SOURCE_CAMERA).scores
        assert len(take(session, messages.STREAM_RESULTS, 5)) == 5


def test_lost_events_are_counted_not_waited_for(board, client, view):
    """A stream goes on when grants and events are lost on the way."""
    counter = itertools.count()
    board.disturb(to_host=lambda data: b"" if next(counter) % 5 == 4 else data)
    try:
        stream = Stream(client._requester, messages.STREAM_RESULTS)
        client._message(client._await(stream.start(session_module._now_ms())))
        events = client._stream_events(stream)
        while not stream.lost:  # what a busy machine carries at once goes by whole
            next(events)
        assert len(list(itertools.islice(events, EVENTS))) == EVENTS
    finally:
        board.disturb()
    client.request(messages.STOP)


def test_no_head_is_said_at_once(switch_on):
    with switch_on("i386") as board, BoardClient(board.port) as session:
        with pytest.raises(BoardRefusedError, match="train and deploy") as refused:
            next(session.stream(messages.STREAM_RESULTS))
        assert refused.value.code == errors.NO_HEAD
        assert next(session.stream(messages.STREAM_PREVIEW)).data


def test_camera_that_breaks_while_streaming(board, client, view, monkeypatch):
    monkeypatch.setattr(client_module, "STREAM_SILENCE_MS", 100)
    events = client.stream(messages.STREAM_RESULTS)
    next(events)
    board.scene.broken = True
    try:
        with pytest.raises(BoardRefusedError) as refused:
            for _ in events:
                pass
        assert refused.value.code == errors.CAMERA_FAILED
    finally:
        board.scene.broken = False
    assert next(client.stream(messages.STREAM_RESULTS)).scores


@pytest.mark.parametrize("kind", [messages.STREAM_RESULTS, messages.STREAM_PREVIEW])
def test_stream_goes_on_after_missed_frames(board, client, view, monkeypatch, kind):
    """Results and previews survive a camera that fails for a moment."""
    monkeypatch.setattr(client_module, "STREAM_SILENCE_MS", 100)
    events = client.stream(kind)
    next(events)
    board.scene.fail_next(3)
    assert len(list(itertools.islice(events, EVENTS))) == EVENTS
    events.close()


def test_pulled_plug_is_one_sentence(board, view):
    with pytest.raises(LinkError, match="check the cable"), BoardClient(board.port) as session:
        for number, _ in enumerate(session.stream(messages.STREAM_RESULTS)):
            if number == 3:
                board.drop_link()


def test_threshold_acts_at_once_on_results(client, view):
    """A best label below it is unknown, whatever the head's own threshold was."""
    before = client.info().threshold
    for threshold in (0, 255):
        client.set_threshold(threshold)
        assert client.info().threshold == threshold
        for event in take(client, messages.STREAM_RESULTS, 3):
            best = int(np.frombuffer(event.scores, np.int8)[event.top]) + 128
            assert event.known == (best >= threshold)
    client.set_threshold(before)
