"""The lines on camera, colours, embedding and head: each from what was learnt."""

from tinyteach.device.repl.fitness import (
    camera_shadows,
    is_filled_by_boot,
)
from tinyteach.device.repl.survey import embedding_on
from tinyteach.device.sensors import needed_settings, sensor_name
from tinyteach.errors import BoardRefusedError, ModelError, VerificationError
from tinyteach.service.doctor.agent_checks import (
    NO_AGENT,
    NO_REPL,
    heap_with_embedding,
    pair_command,
)
from tinyteach.service.doctor.colours import WORDS, colour_order
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.findings import Finding, passed, skipped, to_fix
from tinyteach.service.projects.embeddings import name_of
from tinyteach_protocol import errors, messages

NO_CAMERA = "needs a camera that starts"
NO_DRIVER = "needs the agent's driver: pair the board"
TAKE_AGAIN = "photographs that were taken before have wrong colours: take them again"
RIBBON = "check its ribbon cable, then restart the board"
FRAMES_PER_SECOND_MIN = 2.0
SHORT_DIGITS = 12
OF_THE_HEAD = (errors.BAD_MODEL, errors.WRONG_EMBEDDING, errors.SELF_TEST_FAILED)


def check_camera(evidence: Evidence) -> Finding:
    modules = evidence.camera_modules
    if modules is None:
        return skipped("camera", NO_REPL)
    in_the_way = camera_shadows(evidence.survey) if evidence.survey else []
    if in_the_way:
        found = f"{' and '.join(in_the_way)} is taken in place of the firmware's camera module"
        return to_fix("camera", found, f"rename {' and '.join(in_the_way)}", BoardRefusedError)
    if not modules:
        fix = "flash firmware with a camera module, or send photographs with 'tinyteach classify'"
        return to_fix("camera", "the firmware has no camera module", fix, BoardRefusedError)
    if _does_not_start(evidence):
        return to_fix("camera", "the camera does not start", RIBBON, BoardRefusedError)
    if evidence.camera is None:
        return passed("camera", f"module {modules[0]}")
    camera = evidence.camera
    size = f"{camera['width']}×{camera['height']}{needed_settings(camera.get('settings', ''))}"
    sensor = sensor_name(camera["sensor"])
    return passed("camera", f"module {modules[0]}, sensor {sensor}, {size}")


def _does_not_start(evidence: Evidence) -> bool:
    return evidence.camera is not None and bool(evidence.camera["error"])


def _why_not_tried(evidence: Evidence) -> str:
    """Why the camera was not tried; empty where it was."""
    if evidence.camera_modules is None:
        return NO_REPL
    if evidence.camera_modules and evidence.camera is None:
        return NO_DRIVER
    return NO_CAMERA if evidence.camera is None or evidence.camera["error"] else ""


def check_formats(evidence: Evidence) -> Finding:
    why_not = _why_not_tried(evidence)
    if why_not:
        return skipped("formats", why_not)
    needed = _needed_format(evidence)
    if needed not in evidence.formats:
        works = ", ".join(evidence.formats) or "none"
        return to_fix("formats", f"{works} of those tried, not {needed}", RIBBON, BoardRefusedError)
    return passed("formats", ", ".join(evidence.formats))


def _needed_format(evidence: Evidence) -> str:
    """What the agent's driver takes of this sensor."""
    is_grey = evidence.camera is not None and evidence.camera["pixel_format"] == messages.GRAY8
    return "GRAYSCALE" if is_grey else "RGB565"


def check_colours(evidence: Evidence) -> Finding:
    why_not = _why_not_tried(evidence)
    if not why_not and _needed_format(evidence) == "GRAYSCALE":
        why_not = "the sensor sees grey"
    order = order_of(evidence)
    if why_not or order is None:
        return skipped("colours", why_not or "the sensor shows no colour bar that is known")
    if evidence.colours_stored:
        found = f"{WORDS[order]}, which the board knows from now on"
        return to_fix("colours", found, TAKE_AGAIN, VerificationError)
    return passed("colours", WORDS[order])


def order_of(evidence: Evidence) -> str | None:
    """The order of the camera's colours, where its colour bar tells."""
    return colour_order(evidence.colour_row) if evidence.colour_row else None


def check_frame_rate(evidence: Evidence) -> Finding:
    why_not = _why_not_tried(evidence)
    if why_not or evidence.frames_and_ms is None:
        return skipped("frame rate", why_not or NO_CAMERA)
    count, duration_ms = evidence.frames_and_ms
    rate = count * 1000 / max(1, duration_ms)
    found = f"{rate:.1f} frames a second"
    if rate < FRAMES_PER_SECOND_MIN:
        return to_fix("frame rate", found, RIBBON, BoardRefusedError)
    return passed("frame rate", found)


# Models


def check_embedding(evidence: Evidence) -> Finding:
    if evidence.survey is None:
        return skipped("embedding", NO_REPL)
    digest, name = _embedding_on(evidence)
    pair = f"run {pair_command(evidence)}"
    if not digest:
        return to_fix("embedding", "none on the board", pair, ModelError)
    needed = heap_with_embedding(evidence)
    if is_filled_by_boot(evidence.survey, needed):
        return skipped("embedding", "needs the memory that boot.py keeps")
    if evidence.info and not evidence.info.embedding:
        found = "the file on the board does not load"
        return to_fix("embedding", found, pair, ModelError)
    place = ", read in place" if evidence.in_place else ""
    return passed("embedding", f"{name or 'none that ships'}, {digest[:SHORT_DIGITS]}{place}")


def _embedding_on(evidence: Evidence) -> tuple[str, str | None]:
    """SHA-256 of the file on the board in hex digits, and its name where it ships."""
    digest = embedding_on(evidence.survey) if evidence.survey else ""
    return digest, name_of(bytes.fromhex(digest)) if digest else None


def check_head(evidence: Evidence) -> Finding:
    info = evidence.info
    if info is None or not info.embedding:
        return skipped("head", "needs an embedding" if info else NO_AGENT)
    if info.labels:
        digits = info.head.hex()[:SHORT_DIGITS]
        return passed("head", f"{', '.join(info.labels)}, {digits}")
    if info.state_code in OF_THE_HEAD:
        return to_fix("head", *info.trouble, ModelError)
    return skipped("head", "none yet: 'tinyteach train', then 'tinyteach deploy'")
