"""Which photographs of a class show nearly the same, as frames of one recording do.

Frames of a camera in a hand, a tenth of a second apart, have features whose cosine distance is
below NEAR but for a few; of separate photographs of the same kind of thing the nearest hardly ever
is, but for what lies unmoved on one table (docs/advice.md).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyteach.chains import chained
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
    by_class: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        by_class.setdefault(label, []).append(place)
    # Of vectors of length one, the square of their distance is twice the cosine distance.
    radius = math.sqrt(2 * NEAR)
    for places in map(np.array, by_class.values()):
        found[places] = places[chained(_directions(features[places], embedding), radius)]
    return found


def _directions(features: NDArray[np.int8], embedding: Embedding) -> NDArray[np.float32]:
    """Which way each lies from what pictures of anything have on average, of length one."""
    values = dequantise(features, embedding.scale, embedding.zero_point)
    if len(embedding.background):
        anything = dequantise(embedding.background, embedding.scale, embedding.zero_point)
        values = values - anything.mean(axis=0)
    lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
    found: NDArray[np.float32] = values / np.maximum(lengths, 1e-12)[:, None]
    return found
