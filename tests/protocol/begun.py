"""A session of a simulated board, begun, for tests of what comes then."""

from protocol.simulation import Board
from tinyteach_protocol import frame, messages
from tinyteach_protocol.requester import Requester, Response

NONCE = 0x12345678


def answer(board, requester, now_ms=0):
    """What the board answers to all that the requester wants to send."""
    return b"".join(board.exchange(requester.data_to_send(), now_ms))


def connected():
    board, requester = Board(), Requester()
    requester.hello(0, NONCE)
    (welcome,) = requester.receive(answer(board, requester), 0)
    assert isinstance(welcome, Response)
    return board, requester


def grab(requester, now_ms=0):
    return requester.request(messages.GRAB, now_ms, kind=messages.GRAB_SQUARE)


def code_of(reply):
    decoder = frame.Decoder()
    decoder.receive(reply)
    event = decoder.next_event()
    assert event.type == messages.ERROR
    return messages.decode(event.type, event.seq, event.payload).code
