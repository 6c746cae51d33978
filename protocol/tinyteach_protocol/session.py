"""What both ends of a session share (SPEC.md, Sessions)."""

import struct

from tinyteach_protocol import errors, frame, messages

VERSION = 1  # of the wire; numbers 3 and 4 are never used, see FORBIDDEN
MIN_PAYLOAD = 512  # that either side must take: an error with the longest detail fits
MAX_OUTSTANDING = 8  # requests on their way at a time
IDLE_MS = 15000  # without a frame for so long, a board leaves the session
SILENCE_MS = 1000  # inside a frame: the rest will not come
# The number of a BYE that ends any session. Others end the session whose numbers they go on with.
ANY_SESSION = 0x2020

# A session's first number has another upper byte: soon after it a gap of 256 numbers, which hold
# 03, would come, and the board take the session's BYE for another's (responder.UNSEEN).
PASSED_OVER = 2

# Until HELLO a board may be at its REPL, where 03 is Ctrl-C and 04 Ctrl-D (a restart).
FORBIDDEN = (b"\x03", b"\x04")


def elapsed_ms(now_ms: int, then_ms: int) -> int:
    """Return the time between, also across the wrap of ``time.ticks_ms`` at 2**30."""
    return (now_ms - then_ms) & 0x3FFFFFFF


def is_repl_safe(data: bytes) -> bool:
    """Whether no byte of ``data`` means an interrupt or a restart to a REPL."""
    return not any(byte in data for byte in FORBIDDEN)


def hello_frame(
    seq: int, nonce: int, max_payload: int = frame.MAX_PAYLOAD
) -> tuple[bytes, int, int]:
    """Return (frame, seq, nonce) of a HELLO that holds no forbidden byte.

    Searches upwards from the given seq (its header check must be clean too),
    then from the given nonce. A random nonce tells this session's answer from
    those still on their way from an earlier one. No seq is one of PASSED_OVER.
    """
    fields = {"min_version": VERSION, "max_version": VERSION, "max_payload": max_payload}
    if not is_repl_safe(struct.pack("<H", max_payload)):
        raise errors.ProtocolError(errors.BAD_VALUE, "max_payload must not hold 03 or 04")
    while True:
        payload = messages.encode(messages.HELLO, nonce=nonce, **fields)
        data = frame.encode(messages.HELLO, seq, payload)
        if is_repl_safe(data) and seq >> 8 != PASSED_OVER:
            return data, seq, nonce
        if is_repl_safe(data[: frame.HEADER_BYTES]) and seq >> 8 != PASSED_OVER:
            nonce = (nonce + 0x01010101) & 0xFFFFFFFF
        else:
            seq = (seq + 0x0101) & 0xFFFF
