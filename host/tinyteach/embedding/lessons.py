"""The lessons of a training run: views of each image with label and teacher's targets.

Making them costs minutes of the teacher's time, so they are kept in a scratch
folder and taken from there by the next run.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyteach.embedding.augment import as_cameras_do, random_crop
from tinyteach.embedding.pretraining_data import LabelledImages
from tinyteach.embedding.progress import Progress
from tinyteach.embedding.teacher import GRID, Teacher, fit_projection, targets

COMPONENTS = 96  # of each of the teacher's maps, or the channels of its narrowest one
_PROJECTION_IMAGES = 4000
_BLOCK = 1000  # images changed at a time, for memory's sake


@dataclass(frozen=True)
class Lessons:
    """View 0 of an image is the image itself, further views are crops as cameras take them."""

    views: np.ndarray  # uint8, views×N×side×side×3
    labels: np.ndarray  # int64, N
    targets: np.ndarray  # float16, views×N×4×maps×components; one map of one 0 without a teacher


def make_lessons(
    data: LabelledImages,
    teacher: Path | None,
    maps: Sequence[int],
    views: int,
    cache: Path,
    seed: int,
    progress: Progress,
) -> Lessons:
    """Make the lessons, or load from ``cache`` what an earlier call with the same data left."""
    cache.mkdir(parents=True, exist_ok=True)
    images = _cached(
        cache / "views.npy", lambda path: _make_views(path, data.images, views, seed, progress)
    )
    if teacher is None:
        nothing = np.zeros((*images.shape[:2], GRID * GRID, 1, 1), np.float16)
        return Lessons(images, data.labels, nothing)
    wanted = _cached(
        cache / "targets.npy",
        lambda path: _make_targets(path, images, Teacher(teacher, maps), progress),
    )
    return Lessons(images, data.labels, wanted)


def _cached(path: Path, make: Callable[[Path], None]) -> np.ndarray:
    """Map ``path``; where it is missing, make it under another name first, so that it is whole."""
    if not path.exists():
        unfinished = path.with_suffix(".part.npy")
        make(unfinished)
        unfinished.rename(path)
    return np.load(path, mmap_mode="r")


def draw_view(images: np.ndarray, seed: int, view: int, start: int) -> np.ndarray:
    """One block of a view, of uint8 ``images`` from number ``start`` on: uint8, same shape.

    Each block has random numbers of its own, so that blocks can be drawn side by side.
    """
    rng = np.random.default_rng([seed, view, start])
    return as_cameras_do(np.stack([random_crop(image, rng) for image in images]), rng)


def _make_views(path: Path, images: np.ndarray, views: int, seed: int, progress: Progress) -> None:
    out = np.lib.format.open_memmap(path, "w+", np.uint8, (views, *images.shape))
    out[0] = images

    def draw(block: tuple[int, int]) -> None:
        view, start = block
        rows = slice(start, start + _BLOCK)
        out[view, rows] = draw_view(images[rows], seed, view, start)

    starts = range(0, len(images), _BLOCK)
    _side_by_side(draw, [(view, start) for view in range(1, views) for start in starts], progress)
    out.flush()


def _side_by_side(
    draw: Callable[[tuple[int, int]], None], blocks: list[tuple[int, int]], progress: Progress
) -> None:
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for number, _ in enumerate(pool.map(draw, blocks)):
            progress("Drawing views", number + 1, len(blocks))
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl-C does not wait for those not begun


def _make_targets(path: Path, views: np.ndarray, teacher: Teacher, progress: Progress) -> None:
    count = views.shape[1]
    sample = views[0, :: max(1, count // _PROJECTION_IMAGES)]
    grids = teacher.grids(sample)
    components = min(COMPONENTS, *(of_map.shape[-1] for of_map in grids))
    projections = [fit_projection(of_map, components) for of_map in grids]
    shape = (*views.shape[:2], GRID * GRID, len(projections), components)
    out = np.lib.format.open_memmap(path, "w+", np.float16, shape)
    for number, view in enumerate(views):
        for start, block in targets(teacher, view, projections):
            out[number, start : start + len(block)] = block
            progress("The teacher looks", number * count + start + len(block), len(views) * count)
    out.flush()
