"""Photographs to train on and others to test on: from a folder, or of the demo's objects."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinyteach.data.drawing import DEMO_OBJECTS, demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.data.layouts import read_collection
from tinyteach.data.sources import Split, photo_split

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
    return {name: [at_most(square, side_max) for square in own] for name, own in squares.items()}


def at_most(square: np.ndarray, side_max: int) -> np.ndarray:
    """A photograph, uint8 [N, N, 3], with no more than ``side_max`` pixels a side."""
    from PIL import Image

    if square.shape[0] <= side_max:
        return square
    size = (side_max, side_max)
    return np.asarray(Image.fromarray(square).resize(size, Image.Resampling.BOX))


def _squares(chosen: Split) -> Squares:
    return {name: [photo.square() for photo in photos] for name, photos in chosen.items()}


def _demo_views(count: int, seed: int) -> Squares:
    views = {}
    for name in DEMO_OBJECTS:
        camera = HandheldCamera(demo_object(name), seed=seed, width=SIDE, height=SIDE)
        views[name] = _bursts(camera, count)
    return views


def _bursts(camera: HandheldCamera, count: int) -> list[np.ndarray]:
    views: list[np.ndarray] = []
    while len(views) < count:
        camera.new_burst()
        views += camera.record(min(DEMO_BURST_PHOTOS, count - len(views)))
    return views
