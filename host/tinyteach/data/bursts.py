"""Which photographs were taken in one go, as far as their names say it where no record does.

Frames of one recording resemble each other. Accuracy is honest only when a
recording stands whole on one side of a split, so every photograph has a burst. A number in a name
says nothing: files of a video and separate photographs are numbered alike. Those that look
nearly the same are found when they are trained on (head/fit/scenes.py).
"""

import re
from collections.abc import Sequence

# What --recordings counts as one: a class's photographs of a day, of a folder, each by itself.
DAY, FOLDER, NONE = RECORDINGS = ("day", "folder", "none")
# <time>-<burst>-<number>, the names that TinyTeach gives.
_OWN = re.compile(r"(?P<burst>\d{8}T\d{9}Z-[0-9a-f]{6})-\d+")
# What Roboflow adds to the name of each picture that it makes of one: cup_jpg.rf.2b1f….jpg.
_MADE_OF = re.compile(r"(?P<original>.+)\.rf\.[0-9A-Za-z]{16,}")


def own_burst(name: str) -> str | None:
    """The burst in a name that TinyTeach gave, or None for any other name."""
    own = _OWN.match(name)
    return own["burst"] if own else None


def guess_bursts(names: Sequence[str], place: str) -> list[str]:
    """A burst for each file name (without suffix) of one folder, which ``place`` names.

    TinyTeach's own names hold theirs. Pictures that another tool made of one, and says so in their
    names, have one burst. Any other is a burst of its own.
    """
    made_of = [_MADE_OF.fullmatch(name) for name in names]
    names = [made["original"] if made else name for made, name in zip(made_of, names, strict=True)]
    return [own_burst(name) or f"{place}/{name}" for name in names]


def joined(bursts: Sequence[str], copies: Sequence[int]) -> list[str]:
    """Bursts made one where a photograph of one is a copy of one of the other.

    ``copies`` has for each photograph the place of the one that it is a copy of, or its own.
    """
    above: dict[str, str] = {}

    def top(burst: str) -> str:
        while burst in above:
            burst = above[burst]
        return burst

    for place, copied in enumerate(copies):
        one, other = top(bursts[copied]), top(bursts[place])
        if one != other:
            above[other] = one
    return [top(burst) for burst in bursts]
