"""Text from elsewhere (boards, files' names) made plain: it steers no terminal and no page.

Letters of every script stay, and the joiners that Persian, Indic scripts and emoji need.
"""

import json
import re
from collections.abc import Iterable, Sequence

# What separates lines or columns becomes a blank.
_BLANKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]")
# Half of a character: no encoding has it (a file's name that is not UTF-8 is read so).
_HALVES = re.compile("[\ud800-\udfff]")
# Unicode's Cc, and those of Cf that are not seen: directions that turn text about (UAX 9), spaces
# without width, notes, tags. ZWNJ and ZWJ (200C, 200D) and the signs before numbers are not here.
_UNSEEN_CHARACTERS = (
    "\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_TO_THE_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_UNSEEN = re.compile(f"[{_UNSEEN_CHARACTERS}]")
_HARMFUL = re.compile(f"[{_UNSEEN_CHARACTERS}\u2028\u2029\ud800-\udfff]")


def plain(text: str) -> str:
    """``text`` as one line without what steers a terminal, turns text about or is not seen."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("", _HALVES.sub("\ufffd", _BLANKS.sub(" ", text)))


def one_of(choices: Sequence[str]) -> str:
    """'a, b or c'."""
    *most, last = choices
    return f"{', '.join(most)} or {last}" if most else last


def isolated(text: str, names: Iterable[str]) -> str:
    """``text`` in which ``names`` that hold letters written from right to left turn nothing about.

    Each stands between Unicode's FSI and PDI.
    """
    turning = sorted({each for each in names if _TO_THE_LEFT.search(each)}, key=len, reverse=True)
    if not turning:
        return text
    found = "|".join(map(re.escape, turning))
    return re.sub(found, lambda name: f"\u2068{name[0]}\u2069", text)


def plain_lines(text: str) -> str:
    """The same of several lines, parted by line feeds."""
    return "\n".join(map(plain, text.replace("\r\n", "\n").split("\n")))


def plain_json(value: object) -> str:
    """``value`` as JSON on one line; what is not plain is escaped, so that it stays the same."""
    return _HARMFUL.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def as_typed(word: str) -> str:
    """A word of a command that is shown, to be copied: one with blanks in quotation marks."""
    return f'"{word}"' if " " in word else word
