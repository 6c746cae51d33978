"""Bilinear resizing of batches of images, as two products with small matrices."""

from typing import Any

import numpy as np


def resize(images: Any, boxes: np.ndarray, side: int) -> Any:
    """The part of each image that its box holds, as side×side pixels.

    ``images``: float32 tensor, N×height×width×C; ``boxes``: N×4 or, one for all, 1×4: left, top,
    width, height in pixels, no larger than the image. Returns a tensor N×side×side×C.
    """
    from keras import ops

    count, height, width, channels = images.shape
    rows = ops.reshape(images, (count, height, width * channels))
    rows = ops.matmul(_weights(boxes[:, 1], boxes[:, 3], side, height), rows)
    rows = ops.reshape(rows, (count, side, width, channels))
    return ops.matmul(_weights(boxes[:, 0], boxes[:, 2], side, width)[:, None], rows)


def whole(side: int) -> np.ndarray:
    """The box of a whole image of side×side pixels."""
    return np.array([[0.0, 0.0, side, side]], np.float32)


def _weights(start: np.ndarray, length: np.ndarray, side: int, pixels: int) -> Any:
    """What each of ``pixels`` counts in each of ``side`` outputs: float32, boxes×side×pixels."""
    from keras import ops

    start, length = start.astype(np.float32)[:, None], length.astype(np.float32)[:, None]
    middles = start + (np.arange(side, dtype=np.float32) + 0.5) * length / side - 0.5
    distance = ops.abs(middles[:, :, None] - np.arange(pixels, dtype=np.float32))
    near = ops.maximum(1.0 - distance, 0.0)
    return near / ops.sum(near, axis=2, keepdims=True)
