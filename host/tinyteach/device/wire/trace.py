"""What the operators of a board's models compute: their check sums, and one's whole result."""

import struct

from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach_protocol import errors, messages

SUM_BYTES = 4
# Of a result at a time: a board remembers its last answers to TRACE, in a heap that is nearly full.
PIECE_BYTES = 256
OTHER_STEPS = (
    "The board goes through its model in other steps than this computer; run 'tinyteach pair' to "
    "bring its agent to this version, then try again."
)
OTHER_PLACE = (
    "The board on {port} answered with another piece than it was asked for; press its reset button "
    "and try again."
)


def check_sums(client: BoardClient, stage: int, count: int) -> list[int]:
    """CRC-32 of each operator's result, of the ``count`` that compute something.

    ``stage`` is messages.STAGE_EMBEDDING or STAGE_HEAD. LinkError where the board has others.
    """
    size = count * SUM_BYTES
    return list(struct.unpack(f"<{count}I", _traced(client, stage, 0, size, size + SUM_BYTES)))


def result_of(client: BoardClient, stage: int, number: int, size: int) -> bytes:
    """The int8 result, ``size`` bytes, of operator ``number``, counted from 1."""
    return _traced(client, stage, number, size, PIECE_BYTES)


def piece(client: BoardClient, verb: int, offset: int, length: int, **asked: int) -> bytes:
    """What the board gives of something from ``offset`` on, at most ``length`` bytes.

    ``verb`` is READ or TRACE. LinkError where it is another place, or nothing.
    """
    length = min(length, client.welcome.max_payload - messages.DATA_OVERHEAD_BYTES)
    answer = client.request(verb, **asked, offset=offset, length=length)
    if answer.offset != offset or not 0 < len(answer.data) <= length:
        raise LinkError(OTHER_PLACE.format(port=client.port))
    return bytes(answer.data)


def _traced(client: BoardClient, stage: int, steps: int, size: int, length: int) -> bytes:
    """All of it, piece by piece; LinkError where it is not so long."""
    whole = b""
    try:
        while len(whole) < size:
            whole += piece(client, messages.TRACE, len(whole), length, stages=stage, steps=steps)
    except BoardRefusedError as error:
        if error.code not in (errors.BAD_OFFSET, errors.BAD_VALUE):
            raise
    if len(whole) != size:
        raise LinkError(OTHER_STEPS)
    return whole
