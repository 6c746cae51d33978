"""Which photographs were taken in one go, guessed from their names where no record says.

Frames of one recording resemble each other. Accuracy is honest only when a
recording stands whole on one side of a split, so every photograph has a burst.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

# <time>-<burst>-<number>, the names that TinyTeach gives.
_OWN = re.compile(r"(?P<burst>\d{8}T\d{9}Z-[0-9a-f]{6})-\d+")
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
    A name without a number is a burst of its own.
    """
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


def _blocks(stem: str, members: list[tuple[int, int]]) -> list[tuple[str, int]]:
    length = max(1, min(BLOCK, len(members) // MIN_BLOCKS))
    return [(f"{stem}#{rank // length}", position) for rank, (_, position) in enumerate(members)]
