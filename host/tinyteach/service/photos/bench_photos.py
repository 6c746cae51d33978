"""Photographs to train on and others to test on: from a folder, or of the demo's objects."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinyteach.data.handheld import HandheldCamera
from tinyteach.data.layouts import read_collection
from tinyteach.data.sources import Split, demo_objects, photo_split

Squares = dict[str, list[np.ndarray]]
DEMO_BURST_PHOTOS = 10
SIDE = 240


def training_and_held_out(
    folder: Path | None,
    per_class: int,
    held_out: int,
    seed: int = 0,
    tell: Callable[[str], object] | None = None,
) -> tuple[Squares, Squares]:
    """Squares (uint8 [N, N, 3]) by class, twice, with no photograph in both.

    ``folder``: class folders or a zip of them; None takes views of the demo's objects
    through a virtual hand-held camera, the two sets from different recordings.
    ``tell`` gets each sentence on what of the folder was taken for what.
    Raises MissingToolError where the demo's photographs are not installed.
    """
    if folder is None:
        return _demo_views(per_class, seed), _demo_views(held_out, seed + 1)

    training, others = photo_split(folder, per_class, held_out, seed, tell)
    return _squares(training), _squares(others)


def halves(folder: Path | None, per_class_max: int) -> tuple[Squares, Squares]:
    """`training_and_held_out` with as many of each as there are, up to ``per_class_max``."""
    per_class = per_class_max
    if folder is not None:
        counts = Counter(photo.class_name for photo in read_collection(folder).photos)
        per_class = max(1, min(per_class_max, min(counts.values(), default=0) // 2))
    return training_and_held_out(folder, per_class, per_class)


def shrunk(squares: Squares, side_max: int) -> Squares:
    """The same with no photograph larger than ``side_max`` pixels a side."""
    return {name: [_at_most(square, side_max) for square in own] for name, own in squares.items()}


def _at_most(square: np.ndarray, side_max: int) -> np.ndarray:
    from PIL import Image

    if square.shape[0] <= side_max:
        return square
    size = (side_max, side_max)
    return np.asarray(Image.fromarray(square).resize(size, Image.Resampling.BOX))


def generated(per_class: int, seed: int = 0) -> tuple[Squares, Squares]:
    """Pictures of gratings and of spots, where there are no photographs; two sets of each."""
    rng = np.random.default_rng(seed)
    kinds = {"gratings": _grating, "spots": _spots}
    training, others = (
        {name: [draw(rng) for _ in range(per_class)] for name, draw in kinds.items()}
        for _ in range(2)
    )
    return training, others


def _grating(rng: np.random.Generator) -> np.ndarray:
    """Coloured stripes of any width and direction, with noise."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    angle, waves, phase = rng.uniform(0, np.pi), rng.uniform(3, 12), rng.uniform(0, 7)
    along = rows * np.sin(angle) + columns * np.cos(angle)
    return _coloured(np.sin(2 * np.pi * waves * along + phase), rng)


def _spots(rng: np.random.Generator) -> np.ndarray:
    """A few coloured round spots, with noise."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    height = np.zeros((SIDE, SIDE))
    for y, x, radius in rng.uniform((0, 0, 0.03), (1, 1, 0.12), (8, 3)):
        height += np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * radius**2))
    return _coloured(2 * height.clip(0, 1) - 1, rng)


def _coloured(height: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A height of −1 … 1 as a mixture of two colours, uint8 [N, N, 3]."""
    low, high = rng.uniform(0, 255, (2, 3))
    mixed = low + (high - low) * (height[..., None] + 1) / 2
    noisy: np.ndarray = mixed + rng.normal(0, 6, mixed.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def _squares(chosen: Split) -> Squares:
    return {name: [photo.square() for photo in photos] for name, photos in chosen.items()}


def _demo_views(count: int, seed: int) -> Squares:
    views = {}
    for name, photo in demo_objects().items():
        camera = HandheldCamera(photo, seed=seed, width=SIDE, height=SIDE)
        views[name] = _bursts(camera, count)
    return views


def _bursts(camera: HandheldCamera, count: int) -> list[np.ndarray]:
    views: list[np.ndarray] = []
    while len(views) < count:
        camera.new_burst()
        views += camera.record(min(DEMO_BURST_PHOTOS, count - len(views)))
    return views
