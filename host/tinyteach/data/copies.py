"""Which photographs are copies of one another: the same, saved again, scaled, brighter, mirrored.

A copy on the other side of a split is no test, so copies belong to one recording whatever they
are called. Compared are small views; `bench/copies.py` measures how far apart copies are, and
different photographs of one scene.
"""

import hashlib
import math
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tinyteach.chains import chained

SIDE = 16  # pixels of a small view
SMALL_VALUES = SIDE * SIDE * 3
# Root mean square difference of two small views, in parts of their own contrast. Copies in JPEG,
# in half and double the size or a tenth brighter stay below it, different photographs above.
NEAR = 0.08
LEVELS = 32  # by which a copy may be brighter or darker on average, of 256
_LEAST_CONTRAST = 8.0  # levels; in what is flat, noise is no difference
_ROWS = 1024  # made at once
_END_BYTES = 4096  # of files of one size, compared before they are read whole


def small_pixels(square: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photograph (uint8 [N, N, 3]) as SIDE × SIDE pixels, RGB: uint8 [SMALL_VALUES]."""
    image = Image.fromarray(square).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(image).ravel()


def small_views(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`small_view`s of `small_pixels`, uint8 [N, SMALL_VALUES]: float32 [N, 1 + SMALL_VALUES]."""
    views = np.empty((len(pixels), 1 + pixels.shape[1]), np.float32)
    for start in range(0, len(pixels), _ROWS):
        values = pixels[start : start + _ROWS].astype(np.float32)
        levels = values.mean(axis=1, keepdims=True)
        contrasts = np.maximum(values.std(axis=1, keepdims=True), _LEAST_CONTRAST)
        views[start : start + _ROWS, :1] = levels
        views[start : start + _ROWS, 1:] = (values - levels) / contrasts
    return views


def small_view(square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A photograph (uint8 [N, N, 3]): its level, then its contrast, float32 [1 + SMALL_VALUES]."""
    view: NDArray[np.float32] = small_views(small_pixels(square)[None])[0]
    return view


def alike(
    views: NDArray[np.float32] | Sequence[NDArray[np.float32]], mirrored: bool = False
) -> NDArray[np.intp]:
    """For each of `small_view`s the first that it is a copy of, by way of others or itself: int.

    With ``mirrored``, also where one is the other's mirror image.
    """
    if not len(views):
        return np.empty(0, int)
    every = np.asarray(views)
    first, places = _distinct(every)
    some = every if len(first) == len(every) else every[first]
    levels, pixels = some[:, 0], some[:, 1:]

    def as_bright(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.bool]:
        found: NDArray[np.bool] = np.abs(levels[rows][:, None] - levels[columns]) <= LEVELS
        return found

    radius = NEAR * math.sqrt(pixels.shape[1])
    copies = chained(pixels, radius, _mirror if mirrored else None, as_bright)
    found: NDArray[np.intp] = first[copies][places]
    return found


def _distinct(views: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each different one comes first, and for each which of those it is."""
    seen: dict[bytes, int] = {}
    places = [seen.setdefault(hashlib.sha256(view).digest(), len(seen)) for view in views]
    first = np.full(len(seen), len(views))
    np.minimum.at(first, places, np.arange(len(views)))
    return first, np.array(places)


def copied(
    views: Sequence[NDArray[np.float32]], originals: Sequence[NDArray[np.float32]]
) -> list[int | None]:
    """For each of ``views`` the first of ``originals`` that it is a copy of, mirrored or not."""
    found = alike([*originals, *views], mirrored=True)[len(originals) :]
    return [int(first) if first < len(originals) else None for first in found]


def same_files(paths: Sequence[Path]) -> list[int]:
    """For each file the first that holds the same bytes, itself where none before it does.

    Only files of the same size and end are read whole.
    """
    found = list(range(len(paths)))
    for group in _divided(found, lambda place: paths[place].stat().st_size):
        for ending in _divided(group, lambda place: _end(paths[place])):
            for same in _divided(ending, lambda place: _digest(paths[place])):
                for place in same:
                    found[place] = same[0]
    return found


def _divided(places: list[int], by: Callable[[int], Hashable]) -> list[list[int]]:
    """The groups of several for which ``by`` is the same; a file that cannot be read is alone."""
    groups: dict[Hashable, list[int]] = {}
    for place in places:
        with suppress(OSError):
            groups.setdefault(by(place), []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def _end(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        return file.read()


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _mirror(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return pixels.reshape(-1, SIDE, SIDE, 3)[:, :, ::-1].reshape(len(pixels), -1)
