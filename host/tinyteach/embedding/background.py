"""The background set: features of pictures of anything, for heads that learn to say "none".

It lies beside an embedding and holds for that one alone, since its features are what this
embedding makes of the pictures.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.errors import ModelError


def background_path(embedding: Path) -> Path:
    """Where the background set of an embedding file lies."""
    return embedding.with_suffix(".background.npz")


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
    except Exception as error:  # numpy raises of every kind
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
