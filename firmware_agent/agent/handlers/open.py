"""OPEN: begin an upload, of a file to flash or of a photograph to be preprocessed."""

from agent.refused import Refused
from tinyteach_protocol import errors, messages

_SHA256_BYTES = const(32)
_RULES_BYTES_MAX = const(1024)


def handle(agent, request):
    if request.object == messages.IMAGE:
        agent.models.suspend_upload()
        agent.image.begin(request.side, request.pixel_format, request.size)
        return agent.responder.respond(request, offset=0)
    if request.object not in (messages.HEAD, messages.EMBEDDING, messages.RULES):
        raise Refused(errors.NO_OBJECT)
    if request.object == messages.RULES and request.size > _RULES_BYTES_MAX:
        raise Refused(errors.BAD_VALUE, "size")
    if len(request.sha256) != _SHA256_BYTES:
        raise Refused(errors.BAD_VALUE, "sha256")
    agent.image.abandon()
    offset = agent.models.open_upload(request.object, request.size, request.sha256)
    return agent.responder.respond(request, offset=offset)
