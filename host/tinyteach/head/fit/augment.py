"""Extra views of a photograph, as the same camera might have taken a moment later.

A hand moves, turns and comes closer; a cloud passes; the sensor makes noise. Each
view is drawn from those, lightly: it must stay a photograph that the board could
see. Nothing is mirrored: a hand's or an arrow's mirror image may be another class.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class Augmentation:
    """How far a view may differ from its photograph; each is drawn evenly within ± its value."""

    zoom: float = 0.12  # fraction of the square's side
    shift: float = 0.08  # fraction of the square's side
    rotation_deg: float = 8.0
    brightness: float = 0.15  # fraction of full scale
    contrast: float = 0.2
    white_balance: float = 0.08  # gain of red and of blue against green
    noise: float = 3.0  # standard deviation, at most, in 8-bit steps of the model-size image


LIGHT = Augmentation()
OVERSAMPLING = 2  # the photograph's size before it is turned, in sizes of the model's input


def augment(
    square: NDArray[np.uint8],
    side: int,
    copies: int,
    rng: np.random.Generator,
    strength: Augmentation = LIGHT,
) -> NDArray[np.uint8]:
    """Draw ``copies`` views of ``square`` (uint8, N×N×3) at model size: uint8, copies×side×side×3.

    The same ``rng`` state gives the same views.
    """
    views = np.empty((copies, side, side, 3), np.uint8)
    canvas = _canvas(square, OVERSAMPLING * side)
    # Drawing noise would take longer than all else: views take stretches of a common strip.
    strip = rng.standard_normal(4 * side * side * 3, np.float32)
    for view in views:
        moved = np.asarray(_move(canvas, side, rng, strength))
        start = rng.integers(3 * moved.size)
        noise = strip[start : start + moved.size]
        view.reshape(-1)[:] = _relight(moved.reshape(-1), noise, rng, strength)
    return views


def _canvas(square: NDArray[np.uint8], size: int) -> Image.Image:
    """The photograph at ``size`` pixels with a mirrored border, so that no view shows a void.

    Hamming's window comes closest to preprocessing's area average; Pillow's box takes
    whole pixels only.
    """
    reduced = Image.fromarray(square).resize((size, size), Image.Resampling.HAMMING)
    border = size // 4
    padding = ((border, border), (border, border), (0, 0))
    return Image.fromarray(np.pad(np.asarray(reduced), padding, mode="reflect"))


def _move(
    canvas: Image.Image, side: int, rng: np.random.Generator, strength: Augmentation
) -> Image.Image:
    """Turn, zoom, shift about the centre and reduce to ``side`` pixels, in one interpolation.

    Between four pixels, bilinear interpolation at half the canvas's size is their mean:
    the area average again, where nothing is turned.
    """
    zoom = (1 + rng.uniform(-strength.zoom, strength.zoom)) / OVERSAMPLING
    angle = np.deg2rad(rng.uniform(-strength.rotation_deg, strength.rotation_deg))
    shift_x, shift_y = rng.uniform(-strength.shift, strength.shift, 2) * side * OVERSAMPLING
    a, b = np.cos(angle) / zoom, np.sin(angle) / zoom
    middle, target = canvas.width / 2, side / 2
    # Pillow wants, for each output pixel, where in the input it comes from.
    x0 = middle + shift_x - a * target - b * target
    y0 = middle + shift_y + b * target - a * target
    matrix = (a, b, x0, -b, a, y0)
    return canvas.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _relight(
    view: NDArray[np.uint8],
    noise: NDArray[np.float32],
    rng: np.random.Generator,
    strength: Augmentation,
) -> NDArray[np.uint8]:
    """Change exposure, contrast and white balance, add sensor noise: uint8; all are flat RGB."""
    contrast = 1 + rng.uniform(-strength.contrast, strength.contrast)
    brightness = rng.uniform(-strength.brightness, strength.brightness) * 255
    red, blue = 1 + rng.uniform(-strength.white_balance, strength.white_balance, 2)
    # As long as the view: numpy is slow at repeating three numbers.
    gains: NDArray[np.float32] = np.tile(
        np.array([red, 1, blue], np.float32) * np.float32(contrast), len(view) // 3
    )
    # (view − middle grey) · gains + middle grey + brightness, rounded by the half on top.
    light: NDArray[np.float32] = gains * view
    light += np.float32(128 + brightness) - np.float32(127.5) * gains
    light += noise * np.float32(rng.uniform(0, strength.noise))
    return np.clip(light, 0, 255, out=light).astype(np.uint8)
