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
    from sklearn.cluster import DBSCAN

    # With one neighbour enough, its clusters are the chains.
    chains = DBSCAN(eps=NEAR, min_samples=1, metric="cosine").fit_predict(directions)
    _, first = np.unique(chains, return_index=True)
    of_chain: NDArray[np.intp] = first[chains]
    return of_chain
