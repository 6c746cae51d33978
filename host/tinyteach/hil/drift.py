"""A slow drift: each run within the noise of the one before, and all of them one way."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinyteach.hil.noise import CONFIDENCE

RUNS_MIN = 7
RUNS_MAX = 30  # that are kept and looked at
# How often runs in which nothing drifts are told to.
CHANCE = 0.001


@dataclass(frozen=True)
class Drift:
    """``per_run`` is the change from run to run, with CONFIDENCE from ``low`` to ``high``."""

    runs: int
    first: float
    last: float
    per_run: float
    low: float
    high: float


def drift_of(levels: Sequence[float], more_is_worse: bool) -> Drift | None:
    """For the worse, over the last runs, the oldest first; None where there is none to be seen.

    Mann and Kendall's test for a trend, and Theil and Sen's slope: an odd run moves neither.
    """
    values = list(levels)[-RUNS_MAX:]
    if len(values) < RUNS_MIN or len(set(values)) == 1:
        return None
    from scipy import stats

    turns = range(len(values))
    side = "greater" if more_is_worse else "less"
    trend = stats.kendalltau(turns, values, alternative=side)
    if not trend.pvalue < CHANCE:
        return None
    slope, first, low, high = stats.theilslopes(values, turns, CONFIDENCE)
    ends = first, first + slope * (len(values) - 1)
    return Drift(len(values), *(float(each) for each in (*ends, slope, low, high)))
