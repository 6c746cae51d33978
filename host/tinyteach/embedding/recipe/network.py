"""The student networks and the heads that only exist while they learn.

base and tiny are plain residual networks of 3×3 convolutions at 64×64: each stage halves the
side, so the cost stays even. Plain convolutions, because at this size depthwise-separable ones
that begin by chance train slower and ended lower, and because a board spends its time in one
well-tuned kernel. They use CONV_2D and ADD only; batch normalisation folds into the convolutions
when a network is quantised. plus has the first layers of MobileNetV1 0.25 (Howard et al. 2017,
arXiv:1704.04861), so that it can begin as a published one. The last map, 4×4, is the feature
vector as it is: what a network learns with is wider and pooled, but what it has learnt serves other
classes better a layer earlier.
"""

from typing import Any

from tinyteach.embedding.recipe.sizes import Separable, Size, side_of_map
from tinyteach.embedding.recipe.teacher import GRID, grid_pooling


def build_network(size: Size | Separable, pixels: int = 0) -> Any:
    """The network that ships: float (pixel − 128)/128 in, its last map as one vector out.

    ``pixels``: the picture's side, by default that on a board.
    """
    import keras

    pixels = pixels or size.pixels
    image = keras.Input((pixels, pixels, 3))
    x = _plain(image, size) if isinstance(size, Size) else _separable(image, size)
    features = keras.layers.Reshape((side_of_map(size, pixels) ** 2 * size.channels,))(x)
    return keras.Model(image, features, name="embedding")


def _plain(x: Any, size: Size) -> Any:
    import keras

    for filters, kernel, stride in size.stem:
        x = _relu(_convolve(x, filters, stride, kernel))
    for filters, stride, blocks in size.stages:
        if stride > 1:
            x = _relu(_convolve(x, filters, stride))
        for _ in range(blocks):
            x = _relu(keras.layers.Add()([x, _convolve(x, filters)]))
    return x


def _separable(x: Any, size: Separable) -> Any:
    import keras

    layers = keras.layers
    x = layers.ReLU(6.0)(layers.Conv2D(size.stem, 3, 2, padding="same")(x))
    for filters, stride in size.blocks:
        x = layers.ReLU(6.0)(layers.DepthwiseConv2D(3, stride, padding="same")(x))
        x = layers.ReLU(6.0)(layers.Conv2D(filters, 1)(x))
    return x


def build_heads(size: Size | Separable, classes: int, maps: int, components: int) -> Any:
    """Class logits of the mean cell, and each cell's targets; cells are quarters of the map.

    Both are linear in the cells of a 1×1 convolution with ReLU, averaged to 2×2.
    """
    import keras

    side = side_of_map(size, size.taught)
    features = keras.Input((side * side * size.channels,))
    x = keras.layers.Reshape((side, side, size.channels))(features)
    x = _relu(_convolve(x, size.hidden, kernel=1))
    x = keras.layers.Reshape((side * side, size.hidden))(x)
    cells = keras.ops.matmul(grid_pooling(side), x)
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
