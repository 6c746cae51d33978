"""What becomes of a request, as the host's end of a session tells it."""

from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.session import VERSION


class Response:
    """The board carried out request ``seq``; ``message`` holds the answer's fields."""

    def __init__(self, seq: int, verb: int, message: messages.Message) -> None:
        self.seq = seq
        self.verb = verb
        self.message = message


class Refused:
    """The board answered request ``seq`` with an error code."""

    def __init__(self, seq: int, verb: int, code: int, detail: str) -> None:
        self.seq = seq
        self.verb = verb
        self.code = code
        self.detail = detail


class Unanswered:
    """Request ``seq`` was sent ``tries`` times without an answer."""

    def __init__(self, seq: int, verb: int, tries: int) -> None:
        self.seq = seq
        self.verb = verb
        self.tries = tries


class Event:
    """A RESULT or PREVIEW; ``number`` counts from 0 at STREAM (16 bits)."""

    def __init__(self, number: int, message: messages.Message) -> None:
        self.number = number
        self.message = message


if 0:  # for type checkers: never run
    Outcome = Response | Refused | Unanswered
    Happening = Outcome | Event | frame.Text | frame.Damaged


def outcome_of(arrived: frame.Frame, verb: int) -> Response | Refused:
    """Return the Response or Refused of an answering frame; its bytes are copied once."""
    try:
        message = messages.decode(arrived.type, arrived.seq, bytes(arrived.payload))
    except errors.ProtocolError as error:
        return Refused(arrived.seq, verb, errors.MALFORMED, str(error))
    if arrived.type == messages.ERROR:
        return Refused(arrived.seq, verb, message.code, message.detail)
    if verb == messages.HELLO and message.version != VERSION:
        return Refused(arrived.seq, verb, errors.VERSION, "the agent chose %d" % message.version)
    return Response(arrived.seq, verb, message)
