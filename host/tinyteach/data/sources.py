"""Photographs to show a camera: those of any folder of class folders."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinyteach.data.images import pixel_digest
from tinyteach.data.layouts import ClassPhoto, read_collection
from tinyteach.errors import PhotoError

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
