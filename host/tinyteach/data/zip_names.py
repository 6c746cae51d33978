"""Names in zips as whoever made the zip read them, which the zip seldom states rightly.

The format knows UTF-8, by a flag, and code page 437 (PKWARE's APPNOTE, appendix D). macOS writes
UTF-8 without the flag, Windows the code page of its language, Info-ZIP a field of its own with the
name in UTF-8 (APPNOTE 4.6.9).
"""

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
_STATED = "cp437"
# In the order in which equally likely ones are taken.
_GUESSES = {
    "cp437": "code page 437",
    "cp850": "code page 850",
    "gbk": "GBK",
    "cp932": "Shift-JIS",
    "big5": "Big5",
    "cp949": "Korean",
    "cp866": "code page 866",
    "cp1252": "Windows-1252",
}
_LATIN = ("cp437", "cp850", "cp1252")
_HANGUL_SURE = 8  # syllables; fewer may as well be Chinese


def decoded_names(infos: Sequence[zipfile.ZipInfo]) -> tuple[list[str], str]:
    """Each entry's name; and which encoding was guessed, or an empty string."""
    names = [_certain_name(info) for info in infos]
    raw = {
        position: infos[position].orig_filename.encode(_STATED, "replace")
        for position, name in enumerate(names)
        if name is None
    }
    encoding = _encoding_of(list(raw.values())) if raw else ""
    found = [
        raw[position].decode(encoding, "replace") if name is None else name
        for position, name in enumerate(names)
    ]
    return found, "" if encoding == "utf-8" else _GUESSES.get(encoding, "")


def _certain_name(info: zipfile.ZipInfo) -> str | None:
    """The name where nothing about it has to be guessed."""
    if info.flag_bits & _UTF8_FLAG or info.orig_filename.isascii():
        return _unicode_path(info, info.orig_filename.encode()) or info.orig_filename
    return _unicode_path(info, info.orig_filename.encode(_STATED, "replace"))


def _unicode_path(info: zipfile.ZipInfo, raw: bytes) -> str | None:
    """The Unicode path field, unless it was made for another name."""
    at, extra = 0, info.extra
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + size]
        is_path = kind == _UNICODE_PATH and len(body) > 5 and body[0] == 1
        if is_path and struct.unpack_from("<I", body, 1)[0] == zlib.crc32(raw):
            return body[5:].decode("utf-8", "replace")
        at += 4 + size
    return None


def _encoding_of(names: list[bytes]) -> str:
    joined = b"\n".join(names)
    if _text(joined, "utf-8") is not None:
        return "utf-8"
    scores = {encoding: _likelihood(joined, encoding) for encoding in _GUESSES}
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] > 0 else _STATED


def _text(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _likelihood(content: bytes, encoding: str) -> float:
    """How much like words the letters beyond ASCII are, on average; below 0 for unlike."""
    text = _text(content, encoding)
    if text is None:
        return -1
    if encoding == "cp949" and sum(map(_is_common_hangul, text)) < _HANGUL_SURE:
        return 0
    around = zip(" " + text, text, text[1:] + " ", strict=False)
    scores = [_score(*three, encoding) for three in around if not three[1].isascii()]
    return sum(scores) / len(scores)


def _score(before: str, char: str, after: str, encoding: str) -> float:
    if not unicodedata.category(char).startswith(("L", "M")):
        return 0.3 if unicodedata.east_asian_width(char) in "FW" else -1
    if encoding in _LATIN:
        return _score_of_latin(char, after)
    if encoding == "cp866":
        return _score_of_cyrillic(before, char, after)
    return _score_of_ideograph(char, encoding) - 0.5 * (after.isascii() and after.islower())


def _score_of_latin(char: str, after: str) -> float:
    """In words of Latin letters those with marks seldom meet, and a capital follows none."""
    if not unicodedata.name(char, "").startswith("LATIN"):
        return -1
    meets = after.isalpha() and not after.isascii()
    return 1 - 1.5 * meets - 2 * (char.islower() and after.isupper())


def _score_of_cyrillic(before: str, char: str, after: str) -> float:
    """A word is of one script."""
    is_mixed = any(near.isascii() and near.isalpha() for near in (before, after))
    return 1 if unicodedata.name(char, "").startswith("CYRILLIC") and not is_mixed else -1


def _is_common_hangul(char: str) -> bool:
    return "가" <= char <= "힣" and bool(char.encode("euc_kr", "ignore"))


def _score_of_ideograph(char: str, encoding: str) -> float:
    """High for the characters that a language uses most, which stand first in its set."""
    if encoding == "cp932":
        if "\uff61" <= char <= "\uff9f":  # half-width katakana: what other sets look like
            return -1
        if "\u3040" <= char <= "\u30ff" or char == "\u30fc":
            return 1.2
        return 0.8 if 0x88 <= char.encode(encoding)[0] <= 0x97 else 0
    if encoding == "cp949":
        return 1.1 if _is_common_hangul(char) else -1
    if encoding == "gbk":
        first = char.encode("gb2312", "ignore")[:1]
        return 1 if b"\xb0" <= first <= b"\xd7" else 0.3 if first else -0.5
    return 0.8 if 0xA4 <= char.encode(encoding)[0] <= 0xC6 else 0
