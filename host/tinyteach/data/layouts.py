"""To which class each photograph of a foreign collection belongs.

Known layouts:

* a folder per class, at any depth, below folders such as train/ and test/ or not
  (torchvision's ImageFolder and most collections); `class_folders` finds them;
* Teachable Machine, "Download Samples": ``<class>-samples.zip`` with bare images;
* Teachable Machine, "Download project as file": a .tm, which is a zip of
  ``manifest.json`` and ``<class>-!-<number>`` files, often without a suffix;
* Edge Impulse's export: training/ and testing/ with ``<label>.<more>.jpg``
  files and ``info.labels`` (docs.edgeimpulse.com, "Edge Impulse labels");
* a TinyTeach project or export: ``photos/<class>/…`` beside its index.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.data.annotations import annotation_file, annotation_of_others, refuse_annotated
from tinyteach.data.class_folders import Reading, classes_at_level, classes_by_place
from tinyteach.data.edge_impulse import LABELS_NAME, labels_of
from tinyteach.data.entries import Entries, Entry, Skipped
from tinyteach.data.folder_names import holds_classes
from tinyteach.data.foreign_kinds import foreign_kind
from tinyteach.data.images import KINDS, SUFFIXES, decode_square
from tinyteach.data.listing import list_entries
from tinyteach.errors import PhotoError

_SAMPLES = re.compile(r"(?P<name>.+)-samples( ?\(\d+\))?", re.IGNORECASE)
_TM_MARK, _TM_MANIFEST = "-!-", "manifest.json"
INDEX_NAME = "photos.jsonl"  # lies beside photos/ in a project and in its export
_PROJECT_FILES = (INDEX_NAME, "tinyteach.json")
_PHOTOS = "photos"
LABELLING = frozenset({*_PROJECT_FILES, _TM_MANIFEST, LABELS_NAME})  # what classes are read from
_MAX_PARTS = 100  # no collection is so deep; a name in a zip can have thousands
# Files that collections come with and nobody expects to be imported.
_COMPANIONS = frozenset(
    {".json", ".jsonl", ".labels", ".names", ".txt", ".md", ".csv", ".tsv", ".xml", ".yaml"}
    | {".yml", ".html", ".pdf", ".data", ".mat", ".aae"}
)


@dataclass(frozen=True)
class ClassPhoto:
    """A photograph somewhere in a folder or zip, and the class that its place gives it."""

    class_name: str
    entry: Entry

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def folder(self) -> tuple[str, ...]:
        """The folder that gave the class, as a place; else the one that it lies in."""
        folders = self.entry.parts[:-1]
        for position in (*range(1, len(folders)), 0):  # a source may be called like a class of it
            if _class_of_folder(folders[position]) == self.class_name:
                return folders[: position + 1]
        return folders

    @property
    def holder(self) -> tuple[str, ...]:
        """What holds this photograph's class beside others: a folder, as a place."""
        folder = self.folder
        is_class = bool(folder) and _class_of_folder(folder[-1]) == self.class_name
        return folder[:-1] if is_class else folder

    def square(self) -> NDArray[np.uint8]:
        """The centre square, uint8 [N, N, 3]; PhotoError where it cannot be read."""
        return decode_square(self.entry.read(), self.name)


@dataclass
class Collection:
    """The photographs of a source, and the files that are none, with reasons.

    ``parts`` are folders that were taken to hold classes, ``notes`` sentences on what was decided.
    """

    photos: list[ClassPhoto] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    companions: list[Entry] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_certain: bool = False  # the classes were read from labels, none guessed from folders

    def decided(self) -> list[str]:
        """Sentences on what was taken for what."""
        names = ", ".join(dict.fromkeys(self.parts))
        parts = [f"Taken for parts of one collection, not for classes: {names}."] if names else []
        return parts + self.notes

    def no_pictures(self) -> list[str]:
        """What to say of the files beside the photographs that are none and say nothing of them."""
        read = {*_PROJECT_FILES, _TM_MANIFEST, LABELS_NAME}
        names = [entry.name for entry in self.companions if entry.parts[-1] not in read]
        if len(names) < 2:
            return [f"{name}: it is no picture" for name in names]
        return [f"{len(names)} files that are no pictures, such as {names[0]}."]


def read_collection(
    source: str | Path, known: Iterable[str] = (), level: int | None = None
) -> Collection:
    """Find the photographs of a folder or zip and their classes; decodes none of them.

    ``known`` are names that are classes for certain. ``level`` says which folders are the
    classes, 0 being the source itself, 1 those in it. PhotoError where there are no photographs
    or nothing says which class they belong to.
    """
    entries = list_entries(source)
    collection = Collection(skipped=entries.skipped, notes=entries.notes)
    images = _images(entries, collection)
    if not images:
        raise _no_photographs(source, collection)
    reading = _read(images, collection, known, level)
    collection.parts = reading.parts
    collection.notes += reading.notes
    for entry, class_name in zip(images, reading.classes, strict=True):
        _add(collection, entry, class_name)
    _check_found(source, collection, images, level)
    return collection


