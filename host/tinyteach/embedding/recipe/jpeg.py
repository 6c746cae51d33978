"""What JPEG does to a picture: chroma at half the resolution, rounded cosine coefficients.

The arithmetic of ITU-T T.81 without its coding, which loses nothing; tables and their scaling by
quality as libjpeg has them (T.81, annex K; jcparam.c), colours as JFIF 1.02 has them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.recipe.resize import resize, whole

BLOCK = 8
_LUMINANCE = np.array(
    [
        *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
        *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
        *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
        *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
    ]
).reshape(BLOCK, BLOCK)
_CHROMINANCE = np.array(
    [
        *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
        *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
        *[99] * 32,
    ]
).reshape(BLOCK, BLOCK)
_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32
)


def compress(pixels: Any, quality: np.ndarray) -> Any:
    """``pixels`` (float32 tensor, N×side×side×3, 0…255) after JPEG of ``quality`` (N, 50…100).

    The side is a multiple of 16. Returns a tensor of the same shape, whole numbers 0…255.
    """
    from keras import ops

    ycc = ops.matmul(pixels, _TO_YCC.T)
    luminance = _round_coefficients(ycc[..., :1] - 128.0, _LUMINANCE, quality)
    half = _round_coefficients(_halved(ycc[..., 1:]), _CHROMINANCE, quality)
    chrominance = resize(half, whole(half.shape[1]), pixels.shape[1])
    ycc = ops.concatenate([luminance + 128.0, chrominance], axis=3)
    rgb = ops.matmul(ycc, np.linalg.inv(_TO_YCC).T.astype(np.float32))
    return ops.clip(ops.round(rgb), 0.0, 255.0)


def _halved(channels: Any) -> Any:
    from keras import ops

    count, side, _, colours = channels.shape
    pairs = ops.reshape(channels, (count, side // 2, 2, side // 2, 2, colours))
    return ops.mean(pairs, axis=(2, 4))


def _scaled(table: np.ndarray, quality: np.ndarray, side: int) -> np.ndarray:
    """The table of each picture's quality, 50 or more, for each block: float32, N×side×side×1."""
    percent = 200 - 2 * quality.astype(np.int64)[:, None, None]
    scaled = np.clip((table * percent + 50) // 100, 1, 255).astype(np.float32)
    return np.tile(scaled, (1, side // BLOCK, side // BLOCK))[..., None]


def _round_coefficients(channels: Any, table: np.ndarray, quality: np.ndarray) -> Any:
    """Blocks of 8×8 as cosine coefficients, those in whole steps of the table, and back."""
    from keras import ops

    side = channels.shape[1]
    steps, cosines = _scaled(table, quality, side), np.kron(np.eye(side // BLOCK), _cosines())
    coefficients = ops.round(_transform(channels, cosines) / steps) * steps
    return _transform(coefficients, cosines.T)


def _transform(channels: Any, matrix: np.ndarray) -> Any:
    """Both axes of ``channels`` (N×side×side×C) through ``matrix`` (side×side)."""
    from keras import ops

    count, side, _, colours = channels.shape
    matrix = matrix.astype(np.float32)
    rows = ops.matmul(matrix, ops.reshape(channels, (count, side, side * colours)))
    return ops.matmul(matrix, ops.reshape(rows, channels.shape))


def _cosines() -> np.ndarray:
    """The orthonormal cosine transform of 8 numbers: frequencies×places."""
    frequencies, places = np.arange(BLOCK)[:, None], np.arange(BLOCK) + 0.5
    rows: NDArray[np.float64] = np.cos(np.pi * frequencies * places / BLOCK) * np.sqrt(2 / BLOCK)
    rows[0] /= np.sqrt(2)
    return rows
