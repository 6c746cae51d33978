"""Proves to a board that this computer holds its key, and has the board prove the same.

SPEC.md, Keys. What is proven holds for one session: each has nonces of its own.
"""

import secrets
from collections.abc import Callable

from tinyteach.device.wire import refusals
from tinyteach.errors import NoKeyError
from tinyteach_protocol import messages
from tinyteach_protocol.messages import Message
from tinyteach_protocol.sealed_session import (
    BEGIN,
    BOARD,
    CAP_KEYED,
    CAP_PRIVATE,
    END,
    HEAD,
    HOST,
    NONCE_BYTES,
    PROVE_HEAD,
)
from tinyteach_protocol.sealing import Seal, is_same, proof, seals

Ask = Callable[..., Message]


class Proven:
    """What a proven session goes on with: ``seals`` for its frames, the number of heads."""

    def __init__(self, key: bytes, board_id: str, number: int, both: tuple[Seal, Seal]) -> None:
        self.seals = both
        self._key, self._board_id, self._number = key, board_id.encode(), number

    def prove_head(self, ask: Ask, digest: bytes) -> None:
        """That the upload in hand, by its SHA-256, is from here, and newer than any before."""
        number = (self._number + 1) & 0xFFFFFFFF
        shown = proof(self._key, HEAD, number.to_bytes(4, "little"), digest, self._board_id)
        ask(messages.PROVE, step=PROVE_HEAD, number=number, nonce=b"", proof=shown)
        self._number = number


def prove(ask: Ask, welcome: Message, key: bytes, port: str) -> Proven:
    """Both ends prove that they hold ``key``; NoKeyError where one does not."""
    nonce, own = secrets.token_bytes(NONCE_BYTES), str(welcome.board_id).encode()
    wrong = refusals.WRONG_KEY.format(port=port)
    begun = ask(messages.PROVE, step=BEGIN, number=0, nonce=nonce, proof=b"")
    access = bytes((welcome.capabilities & (CAP_KEYED | CAP_PRIVATE),))
    parts = nonce + begun.nonce, access, own
    number = begun.number.to_bytes(4, "little")
    expected = proof(key, BOARD, *parts, number)
    if len(begun.nonce) != NONCE_BYTES or not is_same(begun.proof, expected):
        raise NoKeyError(wrong)
    shown = proof(key, HOST, *parts)
    try:
        ask(messages.PROVE, step=END, number=0, nonce=b"", proof=shown)
    except NoKeyError as error:
        raise NoKeyError(wrong, error.code) from error
    return Proven(key, str(welcome.board_id), begun.number, seals(key, *parts))
