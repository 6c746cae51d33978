"""Unknown by default: when the best class is believed.

A head without this is sure of everything: shown neither a mask nor a bare face, the softmax of
two classes still says one of them with 90 % and more. So the head has one output more, for anything
else (fit/unknown.py says how it is trained). A view is unknown where that is the likeliest of all,
or where the best class does not reach the threshold, which is 0 unless a user moves it. What has
neither background set nor photographs of unknown has no such output, and needs a threshold.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinyteach.head.format import limits

UNKNOWN = limits.UNKNOWN
STEPS = 256  # a score's probability is (score + 128) / STEPS
DEFAULT_THRESHOLD = 128  # where that is needed: more likely than all else together

BACKGROUND = "the background set"
LEFT_OUT = "classes left out one at a time"
OWN = "your photographs of unknown"


Z_95 = 1.96  # standard deviations on either side of the middle that hold 95 %


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a ``share`` of ``count`` independent cases, at least 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927).
    """
    spread = Z_95**2 / count
    middle = (share + spread / 2) / (1 + spread)
    variance = share * (1 - share) / count + spread / (4 * count)
    half = Z_95 / (1 + spread) * math.sqrt(variance)
    # It holds the share itself, whatever was rounded.
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def is_known(best: float, other: float, threshold: float) -> bool:
    """Whether the best class is believed: anything else is not likelier, and it is likely enough.

    All are probabilities, or scores; ``other`` is the lowest there is where the head has none.
    """
    return best >= max(other, threshold)


def are_known(scores: NDArray[np.int8], labels: int, threshold: int = 0) -> NDArray[np.bool]:
    """`is_known` of rows of scores, int8 [n, outputs], those of ``labels`` first: bool, n."""
    best, other = (
        part.max(axis=1, initial=-128).astype(int) for part in np.split(scores, [labels], axis=1)
    )
    return np.asarray(best >= np.maximum(other, threshold - 128))


@dataclass(frozen=True)
class Rejection:
    """A threshold and what comes of it; rates are fractions, None where nothing was tested.

    A best class whose score + 128 is below ``threshold`` is unknown, too.
    """

    threshold: int
    false_rejects: float | None = None  # of photographs of the head's classes
    false_accepts: dict[str, float] = field(default_factory=dict)  # by what was shown
    # By what was shown to the head with all its classes: how many were taken for each class, and
    # last how many for none.
    taken_for: dict[str, tuple[int, ...]] = field(default_factory=dict)
    recordings: int = 0  # of the head's classes that were tested
    shown: dict[str, int] = field(default_factory=dict)  # how many of anything else, by what it is

    @property
    def probability(self) -> float:
        """The threshold as the probability that the best class must reach."""
        return self.threshold / STEPS

    @property
    def false_rejects_interval(self) -> tuple[float, float] | None:
        """That holds the true rate with 95 % probability; None where nothing was tested."""
        if self.false_rejects is None or not self.recordings:
            return None
        return wilson(self.false_rejects, self.recordings)

    @property
    def false_accepts_intervals(self) -> dict[str, tuple[float, float]]:
        """The same by what was shown."""
        counted = self.shown.items()
        return {name: wilson(self.false_accepts[name], count) for name, count in counted}

    def sentence(self) -> str:
        """For a person; empty where everything is accepted."""
        tested = self.false_rejects is not None and self.false_accepts
        if not self.threshold and not tested:
            return ""
        first = f"Below {self.probability:.0%} it says unknown" if self.threshold else _LIKELIEST
        if not tested:
            return f"{first}; how often that is wrong could not be tested."
        intervals = self.false_accepts_intervals
        accepted = ", ".join(
            f"{_rate(rate, intervals.get(name))} of {name}"
            for name, rate in self.false_accepts.items()
        )
        return (
            f"{first}: wrongly for {_rate(self.false_rejects, self.false_rejects_interval)} of its "
            f"own photographs (false rejects), and it wrongly accepts {accepted} (false accepts)."
        )


def _rate(rate: float | None, interval: tuple[float, float] | None) -> str:
    between = f" ({interval[0]:.0%} to {interval[1]:.0%})" if interval else ""
    return f"{rate or 0:.0%}{between}"


_LIKELIEST = "It says unknown where that is likelier than every class"


def rejection_of(
    own: NDArray[np.int8],
    others: Mapping[str, NDArray[np.int8]],
    labels: int,
    recordings: int | None = None,
) -> Rejection:
    """How often scores (int8, n × outputs, those of ``labels`` first) are wrong about unknown.

    ``own`` are those of photographs of the classes, of so many ``recordings`` (by default each of
    one of its own), ``others`` of anything else by source. Where nothing was tested, or the scores
    have none for anything else, there is a threshold.
    """
    tested = {name: scores for name, scores in others.items() if len(scores)}
    if not len(own) or not tested:
        return Rejection(DEFAULT_THRESHOLD)
    # Heads that lack a class have one output less.
    has_other = own.shape[1] > labels
    threshold = 0 if has_other else DEFAULT_THRESHOLD
    accepted = {
        name: float(np.mean(are_known(s, s.shape[1] - has_other, threshold)))
        for name, s in tested.items()
    }
    taken = {
        name: _taken_for(scores, threshold, labels)
        for name, scores in tested.items()
        if scores.shape[1] == own.shape[1]
    }
    return Rejection(
        threshold,
        float(np.mean(~are_known(own, labels, threshold))),
        *(accepted, taken),
        recordings=len(own) if recordings is None else recordings,
        shown={name: len(scores) for name, scores in tested.items()},
    )


def _taken_for(scores: NDArray[np.int8], threshold: int, labels: int) -> tuple[int, ...]:
    best = np.where(are_known(scores, labels, threshold), scores[:, :labels].argmax(axis=1), labels)
    return tuple(np.bincount(best, minlength=labels + 1).tolist())
