"""Photographs from elsewhere into a project: folders, zips and other tools' exports."""

import os
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from tinyteach.data.bursts import DAY, FOLDER, guess_bursts
from tinyteach.data.entries import Skipped
from tinyteach.data.images import SUFFIXES, encode_png, pixel_digest, taken_on
from tinyteach.data.import_plan import ImportPlan, plan_import
from tinyteach.data.layouts import INDEX_NAME, ClassPhoto, Collection
from tinyteach.data.names import portable_name, same_name
from tinyteach.data.photo_index import PhotoRecord, append_records, parse_records
from tinyteach.data.photos import list_photos, load_photos
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, ProjectError
from tinyteach.files import write_atomically


@dataclass
class ImportResult:
    """What an import did: photographs added per class, files left out with reasons."""

    added: dict[str, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)  # class there → class here
    known: int = 0  # photographs that the project has already
    undated: int = 0  # photographs added of which the day was asked for and is not told


def import_folder(
    project: Project,
    source: str | Path,
    on_progress: Callable[[int, int], None] | None = None,
    level: int | None = None,
    plan: ImportPlan | None = None,
    recordings: str | None = None,
) -> ImportResult:
    """Copy the photographs of a folder or zip into the project, one class each folder.

    Knows the layouts that `layouts` lists; ``level`` says which folders are the classes where
    that guess is wrong, as in `read_collection`. Photographs are stored as PNG
    centre squares as `images.load_square` gives them. One that is in the
    project already, or comes twice, is skipped, so an import can be repeated.
    ``plan`` is what `plan_import` made of the source, where it was asked before. ``recordings``
    of `RECORDINGS` says what was taken in one go; by default names and records are asked.
    ``on_progress(done, total)`` is called after each file. Raises UsageError or PhotoError
    where the source as a whole cannot be used; a class is made only with its first photograph.
    """
    plan = plan or plan_import(project, source, level)
    run = _Import(project, plan, recordings)
    total = len(plan.collection.photos)
    for done, photo in enumerate(plan.collection.photos, 1):
        run.take(photo)
        if on_progress:
            on_progress(done, total)
    return run.result


class _Import:
    """One run: what is in the project already and what has been added."""

    def __init__(self, project: Project, plan: ImportPlan, recordings: str | None) -> None:
        self._project = project
        self._records = _records_of(plan.collection)
        self._bursts = recordings_in(plan.collection)
        self._recordings, self._run = recordings, secrets.token_hex(3)
        self._names = plan.names
        self._owner = _owners(project)
        self._before = frozenset(self._owner)
        self._made: set[str] = set()
        self.result = ImportResult(skipped=list(plan.collection.skipped), renamed=plan.renamed)

    def take(self, photo: ClassPhoto) -> None:
        """Add one photograph or note why not."""
        class_name = self._names[photo.class_name]
        if class_name is None:
            self._skip(photo, f"no class can be called {photo.class_name!r}")
            return
        try:
            square = photo.square()
        except PhotoError as error:
            self._skip(photo, as_clause(str(error), photo.name))
            return
        digest = pixel_digest(square)
        if digest in self._owner:
            self.result.known += digest in self._before
            why = f"the same photograph is in class {self._owner[digest]!r} already"
            self._skip(photo, why, is_copy=True)
            return
        folder = self._class_dir(class_name)
        try:
            self._store(photo, folder, square)
        except ProjectError:
            self._leave_no_empty_class(folder)
            raise
        self._owner[digest] = class_name

    def _skip(self, photo: ClassPhoto, why: str, is_copy: bool = False) -> None:
        self.result.skipped.append(Skipped(photo.name, why, is_copy))

    def _class_dir(self, class_name: str) -> Path:
        """The folder of a class, made when first needed."""
        if same_name(class_name, self._project.classes()) is None:
            self._made.add(self._project.add_class(class_name))
        return self._project.class_dir(class_name)

    def _leave_no_empty_class(self, folder: Path) -> None:
        if folder.name in self._made and not any(folder.iterdir()):
            self._project.remove_class(folder.name)

    def _store(self, photo: ClassPhoto, folder: Path, square: NDArray[np.uint8]) -> None:
        path = _free_path(folder, photo)
        write_atomically(path, encode_png(square))
        known = self._records.get(photo.entry.parts)
        record = PhotoRecord(
            path=path.relative_to(self._project.root).as_posix(),
            class_name=folder.name,
            board=known.board if known else "",
            sensor=known.sensor if known else "",
            time=known.time if known else "",
            burst=known.burst if known else self._burst(photo, folder.name),
            kind=known.kind if known else "square",
            side=square.shape[0],
        )
        append_records(self._project.index_path, [record])
        self.result.added[folder.name] = self.result.added.get(folder.name, 0) + 1

    def _burst(self, photo: ClassPhoto, class_name: str) -> str:
        """What was taken in one go with a photograph; other imports' bursts differ."""
        place = photo.entry.parts
        if self._recordings == FOLDER:
            return "/".join((self._run, *place[:-1]))
        if self._recordings == DAY:
            if day := taken_on(photo.entry.read()):
                return f"{self._run}/{class_name}/{day}"
            self.result.undated += 1
        return "/".join((self._run, *place)) if self._recordings else self._bursts[place]


def as_clause(sentence: str, name: str) -> str:
    """What an error says of a photograph, to stand behind its name."""
    return f"it {sentence.removeprefix(f'{name} ')}" if sentence.startswith(name) else sentence


def _owners(project: Project) -> dict[bytes, str]:
    """The class of each photograph in the project, by its pixels."""
    owners: dict[bytes, str] = {}
    for photo in list_photos(project):
        for square in load_photos([photo]).squares:  # one at a time: memory
            owners[pixel_digest(square)] = photo.class_name
    return owners


def recordings_in(collection: Collection) -> dict[tuple[str, ...], str]:
    """The burst of each photograph by its place, as a TinyTeach export says it, else guessed."""
    recorded = {place: record.burst for place, record in _records_of(collection).items()}
    return _bursts_of(collection) | recorded


def _records_of(collection: Collection) -> dict[tuple[str, ...], PhotoRecord]:
    """What the index of a TinyTeach export says, by place in the source."""
    records = {}
    for entry in collection.companions:
        if entry.parts[-1] == INDEX_NAME:
            for path, record in parse_records(entry.read()).items():
                records[(*entry.parts[:-1], *PurePosixPath(path).parts)] = record
    return records


def _bursts_of(collection: Collection) -> dict[tuple[str, ...], str]:
    """A burst for each photograph by its place; other imports' bursts differ."""
    run = secrets.token_hex(3)
    folders: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for photo in collection.photos:
        folders[photo.entry.parts[:-1]].append(photo.entry.parts)
    bursts: dict[tuple[str, ...], str] = {}
    for folder, places in folders.items():
        stems = [_stem(place[-1]) for place in places]
        bursts.update(zip(places, guess_bursts(stems, "/".join((run, *folder))), strict=True))
    return bursts


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    return (path.stem if path.suffix.lower() in SUFFIXES else name).replace("-!-", "-")


def _free_path(folder: Path, photo: ClassPhoto) -> Path:
    stem = portable_name(_stem(photo.entry.parts[-1])) or "photo"
    path, number = folder / f"{stem}.png", 1
    while os.path.lexists(path):  # also where nobody may look
        number += 1
        path = folder / f"{stem}-{number}.png"
    return path
