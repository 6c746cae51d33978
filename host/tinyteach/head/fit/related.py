"""How photographs are related by their features, for questions that need many quick fits.

A kernel ridge regression on the products of all with all answers in a millisecond what a head
answers in a hundred, and is right about as often.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyteach.head.fit.samples import Samples
from tinyteach.head.fit.splits import Folds, plan_splits

MOST = 400  # photographs that are related: what more of them say is hardly surer, and takes long
_PENALTY = 0.3  # of kernels whose mean diagonal is one


@dataclass(frozen=True)
class Related:
    """Photographs of known classes: ``indices`` among all, classes, recordings, products.

    ``kernel`` (float, n×n) are products of their features, less the mean, the mean square one.
    """

    indices: NDArray[np.intp]
    targets: NDArray[np.intp]
    groups: Sequence[str]
    kernel: NDArray[np.float64]

    @property
    def fewest(self) -> int:
        """Photographs of the smallest class."""
        return int(np.bincount(self.targets).min()) if len(self.targets) else 0

    def folds(self, seed: int = 0) -> Folds:
        """As the test of a head divides them."""
        return plan_splits(self.targets, self.groups, seed=seed).folds

    def taken_for(self, train: NDArray[np.intp], test: NDArray[np.intp]) -> NDArray[np.intp]:
        """Classes that a regression on ``train`` gives to ``test``; classes weigh the same."""
        counts = np.bincount(self.targets[train])
        wanted = np.eye(len(counts))[self.targets[train]] - 1 / len(counts)
        weights = np.sqrt(len(train) / len(counts) / counts[self.targets[train]])
        kernel = self.kernel[np.ix_(train, train)] * np.outer(weights, weights)
        kernel.flat[:: len(kernel) + 1] += _PENALTY
        solved = np.linalg.solve(kernel, wanted * weights[:, None])
        answers = self.kernel[np.ix_(test, train)] @ (solved * weights[:, None])
        best: NDArray[np.intp] = answers.argmax(axis=1)
        return best

    def apart(self) -> NDArray[np.float64]:
        """Squared distances of all from all, n×n."""
        own = np.diag(self.kernel)
        squares: NDArray[np.float64] = own[:, None] + own - 2 * self.kernel
        return squares


def related(
    samples: Samples, bursts: Sequence[str], cells: NDArray[np.intp] | None = None
) -> Related:
    """The photographs of ``samples``, their classes thinned alike where they are too many.

    By all features or by those whose indices ``cells`` gives.
    """
    known = samples.known
    step = max(1, math.ceil(len(known) / MOST))
    classes = [known[samples.targets[known] == c][::step] for c in range(len(samples.labels))]
    chosen = np.sort(np.concatenate(classes))
    features = samples.features[chosen]
    values = samples.values(features if cells is None else features[:, cells]).astype(np.float64)
    values -= values.mean(axis=0)
    size = float(np.mean(values**2)) * values.shape[1] or 1.0
    groups = [bursts[i] for i in chosen]
    return Related(chosen, samples.targets[chosen], groups, values @ values.T / size)
