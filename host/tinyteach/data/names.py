"""Which names a class may have: a folder's name on every system, a label on the board."""

import re
import unicodedata
from collections.abc import Iterable

from tinyteach.errors import ProjectError

MAX_NAME_BYTES = 63  # a label's length is one byte in head.tflite, and folders stay portable

# Characters that a file name on Windows cannot hold; / and \ separate folders.
_FORBIDDEN = frozenset('<>:"/\\|?*')
# Control characters and line breaks would tear labels.txt; lone surrogates have no UTF-8.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Device names on Windows, with any extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
_ALLOWED = (
    f"use 1 to {MAX_NAME_BYTES} bytes of text such as 'red cup', "
    'without / \\ : * ? " < > | and without a dot in front or at the end'
)


def check_class_name(name: str) -> str:
    """The name as it is stored (trimmed, Unicode NFC); ProjectError says what is allowed."""
    stored = _stored_form(name)
    reason = _fault(stored)
    if reason:
        raise ProjectError(f"{name!r} cannot name a class because it {reason}; {_ALLOWED}.")
    return stored


def is_class_name(name: str) -> bool:
    """Whether a folder with exactly this name may be a class."""
    return not _fault(name)


def portable_name(name: str) -> str | None:
    """The nearest allowed name to one from elsewhere, or None where nothing is left of it."""
    kept = "".join("-" if _is_forbidden(char) else char for char in _stored_form(name))
    shortened = kept.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .")
    candidate = _stored_form(shortened)
    if _fault(candidate):
        candidate = _stored_form(f"_{candidate}")  # a device name such as CON
    return None if _fault(candidate) or not shortened.strip("-_") else candidate


def same_name(name: str, existing: Iterable[str]) -> str | None:
    """The existing name that differs from this one by upper and lower case at most."""
    key = _key(name)
    return next((other for other in existing if _key(other) == key), None)


def _stored_form(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _key(name: str) -> str:
    folded = unicodedata.normalize("NFC", name).casefold()
    return unicodedata.normalize("NFC", folded)


def _is_forbidden(char: str) -> bool:
    return char in _FORBIDDEN or unicodedata.category(char) in _FORBIDDEN_CATEGORIES


def _fault(name: str) -> str:
    """Why the name cannot be used, or an empty string."""
    if not name.strip():
        return "is empty"
    forbidden = sorted({char for char in name if _is_forbidden(char)})
    if forbidden:
        return "holds " + " ".join(map(repr, forbidden))
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"is {len(name.encode())} bytes long"
    if name[0] in ". " or name[-1] in ". ":
        return "begins or ends with a dot or a space"
    if _DEVICE.fullmatch(name.split(".")[0].rstrip()):
        return "is a device's name on Windows"
    return ""
