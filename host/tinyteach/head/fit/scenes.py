"""Which photographs of a class show nearly the same, as frames of one recording do.

Frames of a camera in a hand, a tenth of a second apart, have features whose cosine distance is
below NEAR but for a few; of separate photographs of the same kind of thing the nearest hardly ever
is, but for what lies unmoved on one table (docs/advice.md).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.runtime import Embedding
from tinyteach.head.format.quantise import dequantise

_ROWS = 512  # compared at once with all others
NEAR = 0.06  # cosine distance of features, from what pictures of anything have on average


def same_scene(
    features: NDArray[np.int8], labels: Sequence[str], embedding: Embedding
) -> NDArray[np.intp]:
    """For each photograph the first of its class that it resembles, by way of others: int.

    ``features`` are int8 [N, F], made by ``embedding``.
    """
    found = np.arange(len(features))
    for label in dict.fromkeys(labels):
        places = np.flatnonzero([each == label for each in labels])
        found[places] = places[_linked(_directions(features[places], embedding))]
    return found


def _directions(features: NDArray[np.int8], embedding: Embedding) -> NDArray[np.float32]:
    values = dequantise(features, embedding.scale, embedding.zero_point)
    if len(embedding.background):
        anything = dequantise(embedding.background, embedding.scale, embedding.zero_point)
        values = values - anything.mean(axis=0)
    return values


def _linked(directions: NDArray[np.float32]) -> NDArray[np.intp]:
    """The first place of each chain of near ones."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    unit = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
    near = [np.empty((2, 0), int)]
    for start in range(0, len(unit), _ROWS):
        rows, columns = np.nonzero(1 - unit[start : start + _ROWS] @ unit.T <= NEAR)
        near.append(np.stack([start + rows, columns]))
    rows, columns = np.concatenate(near, axis=1)
    pairs = coo_array((np.ones(len(rows), bool), (rows, columns)), (len(unit), len(unit)))
    _, chains = connected_components(pairs, directed=False)
    _, first = np.unique(chains, return_index=True)
    of_chain: NDArray[np.intp] = first[chains]
    return of_chain
