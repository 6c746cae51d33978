"""OPEN: begin an upload, of a model to flash or of a photograph to be preprocessed."""

from agent.refused import Refused
from tinyteach_protocol import errors, messages

_SHA256_BYTES = const(32)


def handle(agent, request):
    if request.object == messages.IMAGE:
        agent.models.suspend_upload()
        agent.image.begin(request.side, request.pixel_format, request.size)
        return agent.responder.respond(request, offset=0)
    if request.object not in (messages.HEAD, messages.EMBEDDING):
        raise Refused(errors.NO_OBJECT)
    if len(request.sha256) != _SHA256_BYTES:
        raise Refused(errors.BAD_VALUE, "sha256")
    agent.image.abandon()
    offset = agent.models.open_upload(request.object, request.size, request.sha256)
    return agent.responder.respond(request, offset=offset)
