"""Photographs to train on and others to test on, no larger than the board's link carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyteach.service.boards.link_speed import PHOTO_TIME_S, side_in_time
from tinyteach.service.photos import bench_photos

PER_CLASS_MAX = 40
MADE_SMALL = (
    "photographs of up to {had} pixels a side to {side}, because the link carries no larger one in "
    "{time_s:.0f} s"
)


@dataclass(frozen=True)
class NamedPhoto:
    """``square`` is uint8 [N, N, 3], RGB; ``name`` tells a person which it is."""

    label: str
    square: np.ndarray
    name: str


@dataclass(frozen=True)
class Photos:
    """``training`` and ``held_out`` have no photograph in common. ``made_small`` says if so."""

    training: Sequence[NamedPhoto]
    held_out: Sequence[NamedPhoto]
    made_small: str = ""

    @property
    def labels(self) -> list[str]:
        """The classes, in the order of the folders."""
        return list(dict.fromkeys(photo.label for photo in self.training))

    @property
    def all(self) -> list[NamedPhoto]:
        """Both together."""
        return [*self.training, *self.held_out]


def read_photos(folder: Path | None, bytes_per_second: float, model_side: int) -> Photos:
    """A folder of class folders or a zip of one, halved; None draws the demo's objects.

    Raises PhotoError where they cannot be read.
    """
    halves = bench_photos.halves(folder, PER_CLASS_MAX)
    side = side_in_time(bytes_per_second, PHOTO_TIME_S, model_side)
    had = max(s.shape[0] for half in halves for squares in half.values() for s in squares)
    said = ""
    if had > side:
        said = MADE_SMALL.format(had=had, side=side, time_s=PHOTO_TIME_S)
        halves = bench_photos.shrunk(halves[0], side), bench_photos.shrunk(halves[1], side)
    training, held_out = (_named(half, of) for half, of in zip(halves, ("a", "b"), strict=True))
    return Photos(training, held_out, said)


def _named(half: bench_photos.Squares, of: str) -> list[NamedPhoto]:
    return [
        NamedPhoto(label, square, f"{label} {of}{number}")
        for label, squares in half.items()
        for number, square in enumerate(squares, 1)
    ]
