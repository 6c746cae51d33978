"""What a board's answers may hold: checked before anything believes them, their texts made plain.

The wire's own reader knows kinds only (tinyteach_protocol.messages); a board that is damaged, or
none of ours, may fill them with anything. `checked` raises ValueError with what cannot be.
"""

from collections.abc import Callable, Sequence

from tinyteach.plain_text import plain
from tinyteach_protocol import messages
from tinyteach_protocol.frame import Damaged, Text
from tinyteach_protocol.messages import Message
from tinyteach_protocol.outcomes import Event, Refused, Response, Unanswered
from tinyteach_protocol.session import MIN_PAYLOAD

# What becomes of a request, and what else may come in between.
Answer = Response | Refused | Unanswered
Happening = Answer | Event | Text | Damaged

FINGERPRINT_BYTES = 32  # SHA-256
SIDE_MAX = 224  # of the model's square input, pixels
# Of a photograph: smaller or larger ones the reference does not take (embedding/preprocess.py).
SQUARE_MIN, SQUARE_MAX = 8, 1024
LABELS_MAX = 64
KEPT_MAX = 255
HEAD_BYTES_MAX = 1 << 20
TENSOR_CHANNELS = 3


def checked(message: Message) -> Message:
    """A response or event, its texts plain. Raises ValueError for values that cannot be."""
    for name, kind in messages.layout(message.type):
        if kind == messages.STR:
            message.fields[name] = plain(message.fields[name])
        elif kind == messages.STRS:
            message.fields[name] = [plain(text) for text in message.fields[name]]
    check = _CHECKS.get(message.type)
    if check is not None:
        check(message)
    return message


def check_scores(message: Message, labels: Sequence[str]) -> None:
    """Whether a RUN's answer or a RESULT is one of a head with these labels; else ValueError."""
    _require(len(message.scores) in (len(labels), len(labels) + 1), "scores")
    _require(message.top < len(labels), "top")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


def _is_fingerprint(value: bytes) -> bool:
    return len(value) == FINGERPRINT_BYTES


def _check_labels(labels: Sequence[str]) -> None:
    """Results go by a label's name, so no two are alike."""
    _require(all(label.strip() for label in labels), "labels")
    _require(len(set(labels)) == len(labels) <= LABELS_MAX, "labels")


def _check_hello(message: Message) -> None:
    _require(message.max_payload >= MIN_PAYLOAD, "max_payload")
    _require(bool(message.board_id.strip()), "board_id")


def _check_info(message: Message) -> None:
    for name in ("embedding", "head", "previous_head"):
        value = message.fields[name]
        _require(not value or _is_fingerprint(value), name)
    _require(message.model_side <= SIDE_MAX, "model_side")
    _require(bool(message.model_side) or not message.labels, "model_side")
    _require(message.pixel_format in (0, *messages.PIXEL_BYTES), "pixel_format")
    _require(message.kept <= KEPT_MAX, "kept")
    _check_labels(message.labels)


def _check_grab(message: Message) -> None:
    is_model = message.pixel_format == messages.RGB_INT8
    least, most = (1, SIDE_MAX) if is_model else (SQUARE_MIN, SQUARE_MAX)
    _require(message.pixel_format in messages.PIXEL_BYTES, "pixel_format")
    _require(least <= message.width == message.height <= most, "width")
    pixel_bytes = messages.PIXEL_BYTES[message.pixel_format]
    _require(message.size == message.width * message.height * pixel_bytes, "size")


def _check_commit(message: Message) -> None:
    _require(_is_fingerprint(message.fingerprint), "fingerprint")


def _check_rollback(message: Message) -> None:
    _check_commit(message)
    _require(bool(message.labels), "labels")
    _check_labels(message.labels)


def _check_teach(message: Message) -> None:
    _check_labels(message.labels)
    _require(len(message.counts) == len(message.labels), "counts")
    _require(message.size <= HEAD_BYTES_MAX, "size")
    _require(not message.labels or _is_fingerprint(message.fingerprint), "fingerprint")


def _check_preview(message: Message) -> None:
    _require(message.pixel_format == messages.RGB_INT8, "pixel_format")
    _require(1 <= message.width == message.height <= SIDE_MAX, "width")
    _require(message.total == message.width * message.height * TENSOR_CHANNELS, "total")
    _require(message.offset + len(message.data) <= message.total, "offset")


_CHECKS: dict[int, Callable[[Message], None]] = {
    messages.HELLO | messages.RESPONSE: _check_hello,
    messages.INFO | messages.RESPONSE: _check_info,
    messages.GRAB | messages.RESPONSE: _check_grab,
    messages.COMMIT | messages.RESPONSE: _check_commit,
    messages.ROLLBACK | messages.RESPONSE: _check_rollback,
    messages.TEACH | messages.RESPONSE: _check_teach,
    messages.PREVIEW: _check_preview,
}
