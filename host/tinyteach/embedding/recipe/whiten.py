"""Ends a trained network in a 1×1 convolution that whitens the cells of its last map.

A classifier learnt from a few photographs cannot tell which differences matter. Left as they
are, the few directions in which pretraining images differ most outweigh all others, and what
tells a user's classes apart is seldom one of them. Whitened, every direction counts the same.

The same holds of places: that what is in one cell is in its neighbours, too, is likelier than that
it is not. Each cell may therefore have its neighbourhood's mean added, or give way to the means of
all windows of 2×2 cells.
"""

from typing import Any

import numpy as np

from tinyteach.embedding.recipe.sizes import NEIGHBOURS, WINDOWS
from tinyteach.embedding.recipe.student import to_input

# Of the largest variance: directions with less than this are not blown up to the size of others.
LEAST_VARIANCE = 1e-3
_BATCH = 256
_SMOOTHINGS = {
    NEIGHBOURS: (np.pad(np.ones((1, 1)), 1) + 1 / 9, "same"),
    WINDOWS: (np.full((2, 2), 1 / 4), "valid"),
}


def whiten(network: Any, images: np.ndarray, kept: int, smoothing: str = "") -> Any:
    """``network`` with its features whitened over the cells of uint8 ``images``: a Keras model.

    It keeps the ``kept`` channels of the largest variance. With `NEIGHBOURS` each cell has the mean
    of the 3×3 around it added, of which there is nothing beyond the border; with `WINDOWS` the
    means of each 2×2 cells stay, a row and a column fewer.
    """
    import keras

    last = network.layers[-1].input  # the map that the last layer makes a vector of
    seen = keras.Model(network.input, last)
    cells = np.concatenate([_cells(seen, block) for block in _blocks(images)])
    kernel, bias = whitening(cells)
    layer = keras.layers.Conv2D(kept, 1)
    features = layer(last)
    layer.set_weights([kernel[None, None, :, -kept:], bias[-kept:]])
    features = _smooth(features, smoothing) if smoothing else features
    features = keras.layers.Reshape((-1,))(features)
    return keras.Model(network.input, features, name="embedding")


def _smooth(maps: Any, smoothing: str) -> Any:
    import keras

    kernel, padding = _SMOOTHINGS[smoothing]
    layer = keras.layers.DepthwiseConv2D(len(kernel), padding=padding, use_bias=False)
    smooth = layer(maps)
    layer.set_weights([np.repeat(kernel[:, :, None, None], maps.shape[-1], axis=2)])
    return smooth


def whitening(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (C×C) and bias (C), float32, by which ``cells`` (N×C) get covariance 1 and mean 0.

    By principal components, of which the last has the largest variance, apart from variances
    below `LEAST_VARIANCE`.
    """
    cells = cells.astype(np.float64)
    mean = cells.mean(axis=0)
    variance, vectors = np.linalg.eigh(np.cov(cells - mean, rowvar=False))
    variance = np.maximum(variance, 0.0) + LEAST_VARIANCE * variance.max()
    kernel = vectors / np.sqrt(variance)
    return kernel.astype(np.float32), (-mean @ kernel).astype(np.float32)


def _blocks(images: np.ndarray) -> list[np.ndarray]:
    return [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]


def _cells(seen: Any, images: np.ndarray) -> np.ndarray:
    maps = np.asarray(seen(to_input(images.astype(np.float32)), training=False))
    return maps.reshape(-1, maps.shape[-1])
