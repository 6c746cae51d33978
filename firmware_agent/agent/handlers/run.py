"""RUN: preprocess, embed and classify a view; with check sums of every stage's result."""

import binascii

from agent.refused import Refused
from tinyteach_protocol import errors, messages


def handle(agent, request):
    recogniser = agent.models.recogniser
    if request.stages & messages.STAGE_PREPROCESS:
        preprocess(agent, request.source)
    if request.stages & messages.STAGE_EMBEDDING:
        _require(recogniser.has_tensor)
        recogniser.embed()
    if request.stages & messages.STAGE_HEAD:
        _require(recogniser.has_features)
        recogniser.classify()
    return agent.responder.respond(
        request,
        top=recogniser.top,
        scores=bytes(recogniser.scores),
        tensor_crc32=_crc(recogniser.tensor),
        features_crc32=_crc(recogniser.features),
        scores_crc32=_crc(recogniser.scores),
        preprocess_us=recogniser.preprocess_us,
        embedding_us=recogniser.embedding_us,
        head_us=recogniser.head_us,
        known=recogniser.known,
    )


def preprocess(agent, source):
    """The view from ``source`` (messages.SOURCE_…) to the model's input."""
    if source == messages.SOURCE_CAMERA:
        agent.models.recogniser.preprocess(agent.view.grab())
    elif source == messages.SOURCE_FRAME:
        agent.models.recogniser.preprocess(agent.view.last())
    elif source == messages.SOURCE_IMAGE:
        # The photograph was preprocessed while it came.
        _require(agent.models.recogniser.has_tensor)
    else:
        raise Refused(errors.BAD_VALUE, "source")


def _require(there):
    if not there:
        raise Refused(errors.NO_OBJECT)


def _crc(data):
    return binascii.crc32(data) & 0xFFFFFFFF
