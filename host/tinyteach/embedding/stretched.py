"""What a Grove Vision AI V2 does to a frame before its model sees it: the numpy reference.

The second definition beside `preprocess`, whose centre square and area average the agent computes.
The firmware stretches the whole frame to the model's input by nearest neighbour, whatever its
shape, and subtracts 128. Nearest neighbour alone would keep one pixel of fourteen for an input of
64, so the model that goes there takes a larger picture and averages whole squares of its pixels
first: AVERAGE_POOL_2D, as LiteRT's reference kernel computes it. Both are here, bit for bit.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tinyteach.errors import ModelError

# What its camera is asked for; a model's input is no larger, as there is no more to see.
FRAME_SIDE = 240
SIDE_STEP = 32  # its firmware takes inputs whose side is a multiple of this


def input_side(side: int) -> int:
    """The side, in pixels, of the picture that is averaged to an embedding's ``side``.

    The largest multiple of both it and 32 that a frame has; ModelError where there is none.
    """
    step = math.lcm(side, SIDE_STEP)
    if step > FRAME_SIDE:
        raise ModelError(
            f"A Grove Vision AI V2 has no picture for an embedding of {side} pixels a side; use "
            "base or tiny."
        )
    return FRAME_SIDE // step * step


def nearest(frame: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Stretch a whole ``frame`` (uint8, H×W×3) to uint8, side×side×3: pixel ⌊i·source/side⌋."""
    height, width = frame.shape[:2]
    rows, columns = (np.arange(side) * size // side for size in (height, width))
    found: NDArray[np.uint8] = frame[rows[:, None], columns]
    return found


def averaged(tensor: NDArray[np.int8], side: int) -> NDArray[np.int8]:
    """Average whole squares of ``tensor`` (int8, N×N×3, N a multiple of ``side``) to side×side×3.

    Halves are rounded away from zero.
    """
    size = tensor.shape[0] // side
    count = size * size
    squares = tensor.reshape(side, size, side, size, 3).astype(np.int32)
    total = squares.sum(axis=(1, 3))
    means: NDArray[np.int32] = np.sign(total) * ((np.abs(total) + count // 2) // count)
    return means.astype(np.int8)


def to_input(frame: NDArray[np.uint8], side: int) -> NDArray[np.int8]:
    """What the model is given of ``frame`` (uint8, H×W×3): int8, N×N×3, N = `input_side`."""
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
        raise ValueError(f"expected uint8 H×W×3, not {frame.dtype} {frame.shape}")
    return (nearest(frame, input_side(side)) ^ 0x80).view(np.int8)


def to_tensor(frame: NDArray[np.uint8], side: int) -> NDArray[np.int8]:
    """What the embedding in it is given: int8, side×side×3, value = pixel − 128, averaged."""
    return averaged(to_input(frame, side), side)
