"""The lessons of a training run: views of each image with label and teacher's targets.

Making them costs minutes of the teacher's time, so they are kept in a scratch
folder and taken from there by the next run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tinyteach.embedding.pretraining_data import LabelledImages
from tinyteach.embedding.teacher import GRID, Teacher, fit_projection, targets

COMPONENTS = 256
_PROJECTION_IMAGES = 4000


@dataclass(frozen=True)
class Lessons:
    """View 0 of an image is the whole of it, further views are random crops."""

    views: np.ndarray  # uint8, views×N×side×side×3
    labels: np.ndarray  # int64, N
    targets: np.ndarray | None  # float16, views×N×4×components; None without a teacher


def make_lessons(
    data: LabelledImages,
    teacher: Path | None,
    views: int,
    cache: Path,
    seed: int,
    progress: Callable[[str], None],
) -> Lessons:
    """Make the lessons, or load from ``cache`` what an earlier call with the same data left."""
    cache.mkdir(parents=True, exist_ok=True)
    images = _cached(cache / "views.npy", lambda path: _make_views(path, data.images, views, seed))
    if teacher is None:
        return Lessons(images, data.labels, None)
    wanted = _cached(
        cache / "targets.npy", lambda path: _make_targets(path, images, Teacher(teacher), progress)
    )
    return Lessons(images, data.labels, wanted)


def _cached(path: Path, make: Callable[[Path], None]) -> np.ndarray:
    """Load ``path``; where it is missing, make it under another name first, so that it is whole."""
    if not path.exists():
        unfinished = path.with_suffix(".part.npy")
        make(unfinished)
        unfinished.rename(path)
    return np.load(path)


def _make_views(path: Path, images: np.ndarray, views: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    out = np.lib.format.open_memmap(path, "w+", np.uint8, (views, *images.shape))
    out[0] = images
    for view in range(1, views):
        for index, image in enumerate(images):
            out[view, index] = _random_crop(image, rng)
    out.flush()


def _random_crop(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A crop of 40 to 100 % of the area, sides at most 5:4, back at the image's size."""
    side = image.shape[0]
    area, stretch = rng.uniform(0.4, 1.0), rng.uniform(0.8, 1.25) ** 0.5
    width, height = (min(side, side * area**0.5 * factor) for factor in (stretch, 1 / stretch))
    left, top = rng.uniform(0, side - width), rng.uniform(0, side - height)
    box = (left, top, left + width, top + height)
    crop = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR, box)
    return np.asarray(crop)


def _make_targets(
    path: Path, views: np.ndarray, teacher: Teacher, progress: Callable[[str], None]
) -> None:
    count = views.shape[1]
    sample = views[0, :: max(1, count // _PROJECTION_IMAGES)]
    projection = fit_projection(teacher.grids(sample), COMPONENTS)
    shape = (*views.shape[:2], GRID * GRID, projection.basis.shape[1])
    out = np.lib.format.open_memmap(path, "w+", np.float16, shape)
    for number, view in enumerate(views):
        for start, block in targets(teacher, view, projection):
            out[number, start : start + len(block)] = block
            progress(
                f"teacher: view {number + 1}/{len(views)}, {start + len(block)}/{count} images"
            )
    out.flush()
