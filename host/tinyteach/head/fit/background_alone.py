"""Classes that are told apart by what is behind them: all photographs before one wall.

The features are the network's last map, 4×4 cells with the embeddings that ship. Where a class is
recognised by the outer cells alone, its outer cells resemble each other more than they do those of
other classes, and more so than the inner ones, where the thing is, it is the background that is
alike. `bench/forecast.py` measures how often that is found where walls were planted, and said where
there were none.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyteach.head.fit.related import Related, related
from tinyteach.head.fit.samples import Samples

FEWEST = 15  # photographs of a class; fewer are alike by chance
RECOGNISED = 0.9  # of its photographs, by the outer cells
ALIKE = 0.8  # distance among themselves, of that to other classes
ALIKE_BEYOND_INNER = 0.92  # the same, of that of the inner cells


def background_alone(samples: Samples, bursts: Sequence[str], seed: int = 0) -> tuple[str, ...]:
    """Labels of such classes; none where features are no map. ``bursts`` are all photographs'."""
    if min(samples.grid) < 3 or len(samples.labels) < 2:
        return ()
    border, inside = _cells(samples.features.shape[1], samples.grid)
    outer, inner = related(samples, bursts, border), related(samples, bursts, inside)
    recall = _recall(outer, seed)
    return tuple(
        label
        for c, label in enumerate(samples.labels)
        if np.sum(outer.targets == c) >= FEWEST
        and recall[c] >= RECOGNISED
        and _closeness(outer, c) <= min(ALIKE, ALIKE_BEYOND_INNER * _closeness(inner, c))
    )


def _cells(features: int, grid: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the outer cells' features and of the inner ones'."""
    is_inner = np.zeros(grid, bool)
    is_inner[1:-1, 1:-1] = True
    inner = np.repeat(is_inner.ravel(), features // is_inner.size)
    return np.flatnonzero(~inner), np.flatnonzero(inner)


def _recall(photos: Related, seed: int) -> NDArray[np.float64]:
    """Fraction recognised by class; 0 where nothing could be tested."""
    right = np.zeros(len(photos.targets))
    for train, test in photos.folds(seed):
        right[test] = photos.taken_for(train, test) == photos.targets[test]
    recall: NDArray[np.float64] = np.bincount(photos.targets, right) / np.bincount(photos.targets)
    return recall


def _closeness(photos: Related, class_index: int) -> float:
    """Mean squared distance among a class's photographs, of that to all others."""
    own = photos.targets == class_index
    apart = photos.apart()
    count = int(own.sum())
    among = apart[np.ix_(own, own)].sum() / (count * (count - 1))
    beyond = apart[np.ix_(own, ~own)].mean()
    return float(among / beyond) if beyond else 1.0
