"""Photographs and results in a module's events: checked before anything believes them."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinyteach.device.at.replies import EVENT, OK, Reply, is_whole
from tinyteach.errors import LinkError

JPEG_BEGIN, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
CLASSES_MAX = 64
# What models for finding things give in place of classes, by the firmware's names.
OTHER_KINDS = ("boxes", "points", "keypoints")
# Scores are percent, or in some builds probabilities; see `_scale`.
PERCENT = 100


@dataclass(frozen=True)
class ModuleResult:
    """``scores`` are 0…1 by class id; those that the module did not tell are at most 0.02.

    ``perf_ms`` are what preparing, running and reading the model took; ``jpeg`` is the whole
    frame, empty where no picture was asked for or it came damaged.
    """

    scores: Mapping[int, float]
    perf_ms: tuple[int, int, int]
    jpeg: bytes = b""

    @property
    def best(self) -> int | None:
        """The id of the class with the highest score, None where none was told."""
        return max(self.scores, key=lambda class_id: self.scores[class_id], default=None)


def other_results(event: Reply) -> str:
    """The name of what models that do not classify give, empty where there is none of it."""
    if "classes" in event.fields:
        return ""
    return next((kind for kind in OTHER_KINDS if kind in event.fields), "")


def result_of(event: Reply) -> ModuleResult:
    """Raises ValueError with what cannot be."""
    pairs = event.fields.get("classes")
    _require(event.code == OK, "code")
    _require(isinstance(pairs, list) and len(pairs) <= CLASSES_MAX, "classes")
    assert isinstance(pairs, list)
    for pair in pairs:
        _require(isinstance(pair, list) and len(pair) == 2, "classes")
        _require(is_whole(pair[1]) and 0 <= pair[1] < CLASSES_MAX, "class")
        _require(_is_score(pair[0]), "score")
    scale = _scale(pairs)
    scores = {class_id: min(score / scale, 1.0) for score, class_id in pairs}
    _require(len(scores) == len(pairs), "classes")
    return ModuleResult(scores, _perf(event.fields.get("perf")), jpeg_of(event))


def jpeg_of(event: Reply) -> bytes:
    """The photograph in an event; empty where there is none or it was cut short."""
    image = event.fields.get("image")
    try:
        content = base64.b64decode(image if isinstance(image, str) else "", validate=True)
    except (ValueError, binascii.Error):
        return b""
    # The camera's buffer is a multiple of some bytes: zeros may follow the end.
    content = content.rstrip(b"\0")
    whole = content.startswith(JPEG_BEGIN) and content.endswith(JPEG_END)
    return content if whole and event.code == OK and event.kind == EVENT else b""


def _scale(pairs: list[Any]) -> int:
    """Only scores above 1 percent are told (TSCORE=1): if all are within 1, they are no percent."""
    return PERCENT if any(score > 1 for score, _ in pairs) else 1


def _is_score(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= PERCENT  # which NaN is not


def _perf(value: object) -> tuple[int, int, int]:
    if not isinstance(value, list) or len(value) != 3 or not all(map(is_whole, value)):
        return (0, 0, 0)
    return (max(value[0], 0), max(value[1], 0), max(value[2], 0))


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


class InARow:
    """Counts events that cannot be, one after another; LinkError once there are too many.

    One may be damaged on its way; a module or camera that sends nothing else is said so.
    """

    IN_A_ROW_MAX = 5

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence
        self._in_a_row = 0

    def came(self) -> None:
        """One more."""
        self._in_a_row += 1
        if self._in_a_row >= self.IN_A_ROW_MAX:
            raise LinkError(self._sentence)

    def none(self) -> None:
        """One that can be."""
        self._in_a_row = 0
