"""Files that people take for photographs and that cannot be read here: what to do with each."""

import codecs
import importlib.util
from pathlib import PurePath

from tinyteach.extras import how_to_add

# What reads HEIC: the extra of that name.
READS_HEIC = importlib.util.find_spec("pillow_heif") is not None
_HEIC = (
    "is a HEIC photograph that is damaged or of an odd kind; save it as JPEG"
    if READS_HEIC
    else 'is a HEIC photograph; run "{heic}" and try again, or save it as '
    "JPEG (an iPhone takes JPEG once Settings, Camera, Formats is set to Most Compatible)"
)
_RAW = "is a camera's raw file, which cannot be read here; save it as JPEG"
_VECTOR = "is a drawing, no photograph; save it as PNG"
_FOREIGN = {
    **dict.fromkeys((".heic", ".heif", ".hif"), _HEIC),
    **dict.fromkeys((".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"), _RAW),
    **dict.fromkeys((".svg", ".ai", ".eps"), _VECTOR),
    **dict.fromkeys(
        (".jxl", ".jp2", ".j2k", ".psd", ".xcf", ".ico", ".tga", ".avif"),
        "is of a kind that cannot be read here; save it as PNG or JPEG",
    ),
    **dict.fromkeys(
        (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"),
        "is a film; save the frames that you want as PNG or JPEG",
    ),
}
_HEIF_BRANDS = (b"hei", b"hev", b"mif", b"msf")
_PAGE = "is a web page, no {what}; open its address in a browser and download the {what} itself"
_CONTENTS = {
    b"version https://git-lfs": "is only Git LFS's note of where the {what} is; run 'git lfs "
    "pull' in the repository that it came from",
    b"/annex/objects/": "is only git-annex's note of where the {what} is; run 'git annex get' in "
    "the repository that it came from",
    **dict.fromkeys((b"<!doctype html", b"<html", b"<head", b"<body", b"<script"), _PAGE),
    b"<svg": _VECTOR,
    b"<?xml": "is a server's message or a drawing, no {what}; download the {what} itself",
    b"\x1ae\xdf\xa3": "is sound or film, no photograph; replace it by a photograph",
}


def is_heic(content: bytes) -> bool:
    """Whether a file that begins so is HEIC, whatever it is called."""
    return content[4:8] == b"ftyp" and content[8:11] in _HEIF_BRANDS


def foreign_kind(name: str, content: bytes = b"", what: str = "photograph") -> str:
    """What a file is that cannot be read here, and what to do, as a clause; or an empty string.

    By its content, or by its name alone. ``what`` is what it was taken for.
    """
    if is_heic(content):
        return _completed(_HEIC)
    start_of_it = content[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for start, told in _CONTENTS.items():
        if start_of_it.startswith(start):
            return told.format(what=what)
    return _completed(_FOREIGN.get(PurePath(name).suffix.lower(), ""))


def _completed(told: str) -> str:
    """With the command in it, which is not looked for before somebody needs it."""
    return told.replace("{heic}", how_to_add("heic")) if "{heic}" in told else told
