"""The lines on camera, colours, embedding and head: each from what was learnt."""

from tinyteach.errors import BoardRefusedError, ModelError, VerificationError
from tinyteach.service.doctor.agent_checks import NO_AGENT, NO_REPL, pair_command
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.findings import Finding, passed, skipped, to_fix

NO_CAMERA = "needs a camera that starts"
OTHER_MODULE = "not tried with this camera module"
RIBBON = "check its ribbon cable, then restart the board"
FRAMES_PER_SECOND_MIN = 2.0
SHORT_DIGITS = 12


def check_camera(evidence: Evidence) -> Finding:
    modules = evidence.camera_modules
    if modules is None:
        return skipped("camera", NO_REPL)
    if not modules:
        fix = "flash firmware with a camera module, or send photographs with 'tinyteach classify'"
        return to_fix("camera", "the firmware has no camera module", fix, BoardRefusedError)
    if _does_not_start(evidence):
        return to_fix("camera", "the camera does not start", RIBBON, BoardRefusedError)
    if evidence.camera is None:
        sensor = evidence.info["sensor"] if evidence.info else ""
        return passed("camera", f"module {modules[0]}" + (f", sensor {sensor}" if sensor else ""))
    camera = evidence.camera
    size = f"{camera['width']}×{camera['height']}"
    return passed("camera", f"module {modules[0]}, sensor {camera['sensor']}, {size}")


def _does_not_start(evidence: Evidence) -> bool:
    """By our own trial, else by what the agent says of a module that we do not try."""
    if evidence.camera is not None:
        return bool(evidence.camera["error"])
    info = evidence.info
    return info is not None and "camera does not start" in info["state"]


def _why_not_tried(evidence: Evidence) -> str:
    """Why the camera was not tried; empty where it was."""
    if evidence.camera_modules is None:
        return NO_REPL
    if evidence.camera_modules and evidence.camera is None:
        return OTHER_MODULE
    return NO_CAMERA if evidence.camera is None or evidence.camera["error"] else ""


def check_formats(evidence: Evidence) -> Finding:
    why_not = _why_not_tried(evidence)
    if why_not:
        return skipped("formats", why_not)
    if "RGB565" not in evidence.formats:
        works = ", ".join(evidence.formats) or "none"
        return to_fix("formats", f"{works} of those tried, not RGB565", RIBBON, BoardRefusedError)
    return passed("formats", ", ".join(evidence.formats))


def check_colours(evidence: Evidence) -> Finding:
    from tinyteach.service.doctor.colours import EXPECTED, WORDS

    why_not = _why_not_tried(evidence)
    order = order_of(evidence)
    if why_not or order is None:
        return skipped("colours", why_not or "the sensor shows no colour bar that is known")
    if order != EXPECTED:
        fix = (
            f"use firmware that gives {WORDS[EXPECTED]}; until then board and computer see the "
            "same wrong colours"
        )
        return to_fix("colours", WORDS[order], fix, VerificationError)
    return passed("colours", WORDS[order])


def order_of(evidence: Evidence) -> str | None:
    """The order of the camera's colours, where its colour bar tells."""
    from tinyteach.service.doctor.colours import colour_order

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
    if evidence.info and not evidence.info["embedding"]:
        found = "the file on the board does not load"
        return to_fix("embedding", found, pair, ModelError)
    return passed("embedding", f"{name or 'none that ships'}, {digest[:SHORT_DIGITS]}")


def _embedding_on(evidence: Evidence) -> tuple[str, str | None]:
    """SHA-256 of the file on the board in hex digits, and its name where it ships."""
    from tinyteach.device.survey import EMBEDDING
    from tinyteach.service.embeddings import name_of

    files = evidence.survey["files"] if evidence.survey else {}
    digest = files.get(EMBEDDING, "")
    return digest, name_of(bytes.fromhex(digest)) if digest else None


def check_head(evidence: Evidence) -> Finding:
    info = evidence.info
    if info is None or not info["embedding"]:
        return skipped("head", "needs an embedding" if info else NO_AGENT)
    if info["labels"]:
        digits = info["head"].hex()[:SHORT_DIGITS]
        return passed("head", f"{', '.join(info['labels'])}, {digits}")
    found, _, fix = info["state"].rstrip(".").partition("; ")
    if "head" in found or "model" in found:
        return to_fix("head", found, fix or "deploy it again", ModelError)
    return skipped("head", "none yet: 'tinyteach train', then 'tinyteach deploy'")
