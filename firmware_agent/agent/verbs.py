"""What each verb of the wire does: ``handle(agent, request)`` carries one out and returns the
answer's frame.
"""

import binascii
import gc
import time

from agent import VERSION, board, files, memory, seldom
from agent.models import RULES
from agent.refused import Refused
from agent.tflite import kernels
from tinyteach_protocol import errors, messages

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.loop import Agent
    from tinyteach_protocol.frame import Buffer
    from tinyteach_protocol.responder import Request

_SHA256_BYTES = const(32)
_RULES_BYTES_MAX = const(1024)
_PRIVATE = const(64)  # of HELLO's capabilities: nothing is done without the key


def handle(agent: "Agent", request: "Request") -> memoryview:
    """Carry a request out; its answer's frame."""
    verb = request.type
    if agent.access and not request.proven and _needs_key(agent, request):
        raise Refused(errors.NO_KEY)
    if agent.safe_mode and verb in _NOT_IN_SAFE_MODE:
        raise Refused(errors.SAFE_MODE)
    names = SELDOM.get(verb)
    if not names:
        return _HANDLERS[verb](agent, request)
    try:
        return seldom.use(*names).handle(agent, request)  # type: ignore[no-any-return]
    finally:
        seldom.forget(*names)


def _needs_key(agent: "Agent", request: "Request") -> bool:
    """Of a board with a key: what changes it; where it is private all that is no session's."""
    verb = request.type
    if agent.access & _PRIVATE:
        return verb not in (messages.HELLO, messages.BYE, messages.PROVE)
    if verb == messages.OPEN:
        return request.object != messages.IMAGE  # type: ignore[no-any-return] # a number
    if verb == messages.TEACH:
        return request.action != messages.TEACH_LIST  # type: ignore[no-any-return] # a number
    return verb in (messages.COMMIT, messages.RESTART, messages.ROLLBACK, messages.THRESHOLD)


# The session


def _hello(agent: "Agent", request: "Request") -> memoryview:
    """Who the board is and what it can do. Starts everything anew but the uploads on flash."""
    agent.models.suspend_upload()
    agent.image.abandon()
    memory.allow(0)
    return agent.responder.welcome(request, VERSION, agent.board_id, _capabilities(agent))


def _capabilities(agent: "Agent") -> int:
    recogniser = agent.models.recogniser
    bits = messages.CAP_CAMERA if agent.view.camera is not None else 0
    bits |= messages.CAP_VIPER if kernels.best().name != "reference" else 0
    bits |= messages.CAP_HEAD_ACTIVE if recogniser.head is not None else 0
    bits |= messages.CAP_IN_PLACE if recogniser.in_place else 0
    bits |= agent.access
    return bits | (messages.CAP_EMBEDDING_READY if recogniser.ready else 0)


def _bye(agent: "Agent", request: "Request") -> memoryview:
    """The host leaves; the session has already gone back to listening."""
    return agent.responder.respond(request)


def _restart(agent: "Agent", request: "Request") -> memoryview:
    """Answer, then start anew as after power-on."""
    agent.models.suspend_upload()
    if not agent.safe_mode:
        seldom.call("boot", "settled")
    agent.restart_asked = True
    return agent.responder.respond(request)


# Pictures and what is computed of them


def _grab(agent: "Agent", request: "Request") -> memoryview:
    """Take a photograph; READ fetches it (object FRAME, or TENSOR for the model's view)."""
    if request.kind not in (messages.GRAB_SQUARE, messages.GRAB_MODEL):
        raise Refused(errors.BAD_VALUE, "kind")
    frame = agent.view.grab()
    if request.kind == messages.GRAB_SQUARE:
        facts = frame.side, frame.pixel_format, frame.size, frame.crc32()
    else:
        recogniser = agent.models.recogniser
        recogniser.preprocess(frame)
        tensor = recogniser.tensor
        facts = recogniser.side, messages.RGB_INT8, len(tensor), _crc(tensor)
    return agent.responder.respond(
        request,
        width=facts[0],
        height=facts[0],
        pixel_format=facts[1],
        size=facts[2],
        crc32=facts[3],
        frame_number=frame.number,
    )


def _run(agent: "Agent", request: "Request") -> memoryview:
    """Preprocess, embed and classify a view; with check sums of every stage's result."""
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


def preprocess(agent: "Agent", source: int) -> None:
    """The view from ``source`` (messages.SOURCE_…) to the model's input."""
    recogniser = agent.models.recogniser
    if source == messages.SOURCE_CAMERA:
        recogniser.preprocess(agent.view.grab())
    elif source == messages.SOURCE_FRAME:
        recogniser.preprocess(agent.view.last())
    elif source == messages.SOURCE_IMAGE:
        # The photograph was preprocessed while it came.
        _require(recogniser.has_tensor)
    else:
        raise Refused(errors.BAD_VALUE, "source")


def _require(there: bool) -> None:
    if not there:
        raise Refused(errors.NO_OBJECT)


def _crc(data: "Buffer") -> int:
    return binascii.crc32(data) & 0xFFFFFFFF  # type: ignore[no-any-return]


def _threshold(agent: "Agent", request: "Request") -> memoryview:
    """From which score on the best label is believed, until another head is at work."""
    recogniser = agent.models.recogniser
    if recogniser.head is None:
        raise Refused(errors.NO_HEAD)
    recogniser.threshold = request.threshold
    return agent.responder.respond(request, threshold=recogniser.threshold)


