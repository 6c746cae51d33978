"""Streams flow on credits, which are totals."""

from protocol.simulation import Board, Dice, Link
from tinyteach_protocol import frame, messages
from tinyteach_protocol.requester import Requester, Response
from tinyteach_protocol.transfer import QUIET_MS, Stream

WINDOW = 8


def streaming():
    board, requester = Board(), Requester()
    requester.hello(0, 1 << 20)
    requester.receive(b"".join(board.exchange(requester.data_to_send(), 0)), 0)
    stream = Stream(requester, messages.STREAM_RESULTS, WINDOW)
    stream.start(0)
    (event,) = requester.receive(b"".join(board.exchange(requester.data_to_send(), 0)), 0)
    assert isinstance(event, Response)
    return board, requester, stream


def test_board_sends_no_more_than_the_credit():
    board, _, _ = streaming()
    assert len(board.results()) == WINDOW
    assert board.results() == []
    assert board.responder.event(messages.RESULT) is None


def test_credit_goes_to_a_listening_or_idle_board_without_harm():
    board, requester, _ = streaming()
    requester.request(messages.STOP, 0)
    board.exchange(requester.data_to_send(), 0)
    requester.request(messages.CREDIT, 0, total=1000)
    assert board.exchange(requester.data_to_send(), 0) == []
    assert board.results() == []


def test_totals_may_be_repeated_and_only_rise():
    board, requester, _ = streaming()
    for total in (12, 12, 10):
        requester.request(messages.CREDIT, 0, total=total)
    board.exchange(requester.data_to_send(), 0)
    assert len(board.results()) == 12
    assert requester.outstanding == 0


def test_host_grants_when_half_is_used():
    board, requester, stream = streaming()
    events = requester.receive(b"".join(board.results()), 0)
    for event in events[:3]:
        assert stream.take(event, 0)
    assert requester.data_to_send() == b""
    assert stream.take(events[3], 0)
    board.exchange(requester.data_to_send(), 0)
    assert len(board.results()) == 4


def test_repeated_events_are_seen_once_and_lost_ones_counted():
    board, requester, stream = streaming()
    events = requester.receive(b"".join(board.results()), 0)
    assert stream.take(events[0], 0)
    assert not stream.take(events[0], 0)
    assert stream.take(events[4], 0)
    assert not stream.take("else", 0)
    assert (stream.received, stream.lost) == (5, 3)


def test_a_window_lost_whole_does_not_stop_the_stream():
    board, requester, stream = streaming()
    assert len(board.results()) == WINDOW  # all lost
    stream.tick(QUIET_MS - 1)
    assert requester.data_to_send() == b""
    stream.tick(QUIET_MS)
    board.exchange(requester.data_to_send(), 0)
    (event,) = requester.receive(b"".join(board.results()), 0)
    assert stream.take(event, QUIET_MS)
    assert (stream.received, stream.lost) == (WINDOW + 1, WINDOW)
    board.exchange(requester.data_to_send(), 0)
    assert len(board.results()) == WINDOW


def test_a_slow_camera_gathers_no_more_than_two_windows():
    board, requester, stream = streaming()
    for n in range(1, 100):
        stream.tick(n * QUIET_MS)
    board.exchange(requester.data_to_send(), 0)
    assert len(board.results()) == 2 * WINDOW


def test_numbers_wrap():
    board, requester, stream = streaming()
    stream.received = stream._granted = 0x1FFFF
    payload = messages.encode(
        messages.RESULT,
        frame_number=1,
        top=0,
        scores=b"",
        preprocess_us=0,
        embedding_us=0,
        head_us=0,
        known=1,
    )
    events = []
    for seq in (0xFFFF, 0, 1):
        events += requester.receive(frame.encode(messages.RESULT, seq, payload), 0)
    assert [stream.take(event, 0) for event in events] == [True, True, True]
    assert (stream.received, stream.lost) == (0x20002, 0)


def test_a_lossy_stream_goes_on():
    for seed in range(20):
        link = Link(Board(), 0, seed)
        link.connect()
        stream = Stream(link.requester, messages.STREAM_RESULTS, WINDOW)
        assert isinstance(link.wait(stream.start(0)), Response)
        dice, taken = Dice(seed + 100), 0
        link.percent = 10
        while stream.received < 300:
            out = [frame for frame in link.board.results() if not dice.chance(20)]
            events = link.requester.receive(b"".join(out), link.now_ms) + link.exchange()
            taken += sum(1 for event in events if stream.take(event, link.now_ms))
            stream.tick(link.now_ms)
            link.now_ms += 500
        assert taken == stream.received - stream.lost
        link.percent = 0
        assert link.call(messages.STOP).message.events >= stream.received
