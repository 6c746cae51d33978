"""The background set beside an embedding: which pictures are in it, and how it is written.

``python -m tinyteach.embedding.recipe.background EMBEDDING.tflite ...`` draws the scenes of a set
anew and leaves the pictures' features as they are.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.background import background_path
from tinyteach.embedding.recipe.scenes import draw_scenes
from tinyteach.embedding.runtime import Embedding, load_embedding

IMAGES = 256
SCENES = 128


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


def with_scenes(embedding: Embedding, pictures: NDArray[np.int8]) -> NDArray[np.int8]:
    """``pictures`` (int8 features, B×F) and, behind them, the features of drawn scenes."""
    return np.concatenate([pictures, features_of(embedding, draw_scenes(SCENES, embedding.side))])


def features_of(embedding: Embedding, images: NDArray[np.uint8]) -> NDArray[np.int8]:
    """int8, N×F, of uint8 images of the embedding's size, by the reference kernels."""
    return embedding.embed((images ^ 0x80).view(np.int8))  # pixel − 128


def write_background(embedding: Path, features: NDArray[np.int8], fingerprint: bytes) -> None:
    """Write ``features`` (int8, B×F) beside the file ``embedding``; the same bytes each time.

    ``fingerprint``: the file's SHA-256.
    """
    of_embedding = np.frombuffer(fingerprint, np.uint8)
    path = background_path(embedding)
    np.savez_compressed(path, features=features, fingerprint=of_embedding)


def main() -> None:
    """Draw the scenes of each embedding that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("embeddings", nargs="+", type=Path)
    for path in parser.parse_args().embeddings:
        embedding = load_embedding(path)
        features = with_scenes(embedding, embedding.background[:IMAGES])
        write_background(path, features, embedding.fingerprint)


if __name__ == "__main__":
    main()
