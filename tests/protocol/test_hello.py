"""How a session begins: HELLO, versions, limits; and that its BYE ends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.begun import NONCE, answer, code_of, connected
from protocol.simulation import Board
from tinyteach_protocol import errors, frame, messages, session
from tinyteach_protocol.errors import ProtocolError
from tinyteach_protocol.requester import Refused, Requester, Response, Unanswered
from tinyteach_protocol.responder import Responder


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF))
def test_hello_holds_no_interrupt_and_no_restart(seq, nonce):
    data, seq, nonce = session.hello_frame(seq, nonce)
    assert b"\x03" not in data and b"\x04" not in data
    decoder = frame.Decoder()
    decoder.receive(data)
    hello = decoder.next_event()
    assert (hello.type, hello.seq) == (messages.HELLO, seq)
    assert messages.decode(hello.type, seq, hello.payload).nonce == nonce


def test_hello_with_a_limit_that_holds_03_is_refused():
    with pytest.raises(ProtocolError):
        session.hello_frame(1, 1, 0x0300)


def test_elapsed_across_the_wrap_of_ticks_ms():
    assert session.elapsed_ms(5, (1 << 30) - 5) == 10
    assert session.elapsed_ms(1 << 40, (1 << 40) - 7) == 7


def test_hello_exchanges_limits_and_facts():
    board, requester = connected()
    assert board.responder.framed
    assert (requester.max_payload, requester.window) == (512, 1200)
    assert requester.welcome.board_id == "simulated"


def test_hello_is_repeated_with_the_same_bytes_then_given_up():
    requester = Requester()
    seq = requester.hello(0, NONCE, timeout_ms=500, tries=3)
    first = requester.data_to_send()
    assert requester.next_timeout_ms(200) == 300
    for now_ms in (500, 1000):
        assert requester.tick(now_ms) == []
        assert requester.data_to_send() == first
    (event,) = requester.tick(1500)
    assert isinstance(event, Unanswered) and (event.seq, event.tries) == (seq, 3)
    assert requester.next_timeout_ms(1500) is None


def test_hello_of_a_foreign_version_is_refused_with_version():
    responder = Responder()
    payload = messages.encode(
        messages.HELLO, nonce=1, min_version=7, max_version=9, max_payload=8192
    )
    responder.receive(frame.encode(messages.HELLO, 1, payload))
    assert code_of(responder.next_request().reply) == errors.VERSION
    assert not responder.framed


def test_host_refuses_a_version_it_did_not_offer():
    requester = Requester()
    seq = requester.hello(0, NONCE)
    fields = {"version": 7, "max_payload": 512, "window": 512, "capabilities": 0}
    payload = messages.encode(
        messages.HELLO | 0x80, nonce=requester._nonce, agent_version="9", board_id="", **fields
    )
    (event,) = requester.receive(frame.encode(messages.HELLO | 0x80, seq, payload), 0)
    assert isinstance(event, Refused) and event.code == errors.VERSION
    assert requester.welcome is None


def test_answer_to_an_earlier_hello_is_ignored():
    board, requester = Board(), Requester()
    requester.hello(0, NONCE)
    stale = answer(board, requester)
    requester.hello(0, NONCE + (1 << 16))
    assert requester.receive(stale, 0) == []
    assert requester.welcome is None
    (event,) = requester.receive(answer(board, requester), 0)
    assert isinstance(event, Response)


def test_answers_respect_the_hosts_limit():
    board, requester = Board(max_payload=4096), Requester(512)
    requester.hello(0, NONCE)
    requester.receive(answer(board, requester), 0)
    board.frame = bytes(5000)
    requester.request(messages.READ, 0, object=1, offset=0, length=1000)
    (event,) = requester.receive(answer(board, requester), 0)
    assert isinstance(event, Refused) and event.code == errors.BAD_VALUE


def test_host_limit_below_the_least_is_refused():
    board, requester = Board(), Requester(500)
    requester.hello(0, NONCE)
    (event,) = requester.receive(answer(board, requester), 0)
    assert isinstance(event, Refused) and event.code == errors.BAD_VALUE
    assert not board.responder.framed


def test_a_session_of_requests_that_the_board_does_not_know_ends_by_its_bye():
    """As of a newer host: its numbers go on by each of them."""
    board, requester = connected()
    for number in range(1, 101):
        (told,) = board.exchange(frame.encode(0x30, requester._seq + number), 0)
        assert told[2] == messages.ERROR
    board.exchange(frame.encode(messages.BYE, requester._seq + 101), 0)
    assert not board.responder.framed
