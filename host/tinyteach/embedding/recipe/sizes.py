"""The sizes of embedding that the recipe makes: layers, pictures, features."""

from dataclasses import dataclass
from functools import reduce

USUAL_PIXELS = 64
NEIGHBOURS, WINDOWS = "neighbours", "windows"


@dataclass(frozen=True)
class Size:
    """Layers of a network, and the width of the heads that it learns with."""

    stem: tuple[tuple[int, int, int], ...]  # filters, kernel, stride of each convolution
    stages: tuple[tuple[int, int, int], ...]  # filters, stride of the entry, residual blocks
    hidden: int  # filters of the heads' 1×1 convolution
    pixels: int = USUAL_PIXELS  # side of the picture
    smoothing = ""

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
        side = side_of_map(self, self.pixels) - (self.smoothing == WINDOWS)
        return side**2 * self.kept


@dataclass(frozen=True)
class Separable:
    """The same of a network of depthwise and 1×1 convolutions, which has no normalisation.

    Boards give it larger pictures than it learnt from: things in crops drawn for training look
    larger than in what is recognised later (Touvron et al. 2019, arXiv:1906.06423). Of its many
    channels the whitened map keeps those of the largest variance.
    """

    stem: int  # filters of the first convolution, 3×3 in steps of 2
    blocks: tuple[tuple[int, int], ...]  # filters, stride
    hidden: int
    pixels: int
    taught: int
    kept: int
    smoothing: str  # what cells hear of each other, see `whiten.py`

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
    *((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)),
    *((128, 1), (128, 1), (128, 1), (128, 1), (256, 2)),
)
SIZES: dict[str, Size | Separable] = {
    "base": Size(((8, 3, 2), (16, 3, 2)), ((16, 1, 1), (32, 2, 1), (64, 2, 2)), 192),
    "tiny": Size(((8, 4, 4),), ((8, 1, 1), (20, 2, 1), (48, 2, 1)), 128),
    "open": Separable(8, _MOBILENET[:7], 192, pixels=80, taught=80, kept=64, smoothing=WINDOWS),
    "plus": Separable(8, _MOBILENET, 256, pixels=112, taught=96, kept=96, smoothing=NEIGHBOURS),
}
