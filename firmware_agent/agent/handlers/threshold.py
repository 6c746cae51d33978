"""THRESHOLD: from which score on the best label is believed, until another head is at work."""

from agent.refused import Refused
from tinyteach_protocol import errors


def handle(agent, request):
    recogniser = agent.models.recogniser
    if recogniser.head is None:
        raise Refused(errors.NO_HEAD)
    recogniser.threshold = request.threshold
    return agent.responder.respond(request, threshold=recogniser.threshold)