def _stream(agent: "Agent", request: "Request") -> memoryview:
    """Results or previews, one event a credit, until STOP."""
    agent.stream.begin(request.kind)
    agent.responder.open_stream(request.credits, request.proven)
    return agent.responder.respond(request)


def _stop(agent: "Agent", request: "Request") -> memoryview:
    """End the stream."""
    return agent.responder.respond(request, events=agent.responder.close_stream())


# Pieces of what the board holds


def _read(agent: "Agent", request: "Request") -> memoryview:
    """A piece of the frame last grabbed, of what the last run computed, or of a file."""
    if request.object == messages.FRAME:
        frame = agent.view.last()
        data = frame.read(request.offset, _length(agent, request, frame.size))
    elif request.object == messages.KEPT:
        length = min(request.length, _room(agent))
        tensor = agent.models.recogniser.tensor
        data = seldom.call("kept", "read", tensor, request.offset, length)
    elif request.object in (messages.RULES, messages.CRASH, messages.HEAD):
        path = _path(agent, request.object)
        data = files.read_piece(path, request.offset, _length(agent, request, files.size_of(path)))
    else:
        whole = memoryview(_computed(agent, request.object))
        data = whole[request.offset : request.offset + _length(agent, request, len(whole))]
    return agent.responder.respond(request, offset=request.offset, data=data)


def _path(agent: "Agent", kind: int) -> str:
    """The file of that kind, which is there."""
    if kind == messages.HEAD:
        if agent.models.slots.active is None:
            raise Refused(errors.NO_HEAD)
        return agent.models.slots.path(agent.models.slots.active)
    path = RULES if kind == messages.RULES else board.CRASH
    _require(files.size_of(path) >= 0)
    return path


def _length(agent: "Agent", request: "Request", size: int) -> int:
    """How many bytes to give: what was asked for, what there is, what fits a frame."""
    length = min(request.length, size - request.offset, _room(agent))
    if length <= 0:
        raise Refused(errors.BAD_OFFSET, "the object has %d bytes" % size)
    return length  # type: ignore[no-any-return]


def _room(agent: "Agent") -> int:
    return agent.responder.payload_limit - messages.DATA_OVERHEAD_BYTES


def _computed(agent: "Agent", kind: int) -> "Buffer":
    recogniser = agent.models.recogniser
    if kind == messages.TENSOR and recogniser.has_tensor:
        return recogniser.tensor
    if kind == messages.FEATURES and recogniser.has_features:
        return recogniser.features
    if kind == messages.SCORES and recogniser.has_scores:
        return recogniser.scores
    raise Refused(errors.NO_OBJECT)


# Uploads, and what they replace


def _open(agent: "Agent", request: "Request") -> memoryview:
    """Begin an upload, of a file to flash or of a photograph to be preprocessed."""
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


def _write(agent: "Agent", request: "Request") -> memoryview:
    """The next bytes of the upload in hand; answers with the offset expected next."""
    sink = agent.models.upload or agent.image
    if not sink.is_open:
        raise Refused(errors.NO_OBJECT, "no upload is open")
    return agent.responder.respond(request, offset=sink.write(request.offset, request.data))


def _commit(agent: "Agent", request: "Request") -> memoryview:
    """Check the uploaded file and put it to work, or leave the old one at work."""
    start = time.ticks_us()
    upload = agent.models.upload
    if agent.access and upload and upload.kind == messages.HEAD and not upload.proven:
        raise Refused(errors.NO_KEY, "head")
    fingerprint = agent.mend(agent.models.commit)
    gc.collect()
    duration = time.ticks_diff(time.ticks_us(), start)
    return agent.responder.respond(request, fingerprint=fingerprint, activation_us=duration)


def _abort(agent: "Agent", request: "Request") -> memoryview:
    """Forget the upload in hand."""
    agent.models.abort_upload()
    agent.image.abandon()
    return agent.responder.respond(request)


def _rollback(agent: "Agent", request: "Request") -> memoryview:
    """Put the previous head back to work."""
    fingerprint, labels = agent.mend(agent.models.rollback)
    return agent.responder.respond(request, fingerprint=fingerprint, labels=labels)


# Those that take much heap and are asked for seldom, with what they load.
SELDOM = {
    messages.INFO: ("facts", "kept", "info"),
    messages.PROVE: ("proof",),
    messages.TEACH: ("teaching",),
    messages.TRACE: ("trace",),
}
_NOT_IN_SAFE_MODE = (
    messages.GRAB,
    messages.RUN,
    messages.STREAM,
    messages.TEACH,
    messages.THRESHOLD,
    messages.TRACE,
)
_HANDLERS = {
    messages.HELLO: _hello,
    messages.BYE: _bye,
    messages.RESTART: _restart,
    messages.GRAB: _grab,
    messages.READ: _read,
    messages.OPEN: _open,
    messages.WRITE: _write,
    messages.COMMIT: _commit,
    messages.ABORT: _abort,
    messages.RUN: _run,
    messages.ROLLBACK: _rollback,
    messages.THRESHOLD: _threshold,
    messages.STREAM: _stream,
    messages.STOP: _stop,
}
