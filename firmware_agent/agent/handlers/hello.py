"""HELLO: who the board is and what it can do. Starts everything anew but the uploads on flash."""

from agent import VERSION
from agent.tflite import kernels
from tinyteach_protocol import messages


def handle(agent, request):
    agent.models.suspend_upload()
    agent.image.abandon()
    return agent.responder.welcome(request, VERSION, agent.board_id, _capabilities(agent))


def _capabilities(agent):
    recogniser = agent.models.recogniser
    bits = messages.CAP_CAMERA if agent.view.camera is not None else 0
    bits |= messages.CAP_VIPER if kernels.best().name != "reference" else 0
    bits |= messages.CAP_HEAD_ACTIVE if recogniser.head is not None else 0
    bits |= messages.CAP_IN_PLACE if recogniser.in_place else 0
    return bits | (messages.CAP_EMBEDDING_READY if recogniser.ready else 0)
