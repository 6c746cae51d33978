"""What a module says of itself, and the note with the model's labels that it keeps for hosts.

The note is Seeed's, JSON in base64 (``AT+INFO``); clients show its ``classes`` beside results. It
says nothing of the model that lies in flash, so ours carries the SHA-256 of that, too, and before a
model is written it is replaced by one without classes: whatever is cut off, no result is shown
under another model's label.
"""

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from tinyteach.device.at.replies import HX, is_whole, text
from tinyteach.errors import UsageError

# The firmware takes 4,096 bytes a command and keeps as many; base64 makes four of three.
NOTE_BYTES_MAX = 2900
LABELS_MAX = 64
HASH_KEY, PENDING_KEY, HEAD_KEY = "model_sha256", "pending_sha256", "head_sha256"
THRESHOLD_KEY = "threshold_percent"
TOO_LONG = (
    "The names of the classes take more room than the module's {room:,} bytes; shorten them with "
    "'tinyteach class rename' or train fewer classes."
)
# The first of Seeed's firmware that TinyTeach was written against; modules of 2023 still arrive.
OLD_YEAR = "2023"
WRITE_FIRMWARE = "write Seeed's present one with 'tinyteach flash output.img'"


@dataclass(frozen=True)
class Note:
    """``labels`` by class id, ``model_hash`` 64 hex digits, empty where another program wrote it.

    ``pending_hash`` is that of a model that was being written when the note was, ``head_hash`` that
    of the head in the model. Below ``threshold_percent`` the best class is not believed.
    """

    labels: tuple[str, ...] = ()
    model_hash: str = ""
    pending_hash: str = ""
    head_hash: str = ""
    threshold_percent: int = 0


@dataclass(frozen=True)
class ModuleInfo:
    """``has_model``: what looks like a model is in flash. ``sensor`` is empty without a camera.

    ``labels``, hashes and ``threshold_percent`` are those of the note; ``pending_hash`` is not
    empty where the last deploy did not complete. ``dialect`` is "el", "ma" or "hx".
    """

    module_id: str
    name: str
    firmware: str
    hardware: str
    sensor: str
    has_model: bool
    labels: list[str]
    model_hash: str
    pending_hash: str
    head_hash: str
    threshold_percent: int
    dialect: str

    @property
    def is_old(self) -> bool:
        """Firmware of 2023, which has to be written anew."""
        return is_old(self.firmware)

    @property
    def is_usable(self) -> bool:
        """Whether its firmware is one that TinyTeach can use."""
        return not self.is_old and self.dialect != HX

    @property
    def trouble(self) -> tuple[str, str]:
        """What is not well and what to do about it, both empty where all is."""
        if self.dialect == HX:
            return "firmware that takes no commands, Himax's demonstration", WRITE_FIRMWARE
        if self.is_old:
            return f"firmware of {OLD_YEAR}", WRITE_FIRMWARE
        if self.pending_hash:
            return "the last deploy did not complete", "run 'tinyteach deploy' again"
        if not self.sensor:
            return "no camera is found", "check the camera's flat cable and press the reset button"
        return "", ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def is_old(firmware: str) -> bool:
    """Whether a version, as ``2023.12.14``, is one that TinyTeach cannot use."""
    return firmware.lstrip("v").startswith(OLD_YEAR)


def written(note: Note, name: str) -> str:
    """A note in base64; UsageError where it is too long for a module."""
    fields = {
        "name": name,
        "version": "1.0.0",
        "category": "Image Classification",
        "model_type": "TFLite",
        "algorithm": "IMCLS",
        "classes": list(note.labels),
        "isCustom": True,
        HASH_KEY: note.model_hash,
        PENDING_KEY: note.pending_hash,
        HEAD_KEY: note.head_hash,
        THRESHOLD_KEY: note.threshold_percent,
    }
    content = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    if len(content) > NOTE_BYTES_MAX:
        raise UsageError(TOO_LONG.format(room=NOTE_BYTES_MAX))
    return base64.b64encode(content).decode()


def read(encoded: object) -> Note:
    """The note that a module keeps; an empty one for what is none. Its texts are made plain."""
    try:
        content = base64.b64decode(encoded if isinstance(encoded, str) else "", validate=True)
        fields = json.loads(content)
    except (ValueError, RecursionError, binascii.Error):
        return Note()
    if not isinstance(fields, dict):
        return Note()
    model, pending, head = (_hash(fields, key) for key in (HASH_KEY, PENDING_KEY, HEAD_KEY))
    percent = _percent(fields.get(THRESHOLD_KEY))
    return Note(_labels(fields.get("classes")), model, pending, head, percent)


def _labels(value: object) -> tuple[str, ...]:
    """A place for each id, also where a name is none: the next ones keep their numbers."""
    classes = value if isinstance(value, list) else []
    return tuple(text(label) for label in classes[:LABELS_MAX])


def _hash(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    is_hash = isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)
    return str(value) if is_hash else ""


def _percent(value: object) -> int:
    return value if isinstance(value, int) and is_whole(value) and 0 <= value <= 100 else 0
