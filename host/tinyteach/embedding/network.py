"""The student network and the heads that only exist while it learns.

A plain residual network of 3×3 convolutions at 64×64: each stage halves the
side, so the cost stays even (0.2 to 1.2 M multiply-accumulates a layer). Plain
convolutions, because at this size depthwise-separable ones train slower and
ended lower, and because a board spends its time in one well-tuned kernel. It
uses CONV_2D, ADD and AVERAGE_POOL_2D only; batch normalisation folds into the
convolutions when the network is quantised.
"""

from typing import Any

from tinyteach.embedding.teacher import GRID

SIDE = 64
CHANNELS = 192  # of the last layer; the feature vector is GRID·GRID times as long

# (filters, stride) of a convolution; a residual block is one convolution around which its input
# is added.
STEM = ((8, 2), (16, 2))
STAGES = ((16, 1, 1), (32, 2, 1), (64, 2, 2))  # filters, stride of the entry, residual blocks


def build_network(batch: int | None = None) -> Any:
    """The network that ships: float (pixel − 128)/128 in, GRID·GRID·CHANNELS features out."""
    import keras

    image = keras.Input((SIDE, SIDE, 3), batch_size=batch)
    x = image
    for filters, stride in STEM:
        x = _relu(_convolve(x, filters, stride))
    for filters, stride, blocks in STAGES:
        if stride > 1:
            x = _relu(_convolve(x, filters, stride))
        for _ in range(blocks):
            x = _relu(keras.layers.Add()([x, _convolve(x, filters)]))
    x = _relu(_convolve(x, CHANNELS, size=1))
    x = keras.layers.AveragePooling2D(x.shape[1] // GRID)(x)
    features = keras.layers.Reshape((GRID * GRID * CHANNELS,))(x)
    return keras.Model(image, features, name="embedding")


def build_heads(classes: int, components: int) -> Any:
    """Linear heads on the features: class logits of the mean cell, and a target for each cell."""
    import keras

    features = keras.Input((GRID * GRID * CHANNELS,))
    cells = keras.layers.Reshape((GRID * GRID, CHANNELS))(features)
    logits = keras.layers.Dense(classes)(keras.layers.GlobalAveragePooling1D()(cells))
    return keras.Model(features, [logits, keras.layers.Dense(components)(cells)], name="heads")


def _convolve(x: Any, filters: int, stride: int = 1, size: int = 3) -> Any:
    import keras

    x = keras.layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    return keras.layers.BatchNormalization(momentum=0.98)(x)


def _relu(x: Any) -> Any:
    import keras

    return keras.layers.ReLU()(x)
