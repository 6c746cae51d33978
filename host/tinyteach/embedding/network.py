"""The student networks and the heads that only exist while they learn.

Plain residual networks of 3×3 convolutions at 64×64: each stage halves the side, so the
cost stays even. Plain convolutions, because at this size depthwise-separable ones train
slower and ended lower, and because a board spends its time in one well-tuned kernel. They
use CONV_2D, ADD and AVERAGE_POOL_2D only; batch normalisation folds into the convolutions
when a network is quantised.
"""

from dataclasses import dataclass
from typing import Any

from tinyteach.embedding.teacher import GRID

SIDE = 64


@dataclass(frozen=True)
class Size:
    """Layers of a network. The feature vector is GRID·GRID·``channels`` long."""

    stem: tuple[tuple[int, int, int], ...]  # filters, kernel, stride of each convolution
    stages: tuple[tuple[int, int, int], ...]  # filters, stride of the entry, residual blocks
    channels: int  # of the last layer, a 1×1 convolution

    @property
    def features(self) -> int:
        """Length of the feature vector."""
        return GRID * GRID * self.channels


SIZES = {
    "base": Size(((8, 3, 2), (16, 3, 2)), ((16, 1, 1), (32, 2, 1), (64, 2, 2)), 192),
    "tiny": Size(((8, 4, 4),), ((8, 1, 1), (20, 2, 1), (44, 2, 1)), 128),
}


def build_network(size: Size, batch: int | None = None) -> Any:
    """The network that ships: float (pixel − 128)/128 in, ``size.features`` numbers out."""
    import keras

    image = keras.Input((SIDE, SIDE, 3), batch_size=batch)
    x = image
    for filters, kernel, stride in size.stem:
        x = _relu(_convolve(x, filters, stride, kernel))
    for filters, stride, blocks in size.stages:
        if stride > 1:
            x = _relu(_convolve(x, filters, stride))
        for _ in range(blocks):
            x = _relu(keras.layers.Add()([x, _convolve(x, filters)]))
    x = _relu(_convolve(x, size.channels, kernel=1))
    x = keras.layers.AveragePooling2D(x.shape[1] // GRID)(x)
    features = keras.layers.Reshape((size.features,))(x)
    return keras.Model(image, features, name="embedding")


def build_heads(size: Size, classes: int, maps: int, components: int) -> Any:
    """Linear heads on the features: class logits of the mean cell, and each cell's targets."""
    import keras

    features = keras.Input((size.features,))
    cells = keras.layers.Reshape((GRID * GRID, size.channels))(features)
    logits = keras.layers.Dense(classes)(keras.layers.GlobalAveragePooling1D()(cells))
    seen = keras.layers.Dense(maps * components)(cells)
    seen = keras.layers.Reshape((GRID * GRID, maps, components))(seen)
    return keras.Model(features, [logits, seen], name="heads")


def _convolve(x: Any, filters: int, stride: int = 1, kernel: int = 3) -> Any:
    import keras

    x = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(x)
    return keras.layers.BatchNormalization(momentum=0.99)(x)


def _relu(x: Any) -> Any:
    import keras

    return keras.layers.ReLU()(x)
