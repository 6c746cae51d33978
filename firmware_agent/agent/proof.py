"""PROVE: a host that holds the board's key shows it, and that a head is from such a one (SPEC.md,
Keys).

Loaded when needed only (seldom.py), with what it computes.
"""

import os
import struct
import sys

from agent import files, memory
from agent.refused import Refused
from tinyteach_protocol import errors
from tinyteach_protocol.frame import SEAL_BYTES

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any

    from agent.loop import Agent
    from tinyteach_protocol.messages import Fields
    from tinyteach_protocol.responder import Request

# 1 where the board is private, else 0, then the key: written by pairing.
_KEY = const("tinyteach/key")
_KEY_FILE_BYTES = const(33)
# That of the newest head that was proven, so that an older one is not taken again.
_NUMBER = const("tinyteach/number")
# SPEC.md: bits of HELLO's capabilities, steps of PROVE, what proofs are for.
_KEYED = const(32)
_PRIVATE = const(64)
_BEGIN = const(0)
_END = const(1)
_HOST = const(1)
_BOARD = const(2)
_HEAD = const(5)
_NONCE_BYTES = const(16)
# Of seals, until as many frames went by as without seals fill what is collected for: two a request.
_GARBAGE_BYTES = const(1024)


def access() -> int:
    """The bits of HELLO's capabilities: there is a key, nothing is done without."""
    if files.size_of(_KEY) < 0:
        return 0
    # What is no key is one that nobody has.
    return _KEYED if files.read_piece(_KEY, 0, 1) == b"\0" else _KEYED | _PRIVATE


def handle(agent: "Agent", request: "Request") -> memoryview:
    """Carry one step out; the answer's frame."""
    if request.step > _END:
        seals = agent.responder.seals
        if not request.proven or not seals:
            raise Refused(errors.NO_KEY)
        return agent.responder.respond(request, **_act(agent, request, seals[0]))
    __import__("tinyteach_protocol.sealing")
    try:
        answer = _act(agent, request, sys.modules["tinyteach_protocol.sealing"])
    finally:
        # A session that is proven keeps what seals its frames, and proves heads.
        sys.modules.pop("tinyteach_protocol.sealing")
        delattr(sys.modules["tinyteach_protocol"], "sealing")
    return agent.responder.respond(request, **answer)


def _act(agent: "Agent", request: "Request", _sealing: "Any") -> "Fields":
    content = files.read_whole(_KEY) if agent.access else b""
    # Of damaged flash, 32 equal bytes are no key: anybody could name them.
    if len(content) != _KEY_FILE_BYTES or content[1:] == bytes(content[1:2]) * 32:
        raise Refused(errors.NO_KEY)
    key = memoryview(content)[1:]
    nonce = shown = b""
    if request.step == _BEGIN:
        nonce = _make_nonce(agent, request)
        parts = _parts(agent) + (struct.pack("<I", _number()),)
        shown = _sealing.proof(key, _BOARD, *parts)
    elif request.step == _END:
        _take_host(agent, request, _sealing, key)
    else:
        _take_head(agent, request, _sealing, key)
    return {"number": _number(), "nonce": nonce, "proof": shown}


def _make_nonce(agent: "Agent", request: "Request") -> bytes:
    """Each is good for one proof."""
    if len(request.nonce) != _NONCE_BYTES:
        raise Refused(errors.BAD_VALUE, "nonce")
    nonce = os.urandom(_NONCE_BYTES)
    agent.nonce = request.nonce + nonce
    return nonce


def _parts(agent: "Agent") -> tuple[bytes, bytes, bytes]:
    """What is proven: this very session, with what the board says of access, on this board."""
    return agent.nonce, bytes((agent.access,)), agent.board_id.encode()


def _take_host(agent: "Agent", request: "Request", _sealing: "Any", _key: memoryview) -> None:
    parts, agent.nonce = _parts(agent), b""
    if not parts[0]:
        raise Refused(errors.NO_KEY)
    _require(_sealing, request, _sealing.proof(_key, _HOST, *parts))
    responder = agent.responder
    if not responder.seals:
        responder.payload_limit -= SEAL_BYTES
    responder.seals = _sealing.seals(_key, *parts)
    memory.allow(_GARBAGE_BYTES)


def _take_head(agent: "Agent", request: "Request", _sealing: "Any", _key: memoryview) -> None:
    """The upload in hand is from who holds the key, and newer than all heads before."""
    upload = agent.models.upload
    if upload is None:
        raise Refused(errors.NO_KEY)
    parts = struct.pack("<I", request.number), upload.digest, agent.board_id.encode()
    _require(_sealing, request, _sealing.proof(_key, _HEAD, *parts))
    if request.number <= _number():
        raise Refused(errors.BAD_VALUE, "number")
    files.replace_text(_NUMBER, str(request.number))
    upload.proven = True


def _require(_sealing: "Any", request: "Request", _expected: bytes) -> None:
    if not _sealing.is_same(request.proof, _expected):
        raise Refused(errors.NO_KEY)


def _number() -> int:
    try:
        number = int(files.read_whole(_NUMBER))
    except (OSError, ValueError):
        return 0
    # Damaged, it must not keep out who holds the key.
    return number if 0 <= number <= 0xFFFFFFFF else 0
