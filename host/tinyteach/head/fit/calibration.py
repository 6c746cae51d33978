"""Probabilities that mean what they say: of all '80 %', four in five right.

Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks"): all logits
are divided by one number, chosen on photographs that the heads had not seen. The order of the
classes stays.
"""

import numpy as np
from numpy.typing import NDArray

from tinyteach.head.fit.regression import balanced_log_loss

TEMPERATURES = np.geomspace(0.25, 4.0, 33)
BINS = 10


def best_temperature(logits: NDArray[np.floating], targets: NDArray[np.intp]) -> float:
    """The temperature of least log loss, classes weighing the same; 1 where nothing is given."""
    if not len(targets):
        return 1.0
    losses = [balanced_log_loss(logits / t, targets) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def calibration_error(probabilities: NDArray[np.floating], right: NDArray[np.bool]) -> float | None:
    """Expected calibration error: |share right − probability|, averaged over ten equal bins.

    ``probabilities`` (float, N) of the class said, ``right`` (bool, N) whether it was that.
    """
    if not len(right):
        return None
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=right - probabilities, minlength=BINS)
    return float(np.abs(gaps).sum() / len(right))
