"""TRACE: what each operator of a model computes, for a host that looks for where it differs.

Tensors share memory, so a result is whole only until later operators run: a host is given the
check sum of each, then asks for one. Loaded when asked only (seldom.py).
"""

import binascii

from agent.head import Head
from agent.refused import Refused
from tinyteach_protocol import errors, messages

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.loop import Agent
    from agent.models import Models
    from agent.recogniser import Recogniser
    from agent.tflite.interpreter import Interpreter
    from tinyteach_protocol.frame import Buffer
    from tinyteach_protocol.responder import Request


def handle(agent: "Agent", request: "Request") -> memoryview:
    """Check sums of all operators' results (``steps`` 0), or a piece of one's, from ``offset``."""
    is_head = request.stages == messages.STAGE_HEAD
    if not is_head and request.stages != messages.STAGE_EMBEDDING:
        raise Refused(errors.BAD_VALUE, "stages")
    recogniser = agent.models.recogniser
    interpreter = _head(agent.models) if is_head else _embedding(recogniser)
    if request.steps > len(interpreter.steps):
        raise Refused(errors.BAD_VALUE, "steps")
    if request.offset and request.steps and not is_head:
        data: "Buffer" = interpreter.steps[request.steps - 1].target
    else:
        data = _run(recogniser, interpreter, request.steps, is_head)
    data = memoryview(data)[request.offset :]
    if not data:
        raise Refused(errors.BAD_OFFSET)
    room = agent.responder.payload_limit - messages.DATA_OVERHEAD_BYTES
    return agent.responder.respond(
        request, offset=request.offset, data=data[: min(request.length, room)]
    )


def _embedding(recogniser: "Recogniser") -> "Interpreter":
    recogniser.require_embedding()
    if not recogniser.has_tensor:
        raise Refused(errors.NO_OBJECT)
    assert recogniser.embedding
    return recogniser.embedding


def _head(models: "Models") -> "Interpreter":
    """With the last features in it. One that fails its self-test is not at work, yet asked for:
    from its slot, or as it came."""
    recogniser = models.recogniser
    if not recogniser.has_features:
        raise Refused(errors.NO_OBJECT)
    head, upload = recogniser.head, models.upload
    if upload and upload.kind == messages.HEAD:
        upload.suspend()
        head = models.read(Head, upload.path)
    elif head is None and models.slots.active:
        head = models.read(Head, models.slots.path(models.slots.active))
    if head is None or not head.fits(recogniser.output):
        raise Refused(errors.NO_HEAD)
    head.interpreter.input.data[:] = recogniser.features
    return head.interpreter


def _run(
    recogniser: "Recogniser", interpreter: "Interpreter", count: int, is_head: bool
) -> "Buffer":
    """The result of operator ``count``; where it is 0 the CRC-32 of each operator's, 4 bytes."""
    recogniser.has_scores = False
    if not is_head:
        recogniser.has_features = False
    sums = bytearray()
    for step in interpreter.steps[: count or None]:
        step.run(step)
        if not count:
            sums += (binascii.crc32(step.target) & 0xFFFFFFFF).to_bytes(4, "little")
    if count:
        return step.target
    if not is_head:
        recogniser.has_features = True
    return sums
