"""INFO: what a person or a test wants to know of the board. Loaded when asked only (seldom.py)."""

from agent import board, facts, files, kept, memory
from agent.camera import RUNG
from agent.models import RULES
from agent.tflite import kernels
from tinyteach_protocol import errors, messages

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.loop import Agent
    from tinyteach_protocol.messages import Fields
    from tinyteach_protocol.responder import Request

_TEXT_BYTES = const(256)


def handle(agent: "Agent", request: "Request") -> memoryview:
    fields: "Fields" = {}
    _board_facts(fields)
    _camera_facts(fields, agent)
    _model_facts(fields, agent)
    _state(fields, agent)
    _room_facts(fields, agent)
    _alone_facts(fields, agent)
    return agent.responder.respond(request, **fields)


def _board_facts(fields: "Fields") -> None:
    fields["board"] = facts.platform()
    fields["machine"] = facts.machine_name()
    fields["micropython"] = facts.micropython_version()
    fields["arch"] = facts.architecture()
    fields["kernels"] = kernels.best().name


def _camera_facts(fields: "Fields", agent: "Agent") -> None:
    camera = agent.view.camera
    fields["sensor"] = camera.sensor if camera else ""
    fields["frame_width"] = camera.width if camera else 0
    fields["frame_height"] = camera.height if camera else 0
    fields["pixel_format"] = camera.pixel_format if camera else 0


def _model_facts(fields: "Fields", agent: "Agent") -> None:
    recogniser = agent.models.recogniser
    fields["model_side"] = recogniser.side
    fields["arena"] = recogniser.arena_bytes
    fields["embedding"] = recogniser.embedding_fingerprint
    fields["head"] = recogniser.head_fingerprint
    fields["previous_head"] = agent.models.previous_fingerprint()
    fields["labels"] = recogniser.head.labels if recogniser.head else []
    fields["threshold"] = recogniser.threshold


def _state(fields: "Fields", agent: "Agent") -> None:
    """The first thing that is not as it should be: a code of SPEC.md, States, and its detail."""
    view = agent.view
    camera = (errors.CAMERA_FAILED, view.problem) if view.problem else None
    state, detail = agent.models.problem or camera or agent.trouble or (0, "")
    fields["state"], fields["detail"] = state, messages.clip(detail)


def _room_facts(fields: "Fields", agent: "Agent") -> None:
    fields["heap_total"] = memory.total_bytes()
    fields["heap_free"] = memory.free_bytes()
    fields["heap_peak"] = memory.sample()
    fields["flash_free"], fields["flash_total"] = files.free_bytes()


def _alone_facts(fields: "Fields", agent: "Agent") -> None:
    """What the board did and does without a host."""
    fields["boot"] = board.reset_cause()
    fields["safe_mode"] = 1 if agent.safe_mode else 0
    fields["crash_bytes"] = _size(board.CRASH)
    fields["rules_bytes"] = _size(RULES)
    fields["kept"] = kept.count(agent.models.recogniser.tensor)
    fields["camera"] = _rung() if agent.view.camera else ""


def _rung() -> str:
    """The settings that this board's sensor was found to need; empty where it needs none."""
    try:
        content = files.read_whole(RUNG)
        return content.decode() if len(content) < _TEXT_BYTES else ""
    except (OSError, ValueError):
        return ""


def _size(path: str) -> int:
    return min(0xFFFF, max(0, files.size_of(path)))
