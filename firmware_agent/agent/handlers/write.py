"""WRITE: the next bytes of the upload in hand; answers with the offset expected next."""

from agent.refused import Refused
from tinyteach_protocol import errors


def handle(agent, request):
    sink = agent.models.upload or agent.image
    if not sink.is_open:
        raise Refused(errors.NO_OBJECT, "no upload is open")
    return agent.responder.respond(request, offset=sink.write(request.offset, request.data))
