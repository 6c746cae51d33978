"""What ends a session, or a frame, that nobody answers for."""

from tinyteach_protocol import frame, messages
from tinyteach_protocol.session import ANY_SESSION

# A board whose cable was pulled inside a frame takes what comes next for the rest of it, HELLOs
# and Ctrl-C too, and a read that waits for 64 bytes does not end by itself. So many zeros end any
# frame. They fill the port of a program that reads nothing, and Ctrl-C does not come through then:
# they are for where an agent is known to be, and for where all else was in vain.
ENDS_ANY_FRAME = bytes(frame.OVERHEAD_BYTES + frame.MAX_PAYLOAD)


def farewell() -> bytes:
    """A BYE for whatever session there may be, without a byte on which a REPL would act.

    Behind a HELLO that nobody has answered it undoes that one: an agent that reads both late
    would otherwise take Ctrl-C for data until its session times out.
    """
    return bytes(frame.encode(messages.BYE, ANY_SESSION, b""))
