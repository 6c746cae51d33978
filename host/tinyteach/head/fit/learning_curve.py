"""What more photographs would bring: an error that falls by a power of their number.

Learning curves are power laws over the sizes that matter here (Hestness et al. 2017, "Deep
Learning Scaling is Predictable, Empirically"). The exponent comes from kernel ridge regressions on
parts of the photographs, tested on recordings that they have not seen: ten times as quick as the
heads themselves, and they gain as much. The level is that of the training's own test.
`bench/forecast.py` measures what becomes of the forecasts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyteach.head.fit.evaluation import Evaluation
from tinyteach.head.fit.related import Related
from tinyteach.head.fit.splits import Folds

MORE = (5, 10, 20)  # photographs a class
PARTS = (0.25, 0.375, 0.5, 0.75, 1.0)  # of the photographs that a fold trains on
DRAWS = 6  # orders of the recordings
FEWEST = 8  # photographs in each class; parts of fewer say nothing
OWN_ERROR = 0.04  # what forecasts are off by, beyond what the training's interval holds
_HALF_A_MISTAKE = 0.01  # added to errors, so that none is no infinite gain


@dataclass(frozen=True)
class LearningCurve:
    """Error ∝ photographs^−``exponent``; ``spread`` is its standard deviation over the draws."""

    exponent: float
    spread: float


@dataclass(frozen=True)
class Forecast:
    """Expected accuracy with so many photographs ``more`` a class, and its 95 % band."""

    more: int
    accuracy: float
    low: float
    high: float


def learning_curve(photos: Related, seed: int = 0) -> LearningCurve | None:
    """The curve of these photographs; None where they are too few."""
    folds = photos.folds(seed)
    if photos.fewest < FEWEST or not folds:
        return None
    rng = np.random.default_rng(seed)
    exponents = [_draw(photos, folds, rng) for _ in range(DRAWS)]
    return LearningCurve(float(np.mean(exponents)), float(np.std(exponents)))


def forecasts(
    curve: LearningCurve,
    evaluation: Evaluation,
    interval: tuple[float, float] | None,
    photos: int,
) -> list[Forecast]:
    """The accuracy to come of ``photos`` of the classes; none where nothing was tested."""
    if evaluation.accuracy is None or interval is None or evaluation.folds < 2:
        return []
    now = photos / len(evaluation.labels)
    learnt_from = now * (1 - 1 / evaluation.folds)  # by the heads that were tested
    return [
        _forecast(curve, evaluation.accuracy, interval, more, (now + more) / learnt_from)
        for more in MORE
    ]


def _forecast(
    curve: LearningCurve,
    accuracy: float,
    interval: tuple[float, float],
    more: int,
    times: float,
) -> Forecast:
    slow, fast = (_in_bounds(curve.exponent + sign * 2 * curve.spread) for sign in (-1, 1))
    expected = 1 - (1 - accuracy) * times**-curve.exponent
    below = expected - (1 - (1 - interval[0]) * times**-slow)
    above = 1 - (1 - interval[1]) * times**-fast - expected
    low, high = expected - math.hypot(below, OWN_ERROR), expected + math.hypot(above, OWN_ERROR)
    return Forecast(more, expected, max(0.0, low), min(1.0, high))


def _draw(photos: Related, folds: Folds, rng: np.random.Generator) -> float:
    """The exponent that one order of the recordings gives."""
    counts, wrong = np.zeros(len(PARTS)), np.zeros(len(PARTS))
    for train, test in folds:
        order = _shuffled(train, photos.groups, rng)
        for place, part in enumerate(PARTS):
            some = _first(order, photos.targets, part)
            counts[place] += len(some)
            wrong[place] += np.sum(photos.taken_for(some, test) != photos.targets[test])
    error = wrong / sum(len(test) for _, test in folds) + _HALF_A_MISTAKE
    return _in_bounds(-float(np.polyfit(np.log(counts), np.log(error), 1)[0]))


def _shuffled(
    train: NDArray[np.intp], groups: Sequence[str], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Whole recordings in a drawn order, so that parts of the photographs hold few of them."""
    names = np.unique([groups[i] for i in train])
    ranks = dict(zip(names.tolist(), rng.permutation(len(names)).tolist(), strict=True))
    return train[np.argsort([ranks[groups[i]] for i in train], kind="stable")]


def _first(order: NDArray[np.intp], targets: NDArray[np.intp], part: float) -> NDArray[np.intp]:
    """The first ``part`` of each class, one photograph at least."""
    classes = [order[targets[order] == c] for c in np.unique(targets[order])]
    return np.concatenate([of_class[: max(1, round(part * len(of_class)))] for of_class in classes])


def _in_bounds(exponent: float) -> float:
    return min(max(exponent, 0.0), 1.0)
