"""Which photographs are copies of one another: the same, saved again, scaled, brighter, mirrored.

A copy on the other side of a split is no test, so copies belong to one recording whatever they
are called. Compared are small views; `bench/copies.py` measures how far apart copies are, and
different photographs of one scene.
"""

import hashlib
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 16  # pixels of a small view
# Root mean square difference of two small views, in parts of their own contrast. Copies in JPEG,
# in half and double the size or a tenth brighter stay below it, different photographs above.
NEAR = 0.08
LEVELS = 32  # by which a copy may be brighter or darker on average, of 256
_LEAST_CONTRAST = 8.0  # levels; in what is flat, noise is no difference
_END_BYTES = 4096  # of files of one size, compared before they are read whole
_ROWS = 512  # compared at once with all others


def small_view(square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A photograph (uint8 [N, N, 3]) as float32 [1 + SIDE·SIDE·3]: its level, then its contrast."""
    image = Image.fromarray(square).resize((SIDE, SIDE), Image.Resampling.BOX)
    values = np.asarray(image, np.float32).ravel()
    level = values.mean()
    contrast = max(float(values.std()), _LEAST_CONTRAST)
    return np.append(level, (values - level) / contrast).astype(np.float32)


def alike(views: Sequence[NDArray[np.float32]], mirrored: bool = False) -> NDArray[np.intp]:
    """For each of `small_view`s the first that it is a copy of, by way of others or itself: int.

    With ``mirrored``, also where one is the other's mirror image.
    """
    if not len(views):
        return np.empty(0, int)
    distinct, places = np.unique(np.stack(views), axis=0, return_inverse=True)
    first = np.full(len(distinct), len(views))
    np.minimum.at(first, places.ravel(), np.arange(len(views)))
    groups = np.arange(len(distinct))
    for start in range(0, len(distinct), _ROWS):
        near = _near(distinct[start : start + _ROWS], distinct, start)
        if mirrored:
            near |= _near(_mirror(distinct[start : start + _ROWS]), distinct, start)
        for place in np.flatnonzero(near.any(axis=1)):
            _join(groups, np.unique(groups[[start + place, *np.flatnonzero(near[place])]]))
    lowest = np.full(len(distinct), len(views))
    np.minimum.at(lowest, groups, first)
    return lowest[groups][places.ravel()]


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


def _near(some: NDArray[np.float32], views: NDArray[np.float32], start: int) -> NDArray[np.bool]:
    """Which of ``some``, views from ``start`` on, are copies of which others: bool, S×N."""
    # Means of differences are no larger than the differences: what is far here is far in detail.
    near = _within(_coarse(some), _coarse(views))
    near &= np.abs(some[:, :1] - views[:, 0]) <= LEVELS
    near[np.arange(len(some)), np.arange(start, start + len(some))] = False  # itself
    rows, columns = near.any(axis=1), near.any(axis=0)
    inner = np.ix_(rows, columns)
    near[inner] &= _within(some[rows, 1:], views[columns, 1:])
    return near


def _coarse(views: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grey means of two by two pixels, N×(SIDE/2)²."""
    half = SIDE // 2
    blocks = views[:, 1:].reshape(-1, half, 2, half, 2, 3)
    means: NDArray[np.float32] = blocks.mean((2, 4, 5)).reshape(len(views), -1)
    return means


def _within(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.bool]:
    """Which rows differ by no more than NEAR, by their products: bool, S×N."""
    lengths = (some**2).sum(1)[:, None] + (others**2).sum(1)
    near: NDArray[np.bool] = lengths - 2 * some @ others.T <= NEAR**2 * some.shape[1] + 1e-3
    return near


def _mirror(views: NDArray[np.float32]) -> NDArray[np.float32]:
    pixels = views[:, 1:].reshape(-1, SIDE, SIDE, 3)[:, :, ::-1].reshape(len(views), -1)
    return np.concatenate([views[:, :1], pixels], axis=1)


def _join(groups: NDArray[np.intp], found: NDArray[np.intp]) -> None:
    if len(found) > 1:
        groups[np.isin(groups, found)] = found[0]
