"""The views that a board kept because its head was not sure of them (SPEC.md, Kept frames)."""

import struct
from dataclasses import dataclass

from tinyteach.device.wire.client import BoardClient
from tinyteach_protocol import messages

HEADER = "<I4sBBH"
HEADER_BYTES = struct.calcsize(HEADER)


@dataclass(frozen=True)
class KeptFrame:
    """``tensor``: the model's input, int8 [side, side, 3] as bytes; ``head``: 4 bytes of the
    SHA-256 of the head that judged it; ``steps``: its best label's probability in 256ths.
    """

    number: int
    head: bytes
    top: int
    steps: int
    side: int
    tensor: bytes


def read_kept(client: BoardClient) -> list[KeptFrame]:
    """All of them, oldest first."""
    info = client.info()
    side, count = info.model_side, info.kept
    record = HEADER_BYTES + side * side * 3
    content = client.read(messages.KEPT, count * record) if count else b""
    return [_frame(content[at : at + record], side) for at in range(0, len(content), record)]


def _frame(record: bytes, side: int) -> KeptFrame:
    number, head, top, steps, _ = struct.unpack_from(HEADER, record)
    return KeptFrame(number, head, top, steps, side, record[HEADER_BYTES:])
