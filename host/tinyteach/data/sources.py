"""Photographs to show a camera: those of any folder of class folders."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tinyteach.data.images import pixel_digest
from tinyteach.data.layouts import ClassPhoto, read_collection
from tinyteach.errors import PhotoError


class PhotoLike(Protocol):
    """Whatever can give a photograph's centre square."""

    def square(self) -> NDArray[np.uint8]:
        """uint8 [N, N, 3] RGB."""


class FolderCamera:
    """A virtual camera that is shown photographs, one after another and round again.

    ``next_view()`` is uint8 [height, width, 3]: the photograph's square in the
    middle, as large as fits, on grey. The camera's centre square thus is the photograph.
    """

    def __init__(self, photos: Sequence[PhotoLike], width: int = 240, height: int = 240) -> None:
        if not photos:
            raise ValueError("a camera needs at least one photograph to look at")
        self.photos = list(photos)
        self.width, self.height = width, height
        self._position = 0

    def next_view(self) -> NDArray[np.uint8]:
        """The next photograph as a frame; PhotoError where it cannot be read."""
        square = self.photos[self._position % len(self.photos)].square()
        self._position += 1
        return frame_of(square, self.width, self.height)


def frame_of(square: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A square photograph in a camera's frame, uint8 [height, width, 3]."""
    side = min(width, height)
    shrinks = side <= square.shape[0]
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    resized = Image.fromarray(square).resize((side, side), method)
    frame = Image.new("RGB", (width, height), (128, 128, 128))
    # Rounded as the centre crop of preprocessing rounds.
    frame.paste(resized, ((width - side) // 2, (height - side) // 2))
    return np.array(frame)


Split = dict[str, list[ClassPhoto]]


def photo_split(
    source: str | Path,
    per_class: int,
    held_out: int,
    seed: int = 0,
    tell: Callable[[str], object] | None = None,
) -> tuple[Split, Split]:
    """Draw photographs to train on and others to test on from a folder or zip.

    ``per_class`` and up to ``held_out`` a class, by chance but the same for the
    same seed. None is in both, none twice by its pixels, unreadable ones are
    passed over. The class names and the layouts are those of `read_collection`.
    ``tell`` gets each sentence on what was taken for what.
    PhotoError where a class has too few to leave at least one to test on.
    """
    if per_class < 1 or held_out < 1:
        raise ValueError("at least one photograph to train on and one to test on")
    by_class: dict[str, list[ClassPhoto]] = defaultdict(list)
    collection = read_collection(source)
    if tell:
        for line in collection.decided():
            tell(line)
    for photo in collection.photos:
        by_class[photo.class_name].append(photo)
    train: Split = {}
    test: Split = {}
    seen: set[bytes] = set()
    for number, (name, photos) in enumerate(sorted(by_class.items())):
        order = np.random.default_rng([seed, number]).permutation(len(photos))
        drawn = _draw([photos[i] for i in order], per_class + held_out, seen)
        if len(drawn) <= per_class:
            raise PhotoError(
                f"Class {name!r} has {len(drawn)} different readable photographs in {source}; "
                f"with {per_class} to train on none is left to test on, so ask for fewer."
            )
        train[name], test[name] = drawn[:per_class], drawn[per_class:]
    return train, test


def _draw(photos: list[ClassPhoto], count: int, seen: set[bytes]) -> list[ClassPhoto]:
    """The first ``count`` that can be read and whose pixels were not seen before."""
    drawn: list[ClassPhoto] = []
    for photo in photos:
        if len(drawn) == count:
            break
        try:
            digest = pixel_digest(photo.square())
        except PhotoError:
            continue
        if digest not in seen:
            seen.add(digest)
            drawn.append(photo)
    return drawn
