"""Changes photographs as cameras do: crop, light, colour, focus, noise, compression.

The changes are made before the teacher sees a view, so that its targets are those of the
picture as the student gets it: a network this small has no capacity to spare for undoing
light and noise. There are no mirror images, since a mirrored hand, sign or letter can mean
something else. The pixels' arithmetic is Keras's, so that it runs where the training does.
"""

from typing import Any

import numpy as np

from tinyteach.embedding.recipe.jpeg import compress
from tinyteach.embedding.recipe.resize import resize

SMALLEST_CROP = 0.3  # of the area
SMALLEST_OF_MORE = 0.15  # of pictures that are larger than views are
SIDES_RATIO = 1.25  # of a crop, at most
CLOSE_UP = (1.2, 2.8)  # side of a close-up, in sides of the face's box
_OFF_CENTRE = 0.1  # standard deviation, in sides of the close-up
_QUALITIES = (50, 96)  # of JPEG


def random_crops(
    count: int, side: int, rng: np.random.Generator, smallest: float = SMALLEST_CROP
) -> np.ndarray:
    """Crops of an image's area, ``smallest`` to all: float32, count×4, left, top, width, height."""
    across = side * np.sqrt(rng.uniform(smallest, 1.0, count))
    stretch = np.sqrt(rng.uniform(1 / SIDES_RATIO, SIDES_RATIO, count))
    size = np.minimum(np.stack([across * stretch, across / stretch], axis=1), side)
    corner = rng.uniform(size=(count, 2)) * (side - size)
    return np.concatenate([corner, size], axis=1).astype(np.float32)


def close_ups(faces: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Squares about ``faces``, F×3: centre x, centre y and side, in parts of the image's side.

    Returns float32, F×4: left, top, width, height in pixels.
    """
    width = np.minimum(side, side * faces[:, 2] * rng.uniform(*CLOSE_UP, len(faces)))[:, None]
    centre = side * faces[:, :2] + rng.normal(size=(len(faces), 2)) * _OFF_CENTRE * width
    corner = np.clip(centre - width / 2, 0.0, side - width)
    return np.concatenate([corner, width, width], axis=1).astype(np.float32)


def photograph(
    images: np.ndarray, boxes: np.ndarray, rng: np.random.Generator, side: int | None = None
) -> np.ndarray:
    """What a camera makes of the boxes (N×4) of uint8 ``images``, each differently.

    Returns uint8, N×side×side×3; the side is that of the images where it is not given.
    """
    from keras import ops

    x = resize(ops.cast(images, "float32"), boxes, side or images.shape[1]) / 255.0
    for change in (_light, _colour, _focus, _noise):
        x = change(x, rng)
    pixels = _compressed(ops.round(255.0 * ops.clip(x, 0.0, 1.0)), rng)
    return np.asarray(ops.convert_to_numpy(ops.cast(pixels, "uint8")))


def _draw(
    x: Any, rng: np.random.Generator, low: float, high: float, channels: int = 1
) -> np.ndarray:
    """One number per image (and channel), shaped to broadcast over the batch."""
    return rng.uniform(low, high, (x.shape[0], 1, 1, channels)).astype(np.float32)


def _light(x: Any, rng: np.random.Generator) -> Any:
    """Exposure as a power, contrast about the mean, brightness."""
    from keras import ops

    x = ops.power(ops.maximum(x, 1e-3), np.exp(_draw(x, rng, -0.2, 0.2)))
    mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
    return mean + (x - mean) * _draw(x, rng, 0.85, 1.15) + _draw(x, rng, -0.06, 0.06)


def _colour(x: Any, rng: np.random.Generator) -> Any:
    """Saturation, and a white balance that is off."""
    from keras import ops

    gray = ops.mean(x, axis=3, keepdims=True)
    balance = _draw(x, rng, 0.93, 1.07, channels=3)
    return (gray + (x - gray) * _draw(x, rng, 0.6, 1.2)) * balance


def _focus(x: Any, rng: np.random.Generator) -> Any:
    """From blurred (towards a 3×3 mean) to slightly sharpened."""
    from keras import ops

    padded = ops.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "symmetric")
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    blurred = (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / 9.0
    return x + _draw(x, rng, -0.3, 0.5) * (blurred - x)


def _noise(x: Any, rng: np.random.Generator) -> Any:
    import keras

    noise = keras.random.normal(x.shape, seed=int(rng.integers(2**31)))
    return x + _draw(x, rng, 0.0, 0.025) * noise


def _compressed(pixels: Any, rng: np.random.Generator) -> Any:
    """Every other picture has been a JPEG of some quality."""
    from keras import ops

    is_jpeg = rng.random((pixels.shape[0], 1, 1, 1)) < 0.5
    return ops.where(is_jpeg, compress(pixels, rng.integers(*_QUALITIES, pixels.shape[0])), pixels)
