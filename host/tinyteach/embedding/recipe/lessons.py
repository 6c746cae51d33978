"""The lessons of a training run: views of each image with label and teacher's targets.

Making them costs minutes of the teacher's time, so they are kept in a scratch
folder and taken from there by the next run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyteach.embedding.recipe.faces import NO_FACES, Faces, find_faces
from tinyteach.embedding.recipe.pretraining_data import LabelledImages
from tinyteach.embedding.recipe.progress import Progress
from tinyteach.embedding.recipe.teacher import (
    GRID,
    Teacher,
    TeacherOnGpu,
    fit_projection,
    open_teacher,
    targets,
)
from tinyteach.embedding.recipe.views import MorePictures, make_views

COMPONENTS = 96  # of each of the teacher's maps, or the channels of its narrowest one
_PROJECTION_IMAGES = 4000
VIEWS_FILE = "views.npy"
NO_LABEL = -1  # of a close-up, which need not show what the image is of, and of more pictures


@dataclass(frozen=True)
class Lessons:
    """One lesson a row, of which a training run shows one view at a time."""

    views: np.ndarray  # uint8, views×N×side×side×3
    labels: np.ndarray  # int64, N; NO_LABEL behind the images
    targets: np.ndarray  # float16, views×N×4×maps×components; one map of one 0 without a teacher

    @property
    def unlabelled(self) -> int:
        """How many of the rows are close-ups or crops of more pictures."""
        return int(np.count_nonzero(self.labels == NO_LABEL))


def make_lessons(
    data: LabelledImages,
    more: Callable[[], MorePictures],
    detector: Path | None,
    teacher: Path | None,
    maps: Sequence[int],
    views: int,
    close_ups: int,
    cache: Path,
    seed: int,
    progress: Progress,
) -> Lessons:
    """Make the lessons, or load from ``cache`` what an earlier call with the same data left.

    ``more`` reads pictures without labels; ``close_ups``: rows a face. Without a face detector
    there are none, without a teacher no targets.
    """
    cache.mkdir(parents=True, exist_ok=True)

    def draw(path: Path) -> None:
        faces = _faces(detector, data.images, cache, progress).times(close_ups)
        make_views(path, data.images, faces, more(), views, seed, progress)

    drawn = _cached(cache / VIEWS_FILE, draw)
    labels = np.full(drawn.shape[1], NO_LABEL, np.int64)
    labels[: len(data.labels)] = data.labels
    if teacher is None:
        nothing = np.zeros((*drawn.shape[:2], GRID * GRID, 1, 1), np.float16)
        return Lessons(drawn, labels, nothing)
    sample = data.images[:: max(1, len(data.images) // _PROJECTION_IMAGES)]
    wanted = _cached(
        cache / "targets.npy",
        lambda path: _make_targets(path, drawn, sample, open_teacher(teacher, maps), progress),
    )
    return Lessons(drawn, labels, wanted)


def _faces(detector: Path | None, images: np.ndarray, cache: Path, progress: Progress) -> Faces:
    if detector is None:
        return NO_FACES
    found = _cached(
        cache / "faces.npy",
        lambda path: np.save(path, find_faces(detector, images, progress).table()),
    )
    return Faces.of_table(found)


def _cached(path: Path, make: Callable[[Path], None]) -> np.ndarray:
    """Map ``path``; where it is missing, make it under another name first, so that it is whole."""
    if not path.exists():
        unfinished = path.with_suffix(".part.npy")
        make(unfinished)
        unfinished.rename(path)
    mapped: np.ndarray = np.load(path, mmap_mode="r")
    return mapped


def _make_targets(
    path: Path,
    views: np.ndarray,
    sample: np.ndarray,
    teacher: Teacher | TeacherOnGpu,
    progress: Progress,
) -> None:
    """Targets of ``views``, in principal components of the ``sample`` of images."""
    count = views.shape[1]
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
