"""Which photographs were taken in one go, guessed from their names where no record says.

Frames of one recording resemble each other. Accuracy is honest only when a
recording stands whole on one side of a split, so every photograph has a burst.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

# <time>-<burst>-<number>, the names that TinyTeach gives.
_OWN = re.compile(r"(?P<burst>\d{8}T\d{9}Z-[0-9a-f]{6})-\d+")
# What Roboflow adds to the name of each picture that it makes of one: cup_jpg.rf.2b1f….jpg.
_MADE_OF = re.compile(r"(?P<original>.+)\.rf\.[0-9A-Za-z]{16,}")
# A stem, a separator, a number: frame_001, IMG_2034, cup (3), 017.
_NUMBERED = re.compile(r"(?P<stem>.*?)[ _.-]*\(?(?P<number>\d{1,9})\)?")

BLOCK = 10  # neighbours that stay together, at most
MIN_BLOCKS = 5  # blocks that a numbered series is cut into, so that it can be split at all


def own_burst(name: str) -> str | None:
    """The burst in a name that TinyTeach gave, or None for any other name."""
    own = _OWN.match(name)
    return own["burst"] if own else None


def guess_bursts(names: Sequence[str], place: str) -> list[str]:
    """A burst for each file name (without suffix) of one folder, which ``place`` names.

    TinyTeach's own names hold theirs. Of other numbered names nobody can know
    whether they are frames of a video or separate photographs, so neighbours
    by number stay together in blocks of up to ten, as time series are split.
    A name without a number is a burst of its own. Pictures that another tool made of one, and
    says so in their names, have one burst.
    """
    made_of = [_MADE_OF.fullmatch(name) for name in names]
    names = [made["original"] if made else name for made, name in zip(made_of, names, strict=True)]
    series: dict[str, list[tuple[int, int]]] = defaultdict(list)
    bursts = [own_burst(name) or f"{place}/{name}" for name in names]
    for position, name in enumerate(names):
        numbered = _NUMBERED.fullmatch(name)
        if numbered and own_burst(name) is None:
            series[numbered["stem"]].append((int(numbered["number"]), position))
    for stem, members in series.items():
        for burst, position in _blocks(f"{place}/{stem}", sorted(members)):
            bursts[position] = burst
    return bursts


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


def _blocks(stem: str, members: list[tuple[int, int]]) -> list[tuple[str, int]]:
    length = max(1, min(BLOCK, len(members) // MIN_BLOCKS))
    return [(f"{stem}#{rank // length}", position) for rank, (_, position) in enumerate(members)]
