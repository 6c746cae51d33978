"""The lines on camera, colours, embedding and head: each from what was learnt."""

from typing import Any

from tinyteach.coded import fill, say
from tinyteach.device.repl.fitness import camera_shadows, is_filled_by_boot
from tinyteach.device.repl.survey import embedding_on
from tinyteach.device.sensors import needed_settings, sensor_name
from tinyteach.errors import BoardRefusedError, ModelError, VerificationError
from tinyteach.service.doctor.agent_checks import NO_AGENT, NO_REPL, heap_with_embedding, pair_it
from tinyteach.service.doctor.colours import WORDS, colour_order
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.findings import Finding, passed, skipped, to_fix
from tinyteach.service.projects.embeddings import name_of
from tinyteach_protocol import errors, messages

NO_CAMERA = say("needs-a-camera", "needs a camera that starts")
NO_DRIVER = say("needs-the-driver", "needs the agent's driver: pair the board")
TAKE_AGAIN = say(
    "take-photographs-again",
    "photographs that were taken before have wrong colours: take them again",
)
RIBBON = say("check-the-ribbon", "check its ribbon cable, then restart the board")
OTHER_FIRMWARE = say(
    "flash-with-camera",
    "flash firmware with a camera module, or send photographs with 'tinyteach classify'",
)
NO_MODULE = say("no-camera-module", "the firmware has no camera module")
DOES_NOT_START = say("camera-does-not-start", "the camera does not start")
GREY = say("sensor-sees-grey", "the sensor sees grey")
NO_BAR = say("no-colour-bar", "the sensor shows no colour bar that is known")
NONE_THERE = say("no-embedding-there", "none on the board")
NOT_LOADED = say("embedding-does-not-load", "the file on the board does not load")
MEMORY_KEPT = say("needs-memory-of-boot", "needs the memory that boot.py keeps")
NEEDS_EMBEDDING = say("needs-an-embedding", "needs an embedding")
NO_HEAD = say("no-head-yet", "none yet: 'tinyteach train', then 'tinyteach deploy'")
FRAMES_PER_SECOND_MIN = 2.0
SHORT_DIGITS = 12
OF_THE_HEAD = (errors.BAD_MODEL, errors.WRONG_EMBEDDING, errors.SELF_TEST_FAILED)


def check_camera(evidence: Evidence) -> Finding:
    modules = evidence.camera_modules
    if modules is None:
        return skipped("camera", NO_REPL)
    in_the_way = camera_shadows(evidence.survey) if evidence.survey else []
    if in_the_way:
        names = " and ".join(in_the_way)
        told = "{names} is taken in place of the firmware's camera module"
        found = fill("in-place-of-camera-module", told, names=names)
        return to_fix(
            "camera", found, fill("rename-it", "rename {names}", names=names), BoardRefusedError
        )
    if not modules:
        return to_fix("camera", NO_MODULE, OTHER_FIRMWARE, BoardRefusedError)
    if _does_not_start(evidence):
        return to_fix("camera", DOES_NOT_START, RIBBON, BoardRefusedError)
    if evidence.camera is None:
        return passed("camera", fill("camera-module", "module {module}", module=modules[0]))
    return passed("camera", _camera_found(modules[0], evidence.camera))


def _camera_found(module: str, camera: dict[str, Any]) -> str:
    size = f"{camera['width']}×{camera['height']}{needed_settings(camera.get('settings', ''))}"
    sensor = sensor_name(camera["sensor"])
    told = "module {module}, sensor {sensor}, {size}"
    return fill("camera-found", told, module=module, sensor=sensor, size=size)


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
        works = ", ".join(evidence.formats) or say("no-format", "none")
        told = "{works} of those tried, not {needed}"
        found = fill("formats-found", told, works=works, needed=needed)
        return to_fix("formats", found, RIBBON, BoardRefusedError)
    return passed("formats", ", ".join(evidence.formats))


def _needed_format(evidence: Evidence) -> str:
    """What the agent's driver takes of this sensor."""
    is_grey = evidence.camera is not None and evidence.camera["pixel_format"] == messages.GRAY8
    return "GRAYSCALE" if is_grey else "RGB565"


def check_colours(evidence: Evidence) -> Finding:
    why_not = _why_not_tried(evidence)
    if not why_not and _needed_format(evidence) == "GRAYSCALE":
        why_not = GREY
    order = order_of(evidence)
    if why_not or order is None:
        return skipped("colours", why_not or NO_BAR)
    if evidence.colours_stored:
        told = "{order}, which the board knows from now on"
        found = fill("board-knows-colours", told, order=WORDS[order])
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
    found = fill("frames-a-second", "{rate} frames a second", rate=f"{rate:.1f}")
    if rate < FRAMES_PER_SECOND_MIN:
        return to_fix("frame rate", found, RIBBON, BoardRefusedError)
    return passed("frame rate", found)


# Models


def check_embedding(evidence: Evidence) -> Finding:
    if evidence.survey is None:
        return skipped("embedding", NO_REPL)
    digest, name = _embedding_on(evidence)
    if not digest:
        return to_fix("embedding", NONE_THERE, pair_it(evidence), ModelError)
    needed = heap_with_embedding(evidence)
    if is_filled_by_boot(evidence.survey, needed):
        return skipped("embedding", MEMORY_KEPT)
    if evidence.info and not evidence.info.embedding:
        return to_fix("embedding", NOT_LOADED, pair_it(evidence), ModelError)
    place = say("read-in-place", ", read in place") if evidence.in_place else ""
    shown = name or say("none-that-ships", "none that ships")
    told = "{name}, {digits}{place}"
    digits = digest[:SHORT_DIGITS]
    return passed(
        "embedding", fill("embedding-found", told, name=shown, digits=digits, place=place)
    )


def _embedding_on(evidence: Evidence) -> tuple[str, str | None]:
    """SHA-256 of the file on the board in hex digits, and its name where it ships."""
    digest = embedding_on(evidence.survey) if evidence.survey else ""
    return digest, name_of(bytes.fromhex(digest)) if digest else None


def check_head(evidence: Evidence) -> Finding:
    info = evidence.info
    if info is None or not info.embedding:
        return skipped("head", NEEDS_EMBEDDING if info else NO_AGENT)
    if info.labels:
        digits = info.head.hex()[:SHORT_DIGITS]
        return passed("head", f"{', '.join(info.labels)}, {digits}")
    if info.state_code in OF_THE_HEAD:
        return to_fix("head", *info.trouble, ModelError)
    return skipped("head", NO_HEAD)
