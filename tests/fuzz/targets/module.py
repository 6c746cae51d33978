"""What a Grove Vision AI V2 says: replies, results, notes."""

import base64
import json

from fuzz.targets.target import Target
from tinyteach.device.at import module_info
from tinyteach.device.at.framing import ReplyReader
from tinyteach.device.at.module_info import Note
from tinyteach.device.at.module_results import result_of
from tinyteach.device.at.replies import Reply, text

EVENT = {"type": 1, "name": "INVOKE", "code": 0}
RESULT = {"count": 1, "perf": [8, 35, 0], "classes": [[87, 0], [10, 1]], "resolution": [240, 240]}
PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(12) + b"\xff\xd9").decode()
ANSWER = {"type": 0, "name": "a1@ID?", "code": 0, "data": "0123abcd"}


def decode_replies(data: bytes) -> None:
    """In two pieces; what is no result is a ValueError."""
    reader, half = ReplyReader(), len(data) // 2
    for value in reader.feed(data[:half]) + reader.feed(data[half:]):
        reply = Reply.of(value)
        if reply is None:
            continue
        assert reply.dialect in ("", "el", "ma", "hx")
        text(reply.data)
        module_info.read(reply.fields.get("info"))
        try:
            result = result_of(reply)
        except ValueError:
            continue
        assert all(0 <= score <= 1 for score in result.scores.values()) and result.perf_ms
        assert result.best is None or result.best in result.scores


def decode_note(data: bytes) -> None:
    """What is read is written, where it is not too long."""
    note = module_info.read(base64.b64encode(data).decode())
    assert len(note.labels) <= module_info.LABELS_MAX and 0 <= note.threshold_percent <= 100
    json.dumps(note.labels, ensure_ascii=False).encode()


def _said(value: dict) -> bytes:
    return b"\r" + json.dumps(value).encode() + b"\n"


def _replies() -> list[bytes]:
    plain = _said({**EVENT, "data": RESULT})
    seen = _said({**EVENT, "data": {**RESULT, "image": PICTURE}})
    return [b"noise" + _said(ANSWER) + plain, seen]


def _notes() -> list[bytes]:
    note = module_info.written(Note(("cat", "cüp"), "0" * 64, "", "1" * 64, 60), "a head")
    return [base64.b64decode(note)]


TARGETS = (
    Target(
        "module_replies",
        decode_replies,
        _replies,
        (),
        (b"\r{", b"}\n", b'"classes":', b'"perf":', b'"image":', b'"type":', b"NaN", b"1e999"),
    ),
    Target("module_notes", decode_note, _notes, (), (b'"classes":', b'"threshold_percent":')),
)
