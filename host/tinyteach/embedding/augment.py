"""Changes photographs as cameras do: crop, light, colour, focus, noise, compression.

The changes are made before the teacher sees a view, so that its targets are those of the
picture as the student gets it: a network this small has no capacity to spare for undoing
light and noise. There are no mirror images, since a mirrored hand, sign or letter can mean
something else.
"""

import io

import numpy as np
from PIL import Image

SMALLEST_CROP = 0.3  # of the area
SIDES_RATIO = 1.25  # of a crop, at most
CLOSE_UP = (1.2, 2.8)  # side of a close-up, in sides of the face's box
_OFF_CENTRE = 0.1  # standard deviation, in sides of the close-up


def random_crop(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A crop of 30 to 100 % of the area of ``image`` (uint8, side×side×3), back at its size."""
    side = image.shape[0]
    area = rng.uniform(SMALLEST_CROP, 1.0)
    stretch = rng.uniform(1 / SIDES_RATIO, SIDES_RATIO) ** 0.5
    width, height = (min(side, side * area**0.5 * factor) for factor in (stretch, 1 / stretch))
    left, top = rng.uniform(0, side - width), rng.uniform(0, side - height)
    return _cut(image, left, top, width, height)


def close_up(image: np.ndarray, box: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A square about a face, at the size of ``image`` (uint8, side×side×3).

    ``box``: centre x, centre y and side of the face's, in parts of the image's side.
    """
    side = image.shape[0]
    width = min(side, side * box[2] * rng.uniform(*CLOSE_UP))
    centre = side * box[:2] + rng.normal(0.0, _OFF_CENTRE * width, 2)
    left, top = np.clip(centre - width / 2, 0.0, side - width)
    return _cut(image, left, top, width, width)


def _cut(image: np.ndarray, left: float, top: float, width: float, height: float) -> np.ndarray:
    side, box = image.shape[0], (left, top, left + width, top + height)
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR, box))


def as_cameras_do(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change uint8 ``images`` (N×side×side×3), each differently: uint8 of the same shape."""
    x = images.astype(np.float32) / 255.0
    for change in (_light, _colour, _focus, _noise):
        x = change(x, rng)
    pixels = np.rint(255.0 * np.clip(x, 0.0, 1.0)).astype(np.uint8)
    return np.stack([_compress(image, rng) for image in pixels])


def _draw(
    x: np.ndarray, rng: np.random.Generator, low: float, high: float, channels: int = 1
) -> np.ndarray:
    """One number per image (and channel), shaped to broadcast over the batch."""
    return rng.uniform(low, high, (len(x), 1, 1, channels)).astype(np.float32)


def _light(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure as a power, contrast about the mean, brightness."""
    x = np.power(np.maximum(x, 1e-3), np.exp(_draw(x, rng, -0.2, 0.2)))
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    return mean + (x - mean) * _draw(x, rng, 0.85, 1.15) + _draw(x, rng, -0.06, 0.06)


def _colour(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Saturation, and a white balance that is off."""
    gray = x.mean(axis=3, keepdims=True)
    balance = _draw(x, rng, 0.93, 1.07, channels=3)
    return (gray + (x - gray) * _draw(x, rng, 0.6, 1.2)) * balance


def _focus(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """From blurred (towards a 3×3 mean) to slightly sharpened."""
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "edge")
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    blurred = (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / 9.0
    return x + _draw(x, rng, -0.3, 0.5) * (blurred - x)


def _noise(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal(x.shape, np.float32)
    return x + _draw(x, rng, 0.0, 0.025) * noise


def _compress(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every other picture has been a JPEG of some quality."""
    if rng.random() < 0.5:
        return image
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "jpeg", quality=int(rng.integers(50, 96)))
    return np.asarray(Image.open(stream))
