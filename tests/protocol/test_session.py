"""Both ends of a session: numbers, repetitions, stale answers, silence."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from protocol.begun import NONCE, answer, code_of, connected, grab
from protocol.simulation import Board
from tinyteach_protocol import errors, frame, messages, session
from tinyteach_protocol.errors import ProtocolError
from tinyteach_protocol.requester import (
    SLOW_TIMEOUT_MS,
    TIMEOUT_MS,
    TRIES,
    Event,
    Refused,
    Requester,
    Response,
    Unanswered,
)
from tinyteach_protocol.responder import REMEMBERED, REMEMBERED_REQUESTS, Request, Responder


def test_requests_before_hello_are_refused_on_both_sides():
    with pytest.raises(ProtocolError) as caught:
        Requester().request(messages.INFO, 0)
    assert caught.value.code == errors.NO_SESSION
    responder = Responder()
    responder.receive(frame.encode(messages.INFO, 1))
    assert code_of(responder.next_request().reply) == errors.NO_SESSION


def test_unknown_verb_and_malformed_request_are_answered():
    board, _ = connected()
    for data, code in (
        (frame.encode(0x3F, 1), errors.UNKNOWN_VERB),
        (frame.encode(messages.GRAB, 2), errors.MALFORMED),
    ):
        (reply,) = board.exchange(data, 0)
        assert code_of(reply) == code


@pytest.mark.parametrize("type", [messages.RESULT, 0x90, 0xFF])
def test_board_ignores_what_is_no_request(type):
    board, _ = connected()
    assert board.exchange(frame.encode(type, 1), 0) == []


def test_bye_ends_the_session_and_may_be_repeated():
    board, requester = connected()
    requester.request(messages.BYE, 0)
    bye = requester.data_to_send()
    for _ in range(2):
        (reply,) = board.exchange(bye, 0)
        assert not board.responder.framed
    (event,) = requester.receive(reply, 0)
    assert isinstance(event, Response) and event.verb == messages.BYE


def test_the_bye_of_a_session_that_was_taken_over_ends_nothing():
    """It is answered, so that its host ends in peace; the other's frames stay frames."""
    board, first = connected()
    for _ in range(5):
        grab(first)
        board.exchange(first.data_to_send(), 0)
    second = Requester()
    second.hello(0, NONCE ^ 0x5A5A)
    (welcome,) = board.exchange(second.data_to_send(), 0)
    second.receive(welcome, 0)
    first.request(messages.BYE, 0)
    (reply,) = board.exchange(first.data_to_send(), 0)
    assert board.responder.framed and reply
    second.request(messages.BYE, 0)
    board.exchange(second.data_to_send(), 0)
    assert not board.responder.framed


def test_a_farewell_ends_any_session():
    board, _ = connected()
    board.exchange(frame.encode(messages.BYE, session.ANY_SESSION), 0)
    assert not board.responder.framed
    assert session.is_repl_safe(bytes(frame.encode(messages.BYE, session.ANY_SESSION)))


@settings(max_examples=20)
@given(st.integers(0, 0xFFFF), st.integers(0, 600))
@example(0x01FF, 257)
@example(0x02FE, 1)
def test_a_host_ends_its_own_session_however_many_numbers_it_passed_over(number, requests):
    board, requester = Board(), Requester()
    requester.hello(0, NONCE & 0xFFFF0000 | number)
    requester.receive(answer(board, requester), 0)
    for _ in range(requests):
        requester.request(messages.READ, 0, object=1, offset=0, length=1)
        requester.receive(answer(board, requester), 0)
    requester.request(messages.BYE, 0)
    board.exchange(requester.data_to_send(), 0)
    assert not board.responder.framed


@given(st.integers(0, 0xFFFF), st.lists(st.booleans(), max_size=150))
def test_a_host_ends_its_own_session_whatever_was_lost(seq, arrived):
    """Of its requests: up to a half, and some more at first."""
    responder = Responder()
    data, seq, _ = session.hello_frame(seq, 0x01020408)
    responder.receive(data)
    responder.welcome(responder.next_request(), "0.1.0", "id", 0)
    for number, is_there in enumerate(arrived):
        seq = (seq + 1) & 0xFFFF
        if is_there or number % 2:
            responder.receive(frame.encode(messages.INFO, seq))
            responder.refuse(responder.next_request(), errors.INTERNAL)
    responder.receive(frame.encode(messages.BYE, (seq + 1) & 0xFFFF))
    responder.next_request()
    assert not responder.framed


def test_idle_board_leaves_the_session():
    board, _ = connected()
    board.exchange(b"text keeps no session alive", session.IDLE_MS - 1)
    assert board.responder.framed
    board.exchange(b"", session.IDLE_MS)
    assert not board.responder.framed


def test_idle_time_begins_after_a_long_request():
    board, requester = connected()
    grab(requester)
    board.exchange(requester.data_to_send(), 3 * session.IDLE_MS)
    assert board.responder.framed


