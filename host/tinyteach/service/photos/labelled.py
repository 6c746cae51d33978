"""Photographs to test a head with: labelled by their folders, and none that it was trained on."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinyteach.data.bursts import joined
from tinyteach.data.copies import alike, copied, small_view
from tinyteach.data.entries import Skipped
from tinyteach.data.images import load_square, pixel_digest
from tinyteach.data.importing import as_clause, recordings_in
from tinyteach.data.layouts import ClassPhoto, Collection, read_collection
from tinyteach.data.names import UNKNOWN
from tinyteach.data.photos import list_photos
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, TinyTeachError
from tinyteach.head.format.head_file import load_head_file
from tinyteach.head.report.advice import photographs
from tinyteach.progress import Progress, unseen

READ, COMPARED = "Reading", "Reading the project's photographs"


@dataclass(frozen=True)
class Copy:
    """A photograph that is a copy of one of the project's, both by name."""

    name: str
    of: str


@dataclass
class LabelledPhotos:
    """What a source holds: photographs to test with, and what was left out.

    ``bursts`` are the recordings of ``photos``; copies of one another belong to one. Where they
    were ``compared`` with a project's, none of them is a copy of one of those. ``largest_side`` is
    in pixels.
    """

    source: Path
    collection: Collection
    compared: bool = False
    largest_side: int = 0
    photos: list[ClassPhoto] = field(default_factory=list)
    bursts: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)


def read_labelled(
    source: Path,
    project: Project | None,
    level: int | None = None,
    copies: bool = False,
    progress: Progress = unseen,
) -> LabelledPhotos:
    """Read a folder of class folders, or a zip or tar of one, by the rules of an import.

    Copies of the project's photographs are left out, unless ``copies`` are wanted, and so is what
    comes twice. PhotoError where nothing is left; UsageError where there is no such source.
    """
    collection = read_collection(source, _known_names(project), level)
    found = LabelledPhotos(source, collection, skipped=list(collection.skipped))
    views = _take_readable(found, progress)
    if not found.photos:
        raise _none_readable(found)
    if project and not copies:
        found.compared = True
        views = _leave_copies_out(found, views, project, progress)
    bursts = recordings_in(collection)
    own = [bursts[photo.entry.parts] for photo in found.photos]
    found.bursts = joined(own, alike(views, mirrored=True).tolist())
    return found


def _known_names(project: Project | None) -> list[str]:
    """Folders that are classes for certain: those that the project and its head have."""
    names = [UNKNOWN]
    if project:
        names += project.classes()
        with suppress(TinyTeachError, FileNotFoundError):  # a board may have a head all the same
            names += load_head_file(project.head_path).labels
    return names


def _take_readable(found: LabelledPhotos, progress: Progress) -> list[np.ndarray]:
    """Take what can be read, each once; their `small_view`s."""
    views: list[np.ndarray] = []
    seen: dict[bytes, str] = {}
    for done, photo in enumerate(found.collection.photos, 1):
        progress(READ, done, len(found.collection.photos))
        try:
            square = photo.square()
        except PhotoError as error:
            found.skipped.append(Skipped(photo.name, as_clause(str(error), photo.name)))
            continue
        digest = pixel_digest(square)
        if digest in seen:
            why = f"it is the same photograph as {seen[digest]}"
            found.skipped.append(Skipped(photo.name, why))
            continue
        seen[digest] = photo.name
        found.photos.append(photo)
        found.largest_side = max(found.largest_side, square.shape[0])
        views.append(small_view(square))
    return views


def _leave_copies_out(
    found: LabelledPhotos, views: list[np.ndarray], project: Project, progress: Progress
) -> list[np.ndarray]:
    """Take away the copies of the project's photographs; the views of what is left."""
    own = dict(_views_of(project, progress))
    names, originals = list(own), copied(views, list(own.values()))
    pairs = list(zip(found.photos, originals, strict=True))
    found.copies = [Copy(photo.name, names[of]) for photo, of in pairs if of is not None]
    found.photos = [photo for photo, of in pairs if of is None]
    if not found.photos:
        raise PhotoError(
            f"All {photographs(len(pairs))} in {found.source} are copies of what the project "
            f"{project.name} was trained on; name others, or say --copies to test on these."
        )
    return [view for view, of in zip(views, originals, strict=True) if of is None]


def _views_of(project: Project, progress: Progress) -> Iterator[tuple[str, np.ndarray]]:
    """The name and `small_view` of each of the project's photographs that can be read."""
    listed = list_photos(project)
    for done, photo in enumerate(listed, 1):
        progress(COMPARED, done, len(listed))
        with suppress(PhotoError):
            yield photo.id, small_view(load_square(photo.path))


def _none_readable(found: LabelledPhotos) -> PhotoError:
    first = found.skipped[0]
    return PhotoError(
        f"None of the {photographs(len(found.collection.photos))} in {found.source} could be "
        f"read; the first that was left out is {first.name}: {first.reason.rstrip('.')}."
    )
