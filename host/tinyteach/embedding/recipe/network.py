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

from dataclasses import dataclass
from functools import reduce
from typing import Any

from tinyteach.embedding.recipe.teacher import GRID, grid_pooling

USUAL_PIXELS = 64


@dataclass(frozen=True)
class Size:
    """Layers of a network, and the width of the heads that it learns with."""

    stem: tuple[tuple[int, int, int], ...]  # filters, kernel, stride of each convolution
    stages: tuple[tuple[int, int, int], ...]  # filters, stride of the entry, residual blocks
    hidden: int  # filters of the heads' 1×1 convolution
    pixels: int = USUAL_PIXELS  # side of the picture
    smoothed = False

    @property
    def taught(self) -> int:
        """Side of the pictures that it learns from."""
        return self.pixels

    @property
    def kept(self) -> int:
        """Channels of the whitened map."""
        return self.channels

    @property
    def strides(self) -> list[int]:
        """Of its layers that have one."""
        return [stride for _, _, stride in self.stem] + [stride for _, stride, _ in self.stages]

    @property
    def channels(self) -> int:
        """Of the last map."""
        return self.stages[-1][0]

    @property
    def features(self) -> int:
        """Length of the feature vector, the whitened map."""
        return side_of_map(self, self.pixels) ** 2 * self.kept


@dataclass(frozen=True)
class Separable:
    """The same of a network of depthwise and 1×1 convolutions, which has no normalisation.

    Boards give it larger pictures than it learnt from: things in crops drawn for training look
    larger than in what is recognised later (Touvron et al. 2019, arXiv:1906.06423). Of its many
    channels the whitened map keeps those of the largest variance; each cell hears its neighbours.
    """

    stem: int  # filters of the first convolution, 3×3 in steps of 2
    blocks: tuple[tuple[int, int], ...]  # filters, stride
    hidden: int
    pixels: int
    taught: int
    kept: int
    smoothed = True

    @property
    def strides(self) -> list[int]:
        """As `Size.strides`."""
        return [2] + [stride for _, stride in self.blocks]

    @property
    def channels(self) -> int:
        """As `Size.channels`."""
        return self.blocks[-1][0]

    features = Size.features


def side_of_map(size: Size | Separable, pixels: int) -> int:
    """Side of the last map of a picture of ``pixels``; each layer rounds up."""
    return reduce(lambda side, stride: -(-side // stride), size.strides, pixels)


_MOBILENET = (
    *((16, 1), (32, 2), (32, 1), (64, 2), (64, 1)),
    *((128, 2), (128, 1), (128, 1), (128, 1), (128, 1), (128, 1), (256, 2)),
)
SIZES: dict[str, Size | Separable] = {
    "base": Size(((8, 3, 2), (16, 3, 2)), ((16, 1, 1), (32, 2, 1), (64, 2, 2)), 192),
    "tiny": Size(((8, 4, 4),), ((8, 1, 1), (20, 2, 1), (48, 2, 1)), 128),
    "plus": Separable(8, _MOBILENET, hidden=256, pixels=112, taught=96, kept=96),
}


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
