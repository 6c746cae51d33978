"""Whether what a head learns from one camera's photographs holds for another's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.threads import one_blas_thread
from tinyteach.head.fit.evaluate import TEST_VIEWS
from tinyteach.head.fit.folds import as_file
from tinyteach.head.fit.samples import Samples, fit_photos
from tinyteach.head.fit.unknown import FloatHead

BOTH_MIN = 2  # classes that two sources must have in common to be told apart


@dataclass(frozen=True)
class Across:
    """A head of one source's photographs, tested on another's: ``right`` of ``tested``."""

    trained_on: str
    tested_on: str
    trained: int  # photographs
    tested: int
    right: int
    classes: tuple[str, ...]  # that both have photographs of


def across_sources(
    samples: Samples, sources: Sequence[str], between: Sequence[str], strength: float
) -> list[Across]:
    """Each of the sources ``between`` against each other, by the classes that both have.

    ``sources`` has that of each photograph, in order. Nothing where they have too few in common.
    """
    of = np.array(sources, dtype=object)
    found = []
    with one_blas_thread():
        for trained_on, tested_on in permutations(between, 2):
            train, test = (np.flatnonzero(of == source) for source in (trained_on, tested_on))
            result = _tested(samples, train, test, strength)
            if result is not None:
                found.append(Across(trained_on, tested_on, *result))
    return found


def _tested(
    samples: Samples, train: NDArray[np.intp], test: NDArray[np.intp], strength: float
) -> tuple[int, int, int, tuple[str, ...]] | None:
    """How many photographs of both, how many right, and the classes."""
    targets = samples.targets
    both = np.intersect1d(np.unique(targets[train]), np.unique(targets[test]))
    both = both[both < len(samples.labels)]
    if len(both) < BOTH_MIN:
        return None
    labels = tuple(samples.labels[place] for place in both)
    # Of these classes alone, counted anew; what is unknown is asked elsewhere.
    some = replace(
        samples.few_views(TEST_VIEWS),
        labels=labels,
        targets=np.searchsorted(both, targets),
        background=samples.background[:0],
    )
    train, test = (which[np.isin(targets[which], both)] for which in (train, test))
    head = FloatHead(fit_photos(some, train, strength))
    best = as_file(some, train, head).run(some.features[test]).argmax(axis=1)
    return len(train), len(test), int(np.sum(best == some.targets[test])), labels
