"""The background set: features of pictures of anything, for heads that learn to say "none".

It lies beside an embedding and holds for that one alone, since its features are what this
embedding makes of the pictures.
"""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.errors import ModelError

IMAGES = 256
# What numpy raises for what is no .npz file, a cut one, or one with other arrays in it.
_DAMAGE = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, AttributeError, RuntimeError),
    *(MemoryError, zipfile.BadZipFile, zlib.error),
)


def background_path(embedding: Path) -> Path:
    """Where the background set of an embedding file lies."""
    return embedding.with_suffix(".background.npz")


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


def load_background(embedding: Path, fingerprint: bytes) -> NDArray[np.int8] | None:
    """Features (int8, B×F) that lie beside the file ``embedding``.

    None where there are none or those of a file with another ``fingerprint`` (SHA-256);
    ModelError where they are damaged.
    """
    path = background_path(embedding)
    if not path.exists():
        return None
    try:
        with np.load(path) as kept:
            features, of_embedding = kept["features"], kept["fingerprint"]
        _check(features, of_embedding)
    except _DAMAGE as error:
        raise ModelError(
            f"The background set {path} is damaged; install TinyTeach again, or make the "
            "embedding again with `python -m tinyteach.embedding.recipe.train`."
        ) from error
    return features if of_embedding.tobytes() == fingerprint else None


def _check(features: NDArray[np.generic], fingerprint: NDArray[np.generic]) -> None:
    if features.dtype != np.int8 or features.ndim != 2:
        raise ValueError("features are int8, N×F")
    if fingerprint.dtype != np.uint8 or fingerprint.shape != (32,):
        raise ValueError("a fingerprint is 32 bytes")