def test_a_repeated_once_verb_is_not_executed_again():
    board, requester = connected()
    seq = grab(requester)
    lost = answer(board, requester)
    assert requester.tick(SLOW_TIMEOUT_MS) == []
    repeated = answer(board, requester)
    assert board.grabs == 1 and repeated == lost
    (event,) = requester.receive(repeated + repeated, 0)
    assert (event.seq, event.message.frame_number) == (seq, 1)


def test_a_refused_once_verb_is_refused_again_alike():
    board, requester = connected()
    requester.request(messages.COMMIT, 0)
    commit = requester.data_to_send()
    first = board.exchange(commit, 0)
    assert code_of(first[0]) == errors.NO_OBJECT
    assert board.exchange(commit, 0) == first


def test_repetition_carries_the_retry_flag():
    _, requester = connected()
    seq = requester.request(messages.INFO, 0)
    first = requester.data_to_send()
    requester.tick(TIMEOUT_MS)
    assert requester.data_to_send() == frame.encode(messages.INFO, seq, b"", frame.RETRY)
    assert first == frame.encode(messages.INFO, seq)
    assert requester.retries == 1


def test_hello_forgets_remembered_answers():
    board, requester = connected()
    data = frame.encode(messages.GRAB, (NONCE & 0xFFFF) + 5, b"\x00")
    board.exchange(data + data, 0)
    assert board.grabs == 1
    requester.hello(0, NONCE)
    answer(board, requester)
    board.exchange(data, 0)
    assert board.grabs == 2


def test_an_answer_is_forgotten_before_its_number_comes_round_again():
    board, _ = connected()
    data = frame.encode(messages.GRAB, 500, b"\x00")
    stop = frame.encode(messages.BYE + 2, 500 + REMEMBERED_REQUESTS + 1)
    board.exchange(data, 0)
    board.responder.receive(stop)
    board.responder.next_request()
    board.exchange(data, 0)
    assert board.grabs == 2


def test_an_older_number_does_not_make_the_board_forget():
    board, _ = connected()
    grab_frame = frame.encode(messages.GRAB, 0, b"\x00")
    board.exchange(grab_frame, 0)
    board.responder.receive(frame.encode(messages.INFO, 0xFFFF))
    board.responder.next_request()
    board.exchange(grab_frame, 0)
    assert board.grabs == 1


def test_remembered_answers_are_bounded():
    board, _ = connected()
    for seq in range(1, 50):
        board.exchange(frame.encode(messages.GRAB, seq, b"\x00"), 0)
    assert len(board.responder._remembered) == REMEMBERED
    big = Responder(8192)
    for seq in range(3):
        request = Request(messages.ROLLBACK, seq, {}, False)
        big._remember(request, messages.ROLLBACK | messages.RESPONSE, bytes(4000))
    assert len(big._remembered) == 1


def test_a_later_answer_shows_a_loss_at_once():
    board, requester = connected()
    first = requester.request(messages.READ, 0, object=1, offset=0, length=4)
    requester.data_to_send()  # lost
    board.frame = bytes(100)
    second = requester.request(messages.READ, 0, object=1, offset=4, length=4)
    (event,) = requester.receive(answer(board, requester), 1)
    assert event.seq == second
    (event,) = requester.receive(answer(board, requester), 2)
    assert event.seq == first and requester.retries == 1


def test_an_answer_starts_the_others_time_anew():
    board, requester = connected()
    for _ in range(2):
        requester.request(messages.READ, 0, object=1, offset=0, length=4)
    board.frame = bytes(100)
    replies = board.exchange(requester.data_to_send(), 0)
    requester.receive(replies[0], TIMEOUT_MS - 1)
    assert requester.tick(TIMEOUT_MS + 100) == [] and requester.retries == 0


def test_no_answer_at_all_is_reported_after_all_tries():
    _, requester = connected()
    seq = requester.request(messages.INFO, 0)
    events = []
    for n in range(1, TRIES + 1):
        events += requester.tick(n * TIMEOUT_MS)
    (event,) = events
    assert isinstance(event, Unanswered) and (event.seq, event.tries) == (seq, TRIES)
    assert requester.outstanding == 0


def test_answer_that_cannot_be_read_is_a_refusal():
    _, requester = connected()
    seq = requester.request(messages.STOP, 0)
    (event,) = requester.receive(frame.encode(messages.STOP | 0x80, seq, b"\x01"), 0)
    assert isinstance(event, Refused) and event.code == errors.MALFORMED


def test_truncated_answer_is_given_up_after_silence():
    board, requester = connected()
    grab(requester)
    data = answer(board, requester)
    requester.receive(data[:-3], 100)
    assert requester.next_timeout_ms(200) == session.SILENCE_MS - 100
    (damaged, rest) = requester.tick(100 + session.SILENCE_MS)
    assert damaged.reason == frame.TRUNCATED and rest.suspect
    assert requester.damaged == 1


def test_board_finds_hello_after_a_truncated_request():
    board, requester = connected()
    write = frame.encode(messages.WRITE, 1, bytes(500))
    board.exchange(write[:300], 0)
    requester.hello(0, NONCE)
    assert board.exchange(requester.data_to_send(), 10) == []
    (reply,) = board.exchange(b"", 10 + session.SILENCE_MS)
    (event,) = requester.receive(reply, 0)
    assert isinstance(event, Response)


