"""To which class each photograph of a foreign collection belongs.

Known layouts:

* a folder per class, at any depth, below folders such as train/ and test/ or not
  (torchvision's ImageFolder and most collections);
* Teachable Machine, "Download Samples": ``<class>-samples.zip`` with bare images;
* Teachable Machine, "Download project as file": a .tm, which is a zip of
  ``manifest.json`` and ``<class>-!-<number>`` files, often without a suffix;
* Edge Impulse's export: training/ and testing/ with ``<label>.<more>.jpg``
  files and ``info.labels`` (docs.edgeimpulse.com, "Edge Impulse labels").
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from tinyteach.data.entries import Entries, Entry, Skipped, list_entries
from tinyteach.data.images import KINDS, SUFFIXES, decode_square
from tinyteach.errors import PhotoError

_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
_SAMPLES = re.compile(r"(?P<name>.+)-samples( ?\(\d+\))?", re.IGNORECASE)
_TM_MARK = "-!-"
INDEX_NAME = "photos.jsonl"  # lies beside photos/ in a project and in its export
_EI_LABELS = "info.labels"
# Files that collections come with and nobody expects to be imported.
_COMPANIONS = frozenset(
    {".json", ".jsonl", ".labels", ".txt", ".md", ".csv", ".xml", ".yaml", ".yml"}
)


@dataclass(frozen=True)
class ClassPhoto:
    """A photograph somewhere in a folder or zip, and the class that its place gives it."""

    class_name: str
    entry: Entry

    @property
    def name(self) -> str:
        return self.entry.name

    def square(self) -> np.ndarray:
        """The centre square, uint8 [N, N, 3]; PhotoError where it cannot be read."""
        return decode_square(self.entry.read(), self.name)


@dataclass
class Collection:
    """The photographs of a source, and the files that are none, with reasons."""

    photos: list[ClassPhoto] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    companions: list[Entry] = field(default_factory=list)


def read_collection(source: str | Path) -> Collection:
    """Find the photographs of a folder or zip and their classes; decodes none of them."""
    entries = list_entries(source)
    collection = Collection(skipped=entries.skipped)
    images = _images(entries, collection)
    labels = _labels(collection.companions)
    unlabelled = [entry for entry in images if entry.parts not in labels]
    classes = classes_by_place([entry.parts for entry in unlabelled])
    labels |= {entry.parts: name for entry, name in zip(unlabelled, classes, strict=True)}
    for entry in images:
        _add(collection, entry, labels[entry.parts])
    if not collection.photos:
        raise PhotoError(
            f"No photographs were found in {source}; name a folder or zip that holds a folder "
            f"of {KINDS} files per class."
        )
    return collection


def classes_by_place(places: Sequence[tuple[str, ...]]) -> list[str | None]:
    """The class that folders give each file; None for files that lie beside the classes.

    A place is a file's folders and name, beginning with the source's own name.
    Outer folders that hold everything, and folders of a split such as train/
    and test/, are taken away as long as most files lie deeper; the first
    folder that is left is the class.
    """
    folders = [place[:-1] for place in places]
    while _is_outer(folders):
        folders = [names[1:] for names in folders]
    flat_splits = all(names[0].lower() in _SPLITS for names in folders if names)
    return [
        _label_in_name(place[-1]) if flat_splits else _class_of_folder(names)
        for place, names in zip(places, folders, strict=True)
    ]


def _is_outer(folders: list[tuple[str, ...]]) -> bool:
    """Whether the first folders are no classes but hold them."""
    firsts = {names[0].lower() for names in folders if names}
    deeper = sum(len(names) > 1 for names in folders)
    directly = sum(len(names) == 1 for names in folders)
    return deeper > directly and (len(firsts) == 1 or firsts <= _SPLITS)


def _class_of_folder(names: tuple[str, ...]) -> str | None:
    if not names:
        return None
    samples = _SAMPLES.fullmatch(names[0])
    return samples["name"] if samples else names[0]


def _label_in_name(name: str) -> str | None:
    """Edge Impulse takes a file's name up to its first dot for its label: cup.2ab3.jpg."""
    label, _, rest = name.partition(".")
    return label if "." in rest else None


def _images(entries: Entries, collection: Collection) -> list[Entry]:
    """Sort the files into images (returned), companions and those skipped."""
    images = []
    for entry in _without_project_files(entries.files):
        if entry.suffix in SUFFIXES or _TM_MARK in entry.parts[-1]:
            images.append(entry)
        elif entry.suffix in _COMPANIONS:
            collection.companions.append(entry)
        else:
            collection.skipped.append(Skipped(entry.name, f"it is not a {KINDS} file"))
    return images


def _without_project_files(files: list[Entry]) -> list[Entry]:
    """Of a TinyTeach project or export only photos/ and its index: reports hold pictures too."""
    bases = {entry.parts[:-1] for entry in files if entry.parts[-1] == INDEX_NAME}
    return [
        entry
        for entry in files
        if all(
            entry.parts[: len(base)] != base or entry.parts[len(base)] in ("photos", INDEX_NAME)
            for base in bases
        )
    ]


def _labels(companions: list[Entry]) -> dict[tuple[str, ...], str | None]:
    """What Edge Impulse's label files say: the label, or None for none or several."""
    labels: dict[tuple[str, ...], str | None] = {}
    for entry in companions:
        if entry.parts[-1] == _EI_LABELS:
            for file in _labelled_files(entry):
                inner = PurePosixPath(str(file.get("path", "")).replace("\\", "/")).parts
                label = _edge_impulse_label(file)
                labels[(*entry.parts[:-1], *inner)] = label
                # Some versions name the file alone and its folder as the category.
                labels[(*entry.parts[:-1], str(file.get("category")), *inner)] = label
    return labels


def _labelled_files(entry: Entry) -> list[dict[str, Any]]:
    try:
        files = json.loads(entry.read())["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise PhotoError(
            f"{entry.name} is not a label file as Edge Impulse writes it; export the data again."
        ) from error
    return [file for file in files if isinstance(file, dict)]


def _edge_impulse_label(file: dict[str, Any]) -> str | None:
    label = file.get("label")
    if isinstance(label, dict):
        label = label.get("label")
    boxes = {box.get("label") for box in file.get("boundingBoxes") or [] if isinstance(box, dict)}
    if label is None and len(boxes) == 1:  # made for finding objects, but only of one kind
        label = boxes.pop()
    return label if isinstance(label, str) and label else None


def _add(collection: Collection, entry: Entry, class_name: str | None) -> None:
    before, mark, _ = entry.parts[-1].partition(_TM_MARK)
    if mark:
        class_name = before
    if class_name is None:
        collection.skipped.append(Skipped(entry.name, "nothing says which class it belongs to"))
    else:
        collection.photos.append(ClassPhoto(class_name, entry))
