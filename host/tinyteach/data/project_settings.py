"""The settings of a project as its file has them: read, and what may stand in them."""

import re
from pathlib import Path
from typing import Any

from tinyteach.errors import ProjectError
from tinyteach.files import parse_json, read_file

FORMAT_VERSION = 1
# A project may come from somebody else, and others of pyserial's URLs write files (spy://…?file=).
BOARD_URL = re.compile(r"(socket|rfc2217)://", re.IGNORECASE)


def read_settings(path: Path) -> dict[str, Any]:
    """The settings; FileNotFoundError where there are none, ProjectError where they are damaged."""
    try:
        settings: dict[str, Any] = parse_json(read_file(path))
        fault = _fault(settings)
    except ValueError as error:  # not JSON, or in no encoding that it may have
        fault = str(error)
    if fault:
        raise ProjectError(
            f"{path} is damaged ({fault}); mend it, or delete it and run 'tinyteach new' "
            "on this folder again, which keeps the photographs."
        )
    if settings["format"] > FORMAT_VERSION:
        raise ProjectError(
            f"{path} was written by a newer TinyTeach; update with 'pip install -U tinyteach'."
        )
    return settings


def _fault(settings: object) -> str:
    if not isinstance(settings, dict):
        return "it is no JSON object"
    text = str | None
    expected: dict[str, Any] = {"format": int, "name": str, "classes": list}
    expected |= {"board": text, "embedding": text}
    for key, kind in expected.items():
        if not isinstance(settings.get(key), kind) or isinstance(settings.get(key), bool):
            return f"{key!r} is missing or of another kind"
    if not may_name(settings.get("board") or ""):
        return "'board' is a URL that a project may not name"
    if not all(isinstance(name, str) for name in settings["classes"]):
        return "'classes' holds something else than names"
    if "\0" in (settings.get("embedding") or ""):
        return "'embedding' is no file's name"
    return ""


def may_name(board: str) -> bool:
    """Whether it is a board's name or port, or a URL that only leads to one."""
    return "://" not in board or BOARD_URL.match(board) is not None
