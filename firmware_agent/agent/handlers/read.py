"""READ: a piece of the frame last grabbed, of what the last run computed, or of a file."""

from agent import board, files, seldom
from agent.models import RULES
from agent.refused import Refused
from tinyteach_protocol import errors, messages


def handle(agent, request):
    if request.object == messages.FRAME:
        frame = agent.view.last()
        data = frame.read(request.offset, _length(agent, request, frame.size))
    elif request.object == messages.KEPT:
        length = min(request.length, _room(agent))
        tensor = agent.models.recogniser.tensor
        data = seldom.call("kept", "read", tensor, request.offset, length)
    elif request.object in (messages.RULES, messages.CRASH):
        path = RULES if request.object == messages.RULES else board.CRASH
        if files.size_of(path) < 0:
            raise Refused(errors.NO_OBJECT)
        length = _length(agent, request, files.size_of(path))
        data = files.read_piece(path, request.offset, length)
    elif request.object == messages.HEAD:
        recogniser, slots = agent.models.recogniser, agent.models.slots
        if recogniser.head is None:
            raise Refused(errors.NO_HEAD)
        path = slots.path(slots.active)
        length = _length(agent, request, files.size_of(path))
        data = files.read_piece(path, request.offset, length)
    else:
        whole = memoryview(_computed(agent, request.object))
        data = whole[request.offset : request.offset + _length(agent, request, len(whole))]
    return agent.responder.respond(request, offset=request.offset, data=data)


def _length(agent, request, size):
    """How many bytes to give: what was asked for, what there is, what fits a frame."""
    length = min(request.length, size - request.offset, _room(agent))
    if length <= 0:
        raise Refused(errors.BAD_OFFSET, "the object has %d bytes" % size)
    return length


def _room(agent):
    return agent.responder.payload_limit - messages.DATA_OVERHEAD_BYTES


def _computed(agent, kind):
    recogniser = agent.models.recogniser
    if kind == messages.TENSOR and recogniser.has_tensor:
        return recogniser.tensor
    if kind == messages.FEATURES and recogniser.has_features:
        return recogniser.features
    if kind == messages.SCORES and recogniser.has_scores:
        return recogniser.scores
    raise Refused(errors.NO_OBJECT)
