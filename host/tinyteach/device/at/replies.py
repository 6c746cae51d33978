"""One reply of a module: what kind, to which command, and what its data may hold.

Three families of firmware write them (``dialect``): they are told apart by the shape of what they
say, never by their version, which says nothing of it.
"""

from dataclasses import dataclass
from typing import Any, Self

from tinyteach.plain_text import plain

ANSWER, EVENT, LOG = 0, 1, 2
# Codes (SSCMA-Micro's el_types.h and ma_types.h).
OK, INVALID, NO_ENTITY = 0, 5, 10
# SSCMA-Micro 1.0.x and main, and the demonstrations of Himax's own SDK.
EL, MA, HX = "el", "ma", "hx"

TEXT_MAX = 128


@dataclass(frozen=True)
class Reply:
    """``command`` is the name without tag and question mark, ``tag`` empty where there is none."""

    kind: int
    command: str
    tag: str
    is_query: bool
    code: int
    data: Any

    @classmethod
    def of(cls, value: dict[str, Any]) -> Self | None:
        """None for an object that is no reply."""
        kind, name, code = value.get("type"), value.get("name"), value.get("code", OK)
        if not is_whole(kind) or kind not in (ANSWER, EVENT, LOG) or not is_whole(code):
            return None
        if not isinstance(name, str):
            return None
        tag, _, command = name.rpartition("@")
        is_query = command.endswith("?")
        return cls(kind, command.removesuffix("?"), tag, is_query, code, value.get("data"))

    @property
    def fields(self) -> dict[str, Any]:
        """The data where it is an object, else an empty one."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def dialect(self) -> str:
        """EL, MA or HX, or empty where this reply has the shape of all."""
        if self.kind == EVENT:
            return _dialect_of_event(self.fields)
        if self.is_query and self.code == OK and self.command in ("MODELS", "SENSORS"):
            return MA if self.command.lower() in self.fields else EL
        return ""


def _dialect_of_event(fields: dict[str, Any]) -> str:
    if "algo_tick" in fields:
        return HX
    if "resolution" in fields or "rotate" in fields:
        return EL
    return MA if {"width", "height"} & fields.keys() else ""


def is_whole(value: object) -> bool:
    """Whether JSON had a whole number there; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def text(value: object) -> str:
    """A module's text or number as one line that may be shown, not longer than TEXT_MAX."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    try:
        return plain(str(value)).strip()[:TEXT_MAX]
    except ValueError:
        return ""  # a number of thousands of digits
