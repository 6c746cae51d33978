"""What both the page and the summary show of a run."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tinyteach.hil.results import (
    DEPARTED,
    ERROR,
    FAILED,
    NO_BOARD,
    OUTCOMES,
    QUARANTINED,
    RETRIED,
    WRONG_BOARD,
    Outcome,
    Run,
    Sighting,
)

BAD = (FAILED, ERROR, NO_BOARD, WRONG_BOARD, DEPARTED)
TOLD = (*BAD, RETRIED, QUARANTINED)
# In sentences on a first difference, and on how many pictures there is one.
PARTS = ("on the board and", "otherwise than this computer")


class Matrix(NamedTuple):
    """What was shown, by row, and what was said: counts. ``labels`` are of the columns."""

    labels: list[str]
    rows: list[tuple[str, list[int]]]


def counts(run: Run) -> str:
    """Such as ``2 failed, 7 passed``."""
    found = Counter(each.outcome for each in run.outcomes)
    ordered = [name for name in (*BAD, *OUTCOMES) if found[name]]
    return (
        ", ".join(f"{found[name]} {name}" for name in dict.fromkeys(ordered)) or "nothing was run"
    )


def verdict(run: Run) -> str:
    """The run in a word."""
    if run.of(*BAD) or run.code not in (0, 20):
        return "red"
    return "passed on retry" if run.of(RETRIED) else "green"


def told(run: Run) -> list[Outcome]:
    """The tests that have something to tell, the worst first."""
    return [each for name in TOLD for each in run.of(name)]


def parting(run: Run) -> list[str]:
    """Where board and computer part, each once."""
    said = (line for each in run.outcomes for line in (*each.why, each.reason))
    return list(dict.fromkeys(line for line in said if any(part in line for part in PARTS)))


def matrix(sightings: Sequence[Sighting]) -> Matrix:
    """What was taken for what."""
    shown = list(dict.fromkeys(each.truth for each in sightings))
    labels = list(dict.fromkeys([*shown, *(each.label for each in sightings)]))
    found = Counter((each.truth, each.label) for each in sightings)
    return Matrix(labels, [(truth, [found[truth, label] for label in labels]) for truth in shown])