def _read(
    images: list[Entry], collection: Collection, known: Iterable[str], level: int | None
) -> Reading:
    """The classes of all images: by labels that are certain, else by their folders."""
    if level is not None:
        return classes_at_level([entry.parts for entry in images], level)
    certain = labels_of(collection.companions)
    certain |= _marked(images, collection.companions)
    certain |= _own_classes(images, collection.companions)
    others = [entry for entry in images if entry.parts not in certain]
    reading = classes_by_place([entry.parts for entry in others], known)
    labelled = any(certain.get(entry.parts) for entry in images)
    collection.is_certain = labelled and not any(reading.classes)
    guessed = {
        entry.parts: name and _class_of_folder(name)
        for entry, name in zip(others, reading.classes, strict=True)
    }
    labels = guessed | certain
    reading.classes = [labels[entry.parts] for entry in images]
    return reading


def _class_of_folder(name: str) -> str:
    samples = _SAMPLES.fullmatch(name)
    return samples["name"] if samples else name


def _marked(images: list[Entry], companions: list[Entry]) -> dict[tuple[str, ...], str | None]:
    """Teachable Machine's names, in which a class may hold a slash: left/up-!-0.jpg."""
    bases = {entry.parts[:-1] for entry in companions if entry.parts[-1] == _TM_MANIFEST}
    marked: dict[tuple[str, ...], str | None] = {}
    for entry in images:
        before, mark, _ = entry.parts[-1].partition(_TM_MARK)
        if mark:
            lengths = [n for n in range(len(entry.parts)) if entry.parts[:n] in bases]
            folders = entry.parts[max(lengths) : -1] if lengths else ()
            marked[entry.parts] = "/".join((*folders, before))
    return marked


def _own_classes(images: list[Entry], companions: list[Entry]) -> dict[tuple[str, ...], str | None]:
    """Classes of a TinyTeach project or export: its folders in photos/, whatever their names."""
    bases = _project_bases(companions)
    return {
        entry.parts: entry.parts[length + 1]
        for entry in images
        for length in range(len(entry.parts) - 2)
        if entry.parts[:length] in bases and entry.parts[length] == _PHOTOS
    }


def _images(entries: Entries, collection: Collection) -> list[Entry]:
    """Sort the files into images (returned), companions and those skipped."""
    images = []
    for entry in _without_project_files(entries.files):
        if len(entry.parts) > _MAX_PARTS:
            collection.skipped.append(Skipped(entry.name, "it lies too deep in folders"))
            continue
        if entry.suffix in SUFFIXES:
            images.append(entry)
            continue
        told = foreign_kind(entry.parts[-1])
        if _TM_MARK in entry.parts[-1] and not told:
            images.append(entry)
        elif entry.suffix in _COMPANIONS:
            collection.companions.append(entry)
        else:
            why = told or f"is not a {KINDS} file"
            collection.skipped.append(Skipped(entry.name, f"it {why}"))
    return images


def _without_project_files(files: list[Entry]) -> list[Entry]:
    """Of a TinyTeach project or export only photos/ and its index: reports hold pictures too."""
    bases = _project_bases(files)
    return [entry for entry in files if not bases or _is_of_photos(entry.parts, bases)]


def _project_bases(files: list[Entry]) -> set[tuple[str, ...]]:
    return {entry.parts[:-1] for entry in files if entry.parts[-1] in _PROJECT_FILES}


def _is_of_photos(parts: tuple[str, ...], bases: set[tuple[str, ...]]) -> bool:
    return all(
        parts[length] in (_PHOTOS, *_PROJECT_FILES)
        for length in range(len(parts))
        if parts[:length] in bases
    )


def _add(collection: Collection, entry: Entry, class_name: str | None) -> None:
    if class_name is None:
        collection.skipped.append(Skipped(entry.name, "nothing says which class it belongs to"))
    else:
        collection.photos.append(ClassPhoto(class_name, entry))


def _check_found(
    source: str | Path, collection: Collection, images: list[Entry], level: int | None
) -> None:
    """PhotoError for photographs without classes, and for what a label file says instead."""
    if level is not None:
        if not collection.photos:
            raise PhotoError(
                f"No photographs of {source} lie in folders at level {level}; name another level."
            )
        return
    classes = {photo.class_name for photo in collection.photos}
    example = None
    if not collection.is_certain:
        find = (
            annotation_file
            if _is_doubtful(classes)
            else partial(annotation_of_others, classes=classes)
        )
        example = find(collection.companions, images)
    if example:
        raise refuse_annotated(source, example)
    if not collection.photos:
        raise PhotoError(
            f"Nothing says which classes the {len(images)} photograph"
            f"{'s' * (len(images) > 1)} in {source} belong to; "
            "put those of each class into a folder named like it, or say with --level (of "
            "'tinyteach import' and 'tinyteach test') which folders are the classes."
        )


def _is_doubtful(classes: set[str]) -> bool:
    """Whether folders that are called so may as well be no classes."""
    return len(classes) < 2 or any(map(holds_classes, classes))


def _no_photographs(source: str | Path, collection: Collection) -> PhotoError:
    """What there is instead of photographs."""
    first = collection.skipped[0] if collection.skipped else None
    seen = f" Of {first.name}: {first.reason.rstrip('.')}." if first else ""
    return PhotoError(
        f"No photographs were found in {source}; name a folder or zip that holds a folder "
        f"of {KINDS} files per class.{seen}"
    )
