"""Single photographs of a project: list, show, label, delete, put back."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from tinyteach.data import deleted, moving
from tinyteach.data.deleted import photo_path
from tinyteach.data.images import load_square
from tinyteach.data.photos import list_all, recordings, save_burst
from tinyteach.errors import UsageError
from tinyteach.results import JsonResult
from tinyteach.service.projects.opening import make_if_unknown, open_project

THUMBNAIL_SIDES = (96, 480)  # pixels
KEPT_THUMBNAILS = 2000  # of a few KB each


@dataclass(frozen=True)
class PhotoEntry(JsonResult):
    """A photograph: ``id`` is ``class/file``; ``burst`` the recording; ``time`` may be empty;
    ``source`` is one of `data.photos.SOURCES`."""

    id: str
    class_name: str
    burst: str
    time: str
    source: str


def list_photos(folder: Path) -> tuple[list[PhotoEntry], list[str]]:
    """All photographs in the order of classes and names, and a sentence for what is none.

    Their recordings are those that `class_summary` counts.
    """
    project = open_project(folder)
    listing = list_all(project)
    entries = [
        PhotoEntry(p.id, p.class_name, burst, p.record.time if p.record else "", p.source)
        for p, burst in zip(listing.photos, recordings(listing.photos), strict=True)
    ]
    return entries, listing.problems


def thumbnail(folder: Path, photo_id: str, side: int) -> bytes:
    """A JPEG file of the photograph, ``side`` pixels at most; PhotoError where there is none."""
    if side not in THUMBNAIL_SIDES:
        raise UsageError(f"A picture is {THUMBNAIL_SIDES} pixels wide; ask for one of them.")
    path = photo_path(open_project(folder), photo_id)
    about = path.stat()
    return _thumbnail(path, side, (about.st_mtime_ns, about.st_ctime_ns))


@lru_cache(maxsize=KEPT_THUMBNAILS)
def _thumbnail(path: Path, side: int, changed_ns: tuple[int, int]) -> bytes:
    """Of the file as it was changed last at those times; whoever scrolls asks for it again."""
    from PIL import Image

    image = Image.fromarray(load_square(path))
    image.thumbnail((side, side), Image.Resampling.BOX)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def delete_photos(folder: Path, photo_ids: Sequence[str]) -> str:
    """Delete photographs; returns what `undo_delete` takes to put them back."""
    return deleted.delete_photos(open_project(folder), photo_ids)


def delete_class(folder: Path, name: str) -> str:
    """Delete a class with its photographs; returns what `undo_delete` takes to put them back."""
    return deleted.delete_class(open_project(folder), name)


def move_photos(folder: Path, photo_ids: Sequence[str], class_name: str) -> list[str]:
    """Move photographs into another class, that of what is unknown included; their ids then."""
    project = open_project(folder)
    make_if_unknown(project, class_name)
    return moving.move_photos(project, photo_ids, class_name)


def undo_delete(folder: Path, number: str) -> int:
    """Put back what was deleted; how many photographs that were."""
    return deleted.restore(open_project(folder), number)


def label_view(folder: Path, class_name: str, pixels: np.ndarray, board: str) -> str:
    """Store what the model saw (uint8 [M, M, 3]) as a photograph of a class; returns its id."""
    project = open_project(folder)
    make_if_unknown(project, class_name)
    (photo,) = save_burst(project, class_name, [pixels], board=board, kind="model")
    return photo.id
