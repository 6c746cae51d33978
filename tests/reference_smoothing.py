"""Scores smoothed over time as a board does it, in whole numbers (SPEC.md, Rules).

The reference of the agent's ``smoothing.py``, bit for bit.
"""

import numpy as np
from numpy.typing import NDArray


def smooth(scores: NDArray[np.int8], weight: int) -> NDArray[np.int64]:
    """Smoothed probabilities in 256ths, int [views, C], of int8 scores [views, C].

    ``weight`` of a new view in 256ths, 1 to 256. With levels of 16 bits,
    ``level += ((steps * 256 - level) * weight) >> 8``, the first view taken as it is.
    """
    targets = (scores.astype(np.int64) + 128) << 8
    levels = targets.copy()
    for view in range(1, len(targets)):
        last = levels[view - 1]
        levels[view] = last + ((targets[view] - last) * weight >> 8)
    return (levels + 128) >> 8


def believed(smoothed: NDArray[np.int64], labels: int, threshold: int) -> list[int]:
    """Per view the best of the first ``labels``, -1 where it is below ``threshold`` (256ths)."""
    best = smoothed[:, :labels].argmax(axis=1)
    return [
        int(index) if row[index] >= threshold else -1
        for row, index in zip(smoothed, best, strict=True)
    ]
