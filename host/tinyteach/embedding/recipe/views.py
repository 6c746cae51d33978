"""The views of a training run: each image as it is and cropped, and each face from close by.

View 0 of an image is the image itself; its further views are crops as cameras take them. After
the images come some rows for each face, of which every view is another close-up, then some for
each of more pictures, of which every view is another crop.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyteach.embedding.recipe.augment import (
    SMALLEST_OF_MORE,
    close_ups,
    photograph,
    random_crops,
)
from tinyteach.embedding.recipe.faces import Faces
from tinyteach.embedding.recipe.progress import Progress

_BLOCK = 1000  # images changed at a time, for memory's sake


@dataclass(frozen=True)
class MorePictures:
    """Pictures larger than views, without labels, and how many rows of crops each has."""

    images: np.ndarray  # uint8, M×larger×larger×3
    crops: int

    @property
    def rows(self) -> np.ndarray:
        """Numbers of the pictures, one a row."""
        return np.tile(np.arange(len(self.images)), self.crops)


NO_MORE = MorePictures(np.empty((0, 1, 1, 3), np.uint8), 1)


def make_views(
    path: Path,
    images: np.ndarray,
    faces: Faces,
    more: MorePictures,
    views: int,
    seed: int,
    progress: Progress,
) -> None:
    """Write uint8 ``views``×rows×side×side×3 to ``path``, a .npy file.

    ``images``: uint8, N×side×side×3; rows: N, the number of ``faces`` and the crops of ``more``.
    """
    rows, boxes, side = faces.rows, faces.boxes, images.shape[1]
    behind = len(images) + len(rows)
    shape = (views, behind + len(more.rows), *images.shape[1:])
    out = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    out[0, : len(images)] = images

    def draw_images(view: int, start: int) -> None:
        block = draw_view(images[start : start + _BLOCK], seed, view, start)
        out[view, start : start + len(block)] = block

    def draw_faces(view: int, start: int) -> None:
        of_block = slice(start, start + _BLOCK)
        block = draw_close_ups(images[rows[of_block]], boxes[of_block], seed, view, start)
        out[view, len(images) + start : len(images) + start + len(block)] = block

    def draw_more(view: int, start: int) -> None:
        block = draw_crops(more.images[more.rows[start : start + _BLOCK]], side, seed, view, start)
        out[view, behind + start : behind + start + len(block)] = block

    work = [(draw_images, view, n) for view in range(1, views) for n in _starts(images)]
    work += [(draw_faces, view, n) for view in range(views) for n in _starts(rows)]
    work += [(draw_more, view, n) for view in range(views) for n in _starts(more.rows)]
    _side_by_side(work, progress)
    out.flush()


def draw_view(images: np.ndarray, seed: int, view: int, start: int) -> np.ndarray:
    """One block of a view, of uint8 ``images`` from number ``start`` on: uint8, same shape.

    Each block has random numbers of its own, so that blocks can be drawn side by side.
    """
    rng = np.random.default_rng([seed, view, start])
    return photograph(images, random_crops(len(images), images.shape[1], rng), rng)


def draw_close_ups(
    images: np.ndarray, boxes: np.ndarray, seed: int, view: int, start: int
) -> np.ndarray:
    """The same for faces, ``boxes`` (F×3: centre x, centre y, side) of uint8 ``images``."""
    rng = np.random.default_rng([seed, view, start, 1])  # 1: other numbers than images have
    return photograph(images, close_ups(boxes, images.shape[1], rng), rng)


def draw_crops(images: np.ndarray, side: int, seed: int, view: int, start: int) -> np.ndarray:
    """The same of larger uint8 ``images``, as side×side pixels."""
    rng = np.random.default_rng([seed, view, start, 2])  # 2: other numbers than faces have, too
    boxes = random_crops(len(images), images.shape[1], rng, SMALLEST_OF_MORE)
    return photograph(images, boxes, rng, side)


def _starts(rows: np.ndarray) -> range:
    return range(0, len(rows), _BLOCK)


def _side_by_side(
    work: Sequence[tuple[Callable[[int, int], None], int, int]], progress: Progress
) -> None:
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for number, _ in enumerate(pool.map(lambda item: item[0](*item[1:]), work)):
            progress("Drawing views", number + 1, len(work))
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl-C does not wait for those not begun
