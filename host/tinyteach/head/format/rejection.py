"""Unknown by default: from which score on the best class is believed.

A head without this is sure of everything: shown neither a mask nor a bare face, the softmax of
two classes still says one of them with 90 % and more. Two things mend it. The head has one
output more, trained on pictures of anything (the background set that comes with the
embedding), which takes probability from the others. And the best class must reach a
threshold, chosen here from photographs that the heads under test had not seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

UNKNOWN = "unknown"
STEPS = 256  # a score's probability is (score + 128) / STEPS
FALSE_REJECTS_MAX = 0.05
# The photographs tested on resemble those trained on, and score higher than what a board will see:
# a threshold next to certainty would call most of that unknown.
THRESHOLD_MAX = 179  # 70 %
DEFAULT_THRESHOLD = 128  # where nothing could be tested: more likely than all else together

BACKGROUND = "the background set"
LEFT_OUT = "classes left out one at a time"
OWN = "your photographs of unknown"


@dataclass(frozen=True)
class Rejection:
    """A threshold and what it does; rates are fractions, None where nothing was tested.

    A best class whose score + 128 is below ``threshold`` is unknown; 0 accepts everything.
    """

    threshold: int
    false_rejects: float | None = None  # of photographs of the head's classes
    false_accepts: dict[str, float] = field(default_factory=dict)  # by what was shown

    @property
    def probability(self) -> float:
        """The threshold as the probability that the best class must reach."""
        return self.threshold / STEPS

    def sentence(self) -> str:
        """For a person; empty where everything is accepted."""
        if not self.threshold:
            return ""
        first = f"Below {self.probability:.0%} it says unknown"
        if self.false_rejects is None or not self.false_accepts:
            return f"{first}; how often that is wrong could not be tested."
        accepted = ", ".join(f"{rate:.0%} of {name}" for name, rate in self.false_accepts.items())
        return (
            f"{first}: wrongly for {self.false_rejects:.0%} of its own photographs "
            f"(false rejects), and it wrongly accepts {accepted} (false accepts)."
        )


def choose_threshold(known: NDArray[np.int8], unknown: Mapping[str, NDArray[np.int8]]) -> Rejection:
    """The threshold with the fewest false rejects and false accepts, taken together.

    ``known`` are the best class's scores (int8) on photographs of the classes, ``unknown``
    those on other things by source; neither seen in training. False rejects stay at 5 % or
    less, the threshold at 70 % or less. Where several do equally well the middle one has most
    room both ways.
    """
    tested = {name: scores for name, scores in unknown.items() if len(scores)}
    if not len(known) or not tested:
        return Rejection(DEFAULT_THRESHOLD if tested else 0)
    rejected = _share_below(known)
    accepted = {name: 1 - _share_below(scores) for name, scores in tested.items()}
    cost = rejected + np.mean(list(accepted.values()), axis=0)
    cost[rejected > FALSE_REJECTS_MAX] = np.inf
    cost[THRESHOLD_MAX + 1 :] = np.inf
    best = np.flatnonzero(cost <= cost.min() + 1e-12)
    threshold = int(best[len(best) // 2])
    rates = {name: float(shares[threshold]) for name, shares in accepted.items()}
    return Rejection(threshold, float(rejected[threshold]), rates)


def _share_below(scores: NDArray[np.int8]) -> NDArray[np.floating]:
    """For each threshold 0…255, the share of ``scores`` (int8) below it: float64, 256."""
    counts = np.bincount(scores.astype(int) + 128, minlength=STEPS)
    return np.concatenate([[0], np.cumsum(counts)[:-1]]) / len(scores)
