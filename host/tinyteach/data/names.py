"""Which names a class may have: a folder's name on every system, a label on the board.

The one rule for all ways in which a class gets a name: by hand, by import, from a board. What
passes here trains, deploys and is exported.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from tinyteach.errors import ProjectError

MAX_NAME_BYTES = 63  # a label's length is one byte in head.tflite, and folders stay portable
CLASSES_MAX = 63  # besides unknown; a head has 64 outputs
# The class of what is to be called unknown, however it is written.
UNKNOWN = "unknown"

# Characters that a file name on Windows cannot hold; / and \ separate folders.
_FORBIDDEN = frozenset('<>:"/\\|?*')
# Control characters and line breaks would tear labels.txt; lone surrogates have no UTF-8.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Characters that show nothing, so that two names would look the same: soft hyphen, marks of
# direction, word joiners, byte order mark, Hangul fillers. Not the joiners of scripts and emoji
# (U+200C, U+200D) and not their variations and tags, which change what is seen.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
_JOINERS = "\u200c\u200d"
# Device names on Windows, with any extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
_ALLOWED = (
    f"use 1 to {MAX_NAME_BYTES} bytes of text such as 'red cup', "
    'without / \\ : * ? " < > | and without a dot in front or at the end'
)


def check_class_name(name: str) -> str:
    """The name as it is stored; ProjectError says what is allowed.

    Stored are Unicode's composed form (NFC), plain spaces, nothing that cannot be seen, nothing
    around it, and 'unknown' for whatever is another way to write that.
    """
    return _checked(name, "a class")


def check_project_name(name: str) -> str:
    """The same for a project's folder, which is carried to other systems, too."""
    return _checked(name, "a project")


def _checked(name: object, what: str) -> str:
    if not isinstance(name, str):  # a program's number
        raise ProjectError(f"{name!r} cannot name {what} because it is no text; {_ALLOWED}.")
    stored = stored_form(name)
    fault = _fault(stored)
    if fault:
        raise ProjectError(f"{name!r} cannot name {what} because it {fault}; {_ALLOWED}.")
    return stored


def check_room(names: Iterable[str]) -> None:
    """ProjectError where a head could not tell so many classes apart."""
    count = len(set(names) - {UNKNOWN})
    if count > CLASSES_MAX:
        raise ProjectError(
            f"A head holds at most {CLASSES_MAX} classes and there would be {count}; remove or "
            "merge some."
        )


@lru_cache
def name_fault(name: str) -> str:
    """Why no class can have this name, as a clause; empty where one can."""
    return _fault(stored_form(name))


def portable_name(name: str) -> str | None:
    """The nearest allowed name to one from elsewhere, or None where nothing is left of it."""
    kept = "".join("-" if _is_forbidden(char) else char for char in stored_form(name))
    shortened = kept.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" ." + _JOINERS)
    candidate = stored_form(shortened)
    if _fault(candidate):
        candidate = stored_form(f"_{candidate}")  # a device name such as CON
    return candidate if _shows(shortened.strip("-_")) and not _fault(candidate) else None


def same_name(name: str, existing: Iterable[str]) -> str | None:
    """The existing name that this one is: itself, or one that differs by case at most."""
    others = list(existing)
    if name in others:
        return name
    key = name_key(name)
    return next((other for other in others if name_key(other) == key), None)


def only_composed_otherwise(one: str, other: str) -> bool:
    """Whether two names look the same: an accent is part of a letter in one, and alone in one."""
    return one != other and _composed(one) == _composed(other)


@lru_cache
def name_key(name: str) -> str:
    """What names share that cannot stand side by side on every system."""
    return _composed(stored_form(name).casefold())


@lru_cache
def stored_form(name: str) -> str:
    """How a name is written where it is stored; not yet whether it may be a class's."""
    composed = _INVISIBLE.sub("", _composed(name))
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in composed)
    stored = _composed(spaced.strip())
    # Compatibility forms too: whoever writes it in full-width letters means the same.
    plain = unicodedata.normalize("NFKC", stored).casefold().strip(" " + _JOINERS)
    return UNKNOWN if plain == UNKNOWN else stored


def is_unknown(name: str) -> bool:
    """Whether a name means the class of what is to be called unknown."""
    return stored_form(name) == UNKNOWN


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_forbidden(char: str) -> bool:
    return char in _FORBIDDEN or unicodedata.category(char) in _FORBIDDEN_CATEGORIES


def _shows(name: str) -> bool:
    """Whether there is more than marks, spaces and joiners, which stick to what is before them."""
    return any(unicodedata.category(char)[0] not in "MZ" for char in name if char not in _JOINERS)


def _fault(name: str) -> str:
    """Why the name cannot be used, or an empty string."""
    forbidden = sorted({char for char in name if _is_forbidden(char)})
    if forbidden:
        return "holds " + " ".join(map(repr, forbidden))
    if not _shows(name):
        return "shows nothing" if name.strip() else "is empty"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"is {len(name.encode())} bytes long"
    if name[0] in ". " or name[-1] in ". ":
        return "begins or ends with a dot or a space"
    if _DEVICE.fullmatch(name.split(".")[0].rstrip()):
        return "is a device's name on Windows"
    return ""
