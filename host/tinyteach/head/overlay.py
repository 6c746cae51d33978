"""Where a head looks as a picture: the photograph in grey, its cells tinted.

Blue speaks for the class, orange against it; of M. Okabe and K. Ito's colours, which people with
any kind of colour vision tell apart. The cell with the largest share is the deepest, the others by
their shares of it.
"""

import numpy as np
from numpy.typing import NDArray

FOR = (0, 114, 178)
AGAINST = (230, 159, 0)
DEEPEST = 0.7  # of a tint; below it the photograph must be seen
SIDE_MIN = 256  # pixels, so that a model's view is not a stamp
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green, blue, by ITU-R BT.601


def depths(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """How deep each cell is tinted: float64 of the same shape, −DEEPEST (against) to DEEPEST."""
    largest = float(np.abs(cells).max())
    return cells / largest * DEEPEST if largest else np.zeros(cells.shape)


def tinted(square: NDArray[np.uint8], cells: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A photograph (uint8 [N, N, 3]) with ``cells`` (rows × columns) tinted: uint8 [M, M, 3].

    M is N, or the multiple of it that reaches SIDE_MIN.
    """
    times = -(-SIDE_MIN // len(square))
    square = square.repeat(times, axis=0).repeat(times, axis=1)
    grey = (square @ np.array(LUMINANCE))[..., None]
    depth = _spread(depths(cells), len(square))[..., None]
    colour = np.where(depth > 0, FOR, AGAINST)
    mixed = grey * (1 - np.abs(depth)) + colour * np.abs(depth)
    pixels: NDArray[np.uint8] = np.rint(mixed).astype(np.uint8)
    return pixels


def _spread(cells: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Each cell over its part of a square: float64 [side, side]."""
    rows, columns = (np.arange(side) * count // side for count in cells.shape)
    spread: NDArray[np.float64] = cells[rows][:, columns]
    return spread
