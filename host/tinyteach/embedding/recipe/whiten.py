"""Ends a trained network in a 1×1 convolution that whitens the cells of its last map.

A classifier learnt from a few photographs cannot tell which differences matter. Left as they
are, the few directions in which pretraining images differ most outweigh all others, and what
tells a user's classes apart is seldom one of them. Whitened, every direction counts the same.
"""

from typing import Any

import numpy as np

from tinyteach.embedding.recipe.student import to_input

# Of the largest variance: directions with less than this are not blown up to the size of others.
LEAST_VARIANCE = 1e-3
_BATCH = 256


def whiten(network: Any, images: np.ndarray) -> Any:
    """``network`` with its features whitened over the cells of uint8 ``images``: a Keras model."""
    import keras

    last = network.layers[-1].input  # the map that the last layer makes a vector of
    seen = keras.Model(network.input, last)
    cells = np.concatenate([_cells(seen, block) for block in _blocks(images)])
    kernel, bias = whitening(cells)
    layer = keras.layers.Conv2D(kernel.shape[1], 1)
    features = keras.layers.Reshape(network.output_shape[1:])(layer(last))
    layer.set_weights([kernel[None, None], bias])
    return keras.Model(network.input, features, name="embedding")


def whitening(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (C×C) and bias (C), float32, by which ``cells`` (N×C) get covariance 1 and mean 0.

    By principal components, apart from variances below `LEAST_VARIANCE`.
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
