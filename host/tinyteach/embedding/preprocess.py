"""What happens to a camera frame before the embedding sees it: the numpy reference.

This is the definition. The board's integer version (``agent/vision``) gives the
same bytes for the same frame, and tests compare the two bit for bit.

1. RGB565 becomes 8 bits a channel by bit replication, gray becomes r = g = b.
2. The largest centre square, N pixels a side, is cut out.
3. The square is averaged by area to M pixels a side, with integer weights and
   one rounding, and 128 is subtracted: int8, rows × columns × RGB.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tinyteach_protocol import messages

MIN_SQUARE = 8
MAX_SQUARE = 1024  # N·N·255 stays below 2³¹, so a board can add in 32-bit words
MAX_SIDE = 224
_LINES_AT_ONCE = 32  # of the square


# (high byte first, red and blue exchanged) of those with 16 bits a pixel.
_WORDS = {
    messages.RGB565_BE: (True, False),
    messages.RGB565_LE: (False, False),
    messages.BGR565_BE: (True, True),
    messages.BGR565_LE: (False, True),
}


def centre_square(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the largest centre square out of ``image`` (uint8, H×W×3): uint8, N×N×3.

    N = min(H, W); an odd remainder leaves the extra row or column at the end.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


def to_tensor(square: NDArray[np.uint8], side: int) -> NDArray[np.int8]:
    """Average ``square`` (uint8, N×N×3) by area to int8, side×side×3, value = pixel − 128.

    With integer weights w that sum to N along each axis,
    ``out = (Σy Σx wy·wx·p + N·N // 2) // (N·N) − 128``. Also enlarges, where N < side.

    Raises ValueError for anything but a uint8 RGB square of 8 to 1024 pixels.
    """
    _check_square(square, side)
    n = square.shape[0]
    # Every product and partial sum is an integer below 2³¹, of the rows alone below 2²⁴: exact in
    # float64, in float32. Unlike numpy's integer product that runs in BLAS.
    rows = _weighted(square.reshape(n, n * 3), side, np.float32)
    turned = rows.reshape(side, n, 3).swapaxes(0, 1).reshape(n, side * 3)
    columns = _weighted(turned, side, np.float64).reshape(side, side, 3).swapaxes(0, 1)
    total = columns.astype(np.int64, order="C")
    means: NDArray[np.int64] = (total + n * n // 2) // (n * n)
    return (means - 128).astype(np.int8)


def to_image(tensor: NDArray[np.int8]) -> NDArray[np.uint8]:
    """The picture that an int8 model input shows: uint8 of the same shape."""
    return (tensor.astype(np.int16) + 128).astype(np.uint8)


def expand(raw: bytes, width: int, height: int, pixel_format: int) -> NDArray[np.uint8]:
    """Decode a frame's bytes of any of the wire's pixel formats to uint8, height×width×3."""
    if pixel_format in _WORDS:
        is_big_endian, is_exchanged = _WORDS[pixel_format]
        pixels = expand_rgb565(raw, width, height, is_big_endian)
        return np.ascontiguousarray(pixels[..., ::-1]) if is_exchanged else pixels
    if pixel_format not in messages.PIXEL_BYTES:
        raise ValueError(f"there is no pixel format {pixel_format}")
    depth = messages.PIXEL_BYTES[pixel_format]
    _check_length(raw, width * height * depth)
    pixels = np.frombuffer(raw, np.uint8).reshape(height, width, depth)
    if pixel_format == messages.RGB_INT8:
        return to_image(pixels.view(np.int8))
    return np.repeat(pixels, 3 // depth, axis=2)


def expand_rgb565(raw: bytes, width: int, height: int, big_endian: bool) -> NDArray[np.uint8]:
    """Decode RGB565 ``raw`` (2·width·height bytes) to uint8, height×width×3.

    5 and 6 bits become 8 by replicating the high bits, so that 0 stays 0 and
    full scale becomes 255.
    """
    _check_length(raw, width * height * 2)
    words = np.frombuffer(raw, ">u2" if big_endian else "<u2").astype(np.uint16)
    r5, g6, b5 = words >> 11, words >> 5 & 63, words & 31
    channels = (r5 << 3 | r5 >> 2, g6 << 2 | g6 >> 4, b5 << 3 | b5 >> 2)
    return np.stack(channels, axis=-1).astype(np.uint8).reshape(height, width, 3)


def to_rgb565(rgb: NDArray[np.uint8], big_endian: bool) -> bytes:
    """Encode uint8 H×W×3 as RGB565, dropping the low bits as cameras do."""
    r, g, b = (rgb[..., c].astype(np.uint16) for c in range(3))
    words = (r >> 3) << 11 | (g >> 2) << 5 | b >> 3
    return words.astype(">u2" if big_endian else "<u2").tobytes()


def _weighted(
    lines: NDArray[np.generic], side: int, dtype: type[np.floating]
) -> NDArray[np.floating]:
    """Sums of ``lines`` (n×m) by the area weights: ``dtype``, side×m.

    A few at a time: most weights of the whole are 0, and several threads of BLAS, which it takes
    for what is large, would mostly wait for each other.
    """
    n = len(lines)
    weights = _area_weights(n, side).astype(dtype)
    parts, count = [], max(1, _LINES_AT_ONCE * side // n)
    for first in range(0, side, count):
        last = min(first + count, side)
        low, high = first * n // side, -(-last * n // side)
        parts.append(weights[first:last, low:high] @ lines[low:high].astype(dtype))
    return np.concatenate(parts)


@lru_cache(maxsize=32)
def _area_weights(n: int, side: int) -> NDArray[np.float64]:
    """Overlap of source pixel s, [s·side, (s+1)·side), with output pixel i, [i·n, (i+1)·n)."""
    source = np.arange(n) * side
    output = np.arange(side)[:, None] * n
    overlap = np.minimum(source + side, output + n) - np.maximum(source, output)
    weights: NDArray[np.float64] = np.maximum(overlap, 0).astype(np.float64)
    weights.setflags(write=False)  # shared by every caller
    return weights


def _check_square(square: NDArray[np.generic], side: int) -> None:
    if square.dtype != np.uint8 or square.ndim != 3 or square.shape[2] != 3:
        raise ValueError(f"expected uint8 N×N×3, not {square.dtype} {square.shape}")
    if square.shape[0] != square.shape[1]:
        raise ValueError(f"expected a square, not {square.shape[0]}×{square.shape[1]} pixels")
    if not MIN_SQUARE <= square.shape[0] <= MAX_SQUARE:
        raise ValueError(f"the square's side must be {MIN_SQUARE} to {MAX_SQUARE} pixels")
    if not 1 <= side <= MAX_SIDE:
        raise ValueError(f"the model's side must be 1 to {MAX_SIDE} pixels")


def _check_length(raw: bytes, expected: int) -> None:
    if len(raw) != expected:
        raise ValueError(f"a frame of this size has {expected} bytes, not {len(raw)}")