def read_like_a_board(board, data, took_ms=0):
    """Fill each view to the end, ``took_ms`` of waiting in the first; (answers, bytes left)."""
    out = []
    while len(data) >= len(view := board.responder.get_buffer(64)):
        view[:] = data[: len(view)]
        data = data[len(view) :]
        board.responder.advance(len(view), took_ms)
        board._serve(out)
        took_ms = 0
    return out, data


@pytest.mark.parametrize("cut", range(11, 11 + 64))
def test_a_read_that_stood_still_ends_its_frame(cut):
    """Its rest was the next host's: what HELLOs the read has taken are found."""
    board, requester = connected()
    write = frame.encode(messages.WRITE, 1, bytes(500))
    _, stuck = read_like_a_board(board, write[:cut])
    requester.hello(0, NONCE)
    hello, heard = requester.data_to_send(), []
    for _ in range(4):
        out, stuck = read_like_a_board(board, stuck + hello, session.SILENCE_MS)
        heard += out
    assert isinstance(requester.receive(b"".join(heard), 0)[0], Response)


def test_a_frame_that_is_whole_after_all_is_taken():
    board, requester = connected()
    grab(requester)
    data = requester.data_to_send()
    assert read_like_a_board(board, data[:-1]) == ([], data[10:-1])
    out, left = read_like_a_board(board, data[10:], session.SILENCE_MS)
    assert out and not left


def test_a_host_that_ends_between_two_writes_leaves_no_board_in_a_read():
    board, _ = connected()
    write = frame.encode(messages.WRITE, 1, bytes(500))
    assert read_like_a_board(board, write[:256]) == ([], b"")


def test_log_text_of_the_board_comes_through():
    board, requester = connected()
    grab(requester)
    data = answer(board, requester)
    events = requester.receive(b"camera warm\r\n" + data + b"ok", 0)
    assert [type(event) for event in events] == [frame.Text, Response, frame.Text]
    assert events[0].data == b"camera warm\r\n"


def test_window_bounds_what_is_on_its_way():
    _, requester = connected()
    requester.request(messages.WRITE, 0, offset=0, data=bytes(500))
    assert requester.has_room(506)
    requester.request(messages.WRITE, 0, offset=500, data=bytes(500))
    assert not requester.has_room(506)
    for _ in range(session.MAX_OUTSTANDING - 2):
        assert requester.has_room(7)
        requester.request(messages.STOP, 0)
    assert not requester.has_room(0)


def test_a_board_with_a_small_window_still_gets_one_request():
    board = Board(max_payload=512, window=50)
    requester = Requester()
    requester.hello(0, NONCE)
    requester.receive(answer(board, requester), 0)
    assert requester.has_room(500)


def test_requests_over_the_boards_limit_are_refused_at_home():
    _, requester = connected()
    with pytest.raises(ProtocolError):
        requester.request(messages.WRITE, 0, offset=0, data=bytes(512))
    assert requester.data_to_send() == b"" and requester.outstanding == 0


def test_numbers_wrap_and_skip_those_in_use():
    board, requester = connected()
    waiting = grab(requester)
    answer(board, requester)
    requester._seq = 0xFFFF
    assert requester.request(messages.STOP, 0) == 0
    requester._seq = (waiting - 1) & 0xFFFF
    assert requester.request(messages.STOP, 0) == waiting + 1


def test_a_detail_too_long_is_cut():
    responder = Responder()
    _, requester = connected()
    request = Request(messages.INFO, 1, {}, False)
    assert code_of(responder.refuse(request, errors.INTERNAL, "ä" * 500)) == errors.INTERNAL
    assert requester.outstanding == 0


@given(st.lists(st.binary(max_size=60), max_size=10), st.binary(max_size=8))
def test_garbage_at_both_ends_raises_nothing(pieces, payload):
    board, requester = connected()
    junk = [*pieces, *(frame.encode(type, 0, payload) for type in (0x11, 0x21, 0x60, 0x91, 0xFF))]
    grab(requester)
    for piece in junk:
        requester.receive(piece, 0)
        while piece:
            piece = piece[board.responder.receive(piece) :]
            while (request := board.responder.next_request()) is not None:
                assert request.reply is None or len(request.reply) <= 512 + 14


def test_unreadable_event_is_counted_as_damaged():
    _, requester = connected()
    assert requester.receive(frame.encode(messages.RESULT, 0, b"\x01"), 0) == []
    assert requester.damaged == 1


def test_events_before_hello_are_dropped():
    board, _ = connected()
    board.responder.open_stream(1)
    requester = Requester()
    requester.hello(0, NONCE)
    assert requester.receive(b"".join(board.results()), 0) == []


def test_event_is_seen_with_its_number():
    board, requester = connected()
    board.responder.open_stream(2)
    events = requester.receive(b"".join(board.results()), 0)
    assert [event.number for event in events] == [0, 1]
    assert all(isinstance(event, Event) for event in events)
    assert events[0].message.scores == b"\x7f\x80"
