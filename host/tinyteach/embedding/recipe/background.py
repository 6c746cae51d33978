"""The background set beside an embedding: which pictures are in it, and how it is written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.background import background_path

IMAGES = 256


def choose_images(
    images: NDArray[np.uint8], change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """Evenly spaced of ``images`` (uint8, N×side×side×3), half of them through ``change``.

    Returns uint8, 256×side×side×3, or fewer where there are fewer.
    """
    each = IMAGES // 2
    step = max(1, len(images) // each)
    # The other half starts half a step later: other images.
    return np.concatenate([images[::step][:each], change(images[step // 2 :: step][:each])])


def write_background(embedding: Path, features: NDArray[np.int8], fingerprint: bytes) -> None:
    """Write ``features`` (int8, B×F) beside the file ``embedding``; the same bytes each time.

    ``fingerprint``: the file's SHA-256.
    """
    of_embedding = np.frombuffer(fingerprint, np.uint8)
    path = background_path(embedding)
    np.savez_compressed(path, features=features, fingerprint=of_embedding)
