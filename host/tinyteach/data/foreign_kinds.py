"""Files that people take for photographs and that cannot be read here: what to do with each."""

from pathlib import PurePath

_HEIC = (
    "is a HEIC photograph, which cannot be read here; save it as JPEG (an iPhone takes JPEG once "
    "Settings, Camera, Formats is set to Most Compatible)"
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
_CONTENTS = {
    b"version https://git-lfs": "is only Git LFS's note of where the photograph is; run 'git lfs "
    "pull' in the repository that it came from",
    b"<!doctype html": "is a web page, no photograph; download the photograph itself",
    b"<html": "is a web page, no photograph; download the photograph itself",
    b"<svg": _VECTOR,
    b"\x1ae\xdf\xa3": "is sound or film, no photograph; replace it by a photograph",
}


def foreign_kind(name: str, content: bytes = b"") -> str:
    """What a file is that cannot be read here, and what to do, as a clause; or an empty string.

    By its content, or by its name alone.
    """
    if content[4:8] == b"ftyp" and content[8:11] in _HEIF_BRANDS:
        return _HEIC
    start_of_it = content[:512].lstrip().lower()
    for start, told in _CONTENTS.items():
        if start_of_it.startswith(start):
            return told
    return _FOREIGN.get(PurePath(name).suffix.lower(), "")
