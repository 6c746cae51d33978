"""After a silence no frame holds 03, until the board has said that the session lives."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.begun import connected
from tinyteach_protocol import errors, frame, messages, session
from tinyteach_protocol.hearing import LIVE_MS
from tinyteach_protocol.requester import (
    SLOW_TIMEOUT_MS,
    TIMEOUT_MS,
    TRIES,
    Refused,
    Response,
    Unanswered,
)

LATER = LIVE_MS + 1
DIRTY = b"\x03" * 20


def exchange(board, requester, now_ms):
    return requester.receive(b"".join(board.exchange(requester.data_to_send(), now_ms)), now_ms)


def frames_of(data):
    decoder, found = frame.Decoder(), []
    decoder.receive(data)
    while (event := decoder.next_event()) is not None:
        if isinstance(event, frame.Frame):  # and no zeros that fill up a cut one
            found.append((event.type, event.flags))
    return found


def write(requester, now_ms):
    return requester.request(messages.WRITE, now_ms, offset=0, data=DIRTY)


def test_at_once_it_is_sent():
    _, requester = connected()
    write(requester, LIVE_MS)
    assert DIRTY in requester.data_to_send()


def test_later_the_board_is_asked_first():
    board, requester = connected()
    seq = write(requester, LATER)
    asked = requester.data_to_send()
    assert frames_of(asked) == [(messages.READ, 0)] and b"\x03" not in asked
    assert requester.receive(b"".join(board.exchange(asked, LATER)), LATER) == []
    sent = requester.data_to_send()
    assert frames_of(sent) == [(messages.WRITE, 0)]  # it was not sent before, so not RETRY
    (event,) = requester.receive(b"".join(board.exchange(sent, LATER)), LATER)
    assert event.seq == seq and requester.retries == 0


def test_what_follows_waits_behind_it():
    board, requester = connected()
    write(requester, LATER)
    requester.request(messages.STOP, LATER)
    asked = requester.data_to_send()
    assert frames_of(asked) == [(messages.READ, 0)]
    requester.receive(b"".join(board.exchange(asked, LATER)), LATER)
    kinds = [kind for kind, _ in frames_of(requester.data_to_send())]
    assert kinds == [messages.WRITE, messages.STOP]


def test_a_repetition_that_would_hold_03_asks_instead():
    board, requester = connected()
    seq = write(requester, 0)
    requester.data_to_send()  # lost
    requester.tick(TIMEOUT_MS)
    assert frames_of(requester.data_to_send()) == [(messages.READ, 0)]  # lost, too
    requester.tick(2 * TIMEOUT_MS)
    assert exchange(board, requester, 2 * TIMEOUT_MS + 1) == []
    sent = requester.data_to_send()
    assert frames_of(sent) == [(messages.WRITE, frame.RETRY)]
    (event,) = requester.receive(b"".join(board.exchange(sent, 9000)), 9000)
    assert event.seq == seq


def test_a_board_that_left_the_session_ends_all_at_once():
    board, requester = connected()
    board.power_cut()
    seqs = [write(requester, LATER), requester.request(messages.STOP, LATER)]
    events = exchange(board, requester, LATER)
    assert [(e.seq, e.code) for e in events] == [(s, errors.NO_SESSION) for s in seqs]
    assert all(isinstance(event, Refused) for event in events)
    assert requester.outstanding == 0 and requester.next_timeout_ms(LATER) is None


@pytest.mark.parametrize("sent_before", [True, False])
def test_silence_for_good_is_told(sent_before):
    _, requester = connected()
    now_ms = 0 if sent_before else LATER
    seq, events = write(requester, now_ms), []
    for _ in range(10 * TRIES):
        now_ms += requester.next_timeout_ms(now_ms) or 0
        events += requester.tick(now_ms)
        if events:
            break
    (event,) = events
    assert isinstance(event, Unanswered) and event.seq == seq
    assert now_ms <= TRIES * TIMEOUT_MS + LATER


def test_a_grant_with_03_waits_too():
    board, requester = connected()
    requester.request(messages.CREDIT, LATER, total=0x0303)
    requester.request(messages.CREDIT, LATER, total=0x0304)
    asked = requester.data_to_send()
    assert frames_of(asked) == [(messages.READ, 0)]
    requester.receive(b"".join(board.exchange(asked, LATER)), LATER)
    board.exchange(requester.data_to_send(), LATER)
    assert board.responder._credits == 0x0304


REQUESTS = st.sampled_from(
    [
        (messages.INFO, {}),
        (messages.STOP, {}),
        (messages.COMMIT, {}),
        (messages.GRAB, {"kind": 0}),
        (messages.READ, {"object": 1, "offset": 0x0300, "length": 9}),
        (messages.WRITE, {"offset": 3, "data": DIRTY}),
        (messages.TEACH, {"action": messages.TEACH_LEARN, "source": 0, "label": ""}),
        (messages.CREDIT, {"total": 3}),
        (messages.THRESHOLD, {"threshold": 3}),
    ]
)


@given(st.lists(st.tuples(REQUESTS, st.integers(0, 2 * SLOW_TIMEOUT_MS)), max_size=12))
def test_a_silent_board_hears_no_03(steps):
    _, requester = connected()
    now_ms = LATER
    for (verb, fields), wait_ms in steps:
        requester.request(verb, now_ms, **fields)
        assert b"\x03" not in requester.data_to_send()
        now_ms += wait_ms
        requester.tick(now_ms)
        assert b"\x03" not in requester.data_to_send()


@given(st.integers(0, 0xFFFF), REQUESTS)
@example(0x02FF, (messages.STOP, {}))  # all of the next 256 numbers hold 03
@example(0xFFFF, (messages.STOP, {}))
def test_numbers_make_no_03(seq, request_):
    _, requester = connected()
    requester._seq = seq
    verb, fields = request_
    requester.request(verb, 0, **fields)
    data = requester.data_to_send()
    payload = data[frame.HEADER_BYTES : -frame.TRAILER_BYTES]
    assert (session.FORBIDDEN[0] in data) == (session.FORBIDDEN[0] in payload + data[6:8])
    assert session.FORBIDDEN[0] in payload or session.FORBIDDEN[0] not in data[4:6]


def test_response_is_the_same_class_everywhere():
    from tinyteach_protocol import outcomes

    assert Response is outcomes.Response


def test_a_slow_answer_that_is_lost_comes_again_in_the_same_session():
    """The board leaves a session without frames; the repetition must come before that."""
    board, requester = connected()
    seq = requester.request(messages.GRAB, 0, kind=messages.GRAB_SQUARE)
    board.exchange(requester.data_to_send(), 0)  # its answer is lost
    for now_ms in range(0, 2 * session.IDLE_MS, 100):
        board.exchange(b"", now_ms)
        assert requester.tick(now_ms) == []
        if again := requester.data_to_send():
            break
    (event,) = requester.receive(b"".join(board.exchange(again, now_ms)), now_ms)
    assert isinstance(event, Response) and event.seq == seq
    assert board.grabs == 1 and requester.retries == 1
