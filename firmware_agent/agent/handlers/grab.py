"""GRAB: take a photograph; READ fetches it (object FRAME, or TENSOR for the model's view)."""

import binascii

from agent.refused import Refused
from tinyteach_protocol import errors, messages


def handle(agent, request):
    if request.kind not in (messages.GRAB_SQUARE, messages.GRAB_MODEL):
        raise Refused(errors.BAD_VALUE, "kind")
    frame = agent.view.grab()
    if request.kind == messages.GRAB_SQUARE:
        return _answer(agent, request, frame.side, frame.pixel_format, frame.size, frame.crc32())
    recogniser = agent.models.recogniser
    recogniser.preprocess(frame)
    tensor = recogniser.tensor
    crc = binascii.crc32(tensor) & 0xFFFFFFFF
    return _answer(agent, request, recogniser.side, messages.RGB_INT8, len(tensor), crc)


def _answer(agent, request, side, pixel_format, size, crc):
    return agent.responder.respond(
        request,
        width=side,
        height=side,
        pixel_format=pixel_format,
        size=size,
        crc32=crc,
        frame_number=agent.view.frame.number,
    )
