"""Photographs to train on and others to test on: from a folder, or of the demo's objects."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

Squares = dict[str, list[np.ndarray]]
DEMO_BURST_PHOTOS = 10
SIDE = 240


def training_and_held_out(
    folder: Path | None, per_class: int, held_out: int, seed: int = 0
) -> tuple[Squares, Squares]:
    """Squares (uint8 [N, N, 3]) by class, twice, with no photograph in both.

    ``folder``: class folders or a zip of them; None takes views of the demo's objects
    through a virtual hand-held camera, the two sets from different recordings.
    Raises MissingToolError where the demo's photographs are not installed.
    """
    if folder is None:
        return _demo_views(per_class, seed), _demo_views(held_out, seed + 1)
    from tinyteach.data.sources import photo_split

    training, others = photo_split(folder, per_class, held_out, seed)
    return _squares(training), _squares(others)


def halves(folder: Path | None, per_class_max: int) -> tuple[Squares, Squares]:
    """`training_and_held_out` with as many of each as there are, up to ``per_class_max``."""
    per_class = per_class_max
    if folder is not None:
        from tinyteach.data.layouts import read_collection

        counts = Counter(photo.class_name for photo in read_collection(folder).photos)
        per_class = max(1, min(per_class_max, min(counts.values(), default=0) // 2))
    return training_and_held_out(folder, per_class, per_class)


def _squares(chosen: dict[str, list[Any]]) -> Squares:
    return {name: [photo.square() for photo in photos] for name, photos in chosen.items()}


def _demo_views(count: int, seed: int) -> Squares:
    from tinyteach.data.handheld import HandheldCamera
    from tinyteach.data.sources import demo_objects

    views = {}
    for name, photo in demo_objects().items():
        camera = HandheldCamera(photo, seed=seed, width=SIDE, height=SIDE)
        views[name] = _bursts(camera, count)
    return views


def _bursts(camera: Any, count: int) -> list[np.ndarray]:
    views: list[np.ndarray] = []
    while len(views) < count:
        camera.new_burst()
        views += camera.record(min(DEMO_BURST_PHOTOS, count - len(views)))
    return views
