"""The student networks and the heads that only exist while they learn.

Plain residual networks of 3×3 convolutions at 64×64 or 96×96: each stage halves the side, so
the cost stays even. Plain convolutions, because at this size depthwise-separable ones train
slower and ended lower, and because a board spends its time in one well-tuned kernel. They
use CONV_2D and ADD only; batch normalisation folds into the convolutions when a network is
quantised. The last map, 4×4, is the feature vector as it is: what a network learns with is
wider and pooled, but what it has learnt serves other classes better a layer earlier.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

from tinyteach.embedding.recipe.teacher import GRID

USUAL_PIXELS = 64


@dataclass(frozen=True)
class Size:
    """Layers of a network, and the width of the heads that it learns with."""

    stem: tuple[tuple[int, int, int], ...]  # filters, kernel, stride of each convolution
    stages: tuple[tuple[int, int, int], ...]  # filters, stride of the entry, residual blocks
    hidden: int  # filters of the heads' 1×1 convolution
    pixels: int = USUAL_PIXELS  # side of the picture

    @property
    def side(self) -> int:
        """Of the last map, which is side×side×channels."""
        strides = [stride for _, _, stride in self.stem] + [stride for _, stride, _ in self.stages]
        return self.pixels // prod(strides)

    @property
    def channels(self) -> int:
        """Of the last map."""
        return self.stages[-1][0]

    @property
    def features(self) -> int:
        """Length of the feature vector, the last map."""
        return self.side * self.side * self.channels


SIZES = {
    "base": Size(((8, 3, 2), (16, 3, 2)), ((16, 1, 1), (32, 2, 1), (64, 2, 2)), 192),
    "tiny": Size(((8, 4, 4),), ((8, 1, 1), (20, 2, 1), (48, 2, 1)), 128),
    "plus": Size(((8, 4, 3), (28, 3, 2)), ((28, 1, 1), (56, 2, 2), (96, 2, 2)), 256, 96),
}


def build_network(size: Size, batch: int | None = None) -> Any:
    """The network that ships: float (pixel − 128)/128 in, ``size.features`` numbers out."""
    import keras

    image = keras.Input((size.pixels, size.pixels, 3), batch_size=batch)
    x = image
    for filters, kernel, stride in size.stem:
        x = _relu(_convolve(x, filters, stride, kernel))
    for filters, stride, blocks in size.stages:
        if stride > 1:
            x = _relu(_convolve(x, filters, stride))
        for _ in range(blocks):
            x = _relu(keras.layers.Add()([x, _convolve(x, filters)]))
    features = keras.layers.Reshape((size.features,))(x)
    return keras.Model(image, features, name="embedding")


def build_heads(size: Size, classes: int, maps: int, components: int) -> Any:
    """Class logits of the mean cell, and each cell's targets; cells are quarters of the map.

    Both are linear in the cells of a 1×1 convolution with ReLU, averaged to 2×2.
    """
    import keras

    features = keras.Input((size.features,))
    x = keras.layers.Reshape((size.side, size.side, size.channels))(features)
    x = _relu(_convolve(x, size.hidden, kernel=1))
    x = keras.layers.AveragePooling2D(size.side // GRID)(x)
    cells = keras.layers.Reshape((GRID * GRID, size.hidden))(x)
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
