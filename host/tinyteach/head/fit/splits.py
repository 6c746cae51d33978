"""Divides photographs for testing so that no recording stands on both sides.

Frames of one burst resemble each other: a head tested on frames whose neighbours it
has seen looks better than it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FOLDS = 5

Folds: TypeAlias = list[tuple[NDArray[np.intp], NDArray[np.intp]]]  # of (train, test)


@dataclass(frozen=True)
class Splits:
    """Pairs of indices (train, test), and where whole bursts could not be had."""

    folds: Folds
    cut: frozenset[int]  # classes whose bursts had to be cut: their accuracy is optimistic
    untested: frozenset[int]  # classes of one photograph, which training needs


def plan_splits(
    targets: NDArray[np.intp], bursts: Sequence[str], folds: int = FOLDS, seed: int = 0
) -> Splits:
    """Plan at most ``folds`` splits; each photograph of a tested class is tested once.

    ``targets`` (int, N) are classes, ``bursts`` the recording of each photograph. Every
    split trains on every class. A class with a single burst is cut into runs of
    neighbouring photographs, in the given order, and named in ``cut``.
    """
    # A training asks for the same ones several times, and scikit-learn takes a while.
    return _planned(tuple(targets.tolist()), tuple(bursts), folds, seed)


@lru_cache(maxsize=2)
def _planned(classes: tuple[int, ...], bursts: tuple[str, ...], folds: int, seed: int) -> Splits:
    targets = np.array(classes, int)
    counts = np.bincount(targets)
    untested = frozenset(np.flatnonzero(counts == 1).tolist())
    tested = np.flatnonzero(counts[targets] > 1)
    groups = np.array(bursts, dtype=object)
    single = [c for c in np.unique(targets[tested]) if len(set(groups[targets == c])) == 1]
    found = _whole_bursts(targets, _cut(groups, targets, single, folds), tested, folds, seed)
    if found is None:  # bursts that hold several classes at once can leave no other way
        single = np.unique(targets[tested]).tolist()
        found = _whole_bursts(targets, _cut(groups, targets, single, folds), tested, folds, seed)
    return Splits(found or [], frozenset(map(int, single)), untested)


def _cut(
    groups: NDArray[np.object_], targets: NDArray[np.intp], classes: list[int], folds: int
) -> NDArray[np.object_]:
    """``groups`` with those of ``classes`` replaced by runs of neighbouring photographs."""
    groups = groups.copy()
    for class_index in classes:
        members = np.flatnonzero(targets == class_index)
        for run, part in enumerate(np.array_split(members, min(folds, len(members)))):
            groups[part] = class_index * folds + run  # a number is no burst's name
    return groups


def _whole_bursts(
    targets: NDArray[np.intp],
    groups: NDArray[np.object_],
    tested: NDArray[np.intp],
    folds: int,
    seed: int,
) -> Folds | None:
    """Splits of whole ``groups`` in as many folds as leave every class something to train on."""
    from sklearn.model_selection import StratifiedGroupKFold

    if not len(tested):
        return None
    wanted, numbers = targets[tested], _numbers(groups[tested])
    fewest = min(len(np.unique(numbers[wanted == c])) for c in np.unique(wanted))
    always = np.setdiff1d(np.arange(len(targets)), tested)
    for count in range(min(folds, fewest), 1, -1):
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        parts = list(splitter.split(wanted, wanted, numbers))
        if all(set(wanted[train]) == set(wanted) and len(test) for train, test in parts):
            return [(np.union1d(tested[train], always), tested[test]) for train, test in parts]
    return None


def _numbers(groups: NDArray[np.object_]) -> NDArray[np.intp]:
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(group, len(seen)) for group in groups])
