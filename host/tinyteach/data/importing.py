"""Photographs from elsewhere into a project: folders, zips and other tools' exports."""

import os
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tinyteach.data.bursts import DAY, FOLDER, guess_bursts
from tinyteach.data.entries import Skipped
from tinyteach.data.images import SUFFIXES, encode_png, pixel_digest, taken_on
from tinyteach.data.import_plan import ImportPlan, plan_import
from tinyteach.data.layouts import INDEX_NAME, ClassPhoto, Collection
from tinyteach.data.names import portable_name, same_name
from tinyteach.data.photo_index import PhotoRecord, append_records, parse_records
from tinyteach.data.pixel_index import PixelIndex
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
    try:
        for done, photo in enumerate(plan.collection.photos, 1):
            run.take(photo)
            if on_progress:
                on_progress(done, total)
    finally:
        run.keep()
    return run.result


class _Import:
    """One run: what is in the project already and what has been added."""

    def __init__(self, project: Project, plan: ImportPlan, recordings: str | None) -> None:
        self._project = project
        self._records = _records_of(plan.collection)
        self._bursts = recordings_in(plan.collection)
        self._recordings, self._run = recordings, secrets.token_hex(3)
        self._names = plan.names
        self._index_bytes = self._measured()
        self._index = PixelIndex(project)
        self._added: set[bytes] = set()
        self._folders: dict[str, Path] = {}
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
        if self._is_known(photo, digest):
            return
        content = encode_png(square)
        with self._project.changing():
            self._learn_of_others()
            if self._is_known(photo, digest):
                return
            folder = self._class_dir(class_name)
            try:
                path = self._store(photo, folder, content, square.shape[0])
            except ProjectError:
                self._leave_no_empty_class(folder)
                raise
            self._index_bytes = self._measured()
        self._index.add(digest, class_name, path)
        self._added.add(digest)

    def keep(self) -> None:
        """Have the project remember whose pixels are whose."""
        self._index.keep()

    def _is_known(self, photo: ClassPhoto, digest: bytes) -> bool:
        """Whether the project has a photograph already, which is said then."""
        owner = self._index.owner(digest)
        if owner is None:
            return False
        self.result.known += digest not in self._added
        why = f"the same photograph is in class {owner!r} already"
        self._skip(photo, why, is_copy=True)
        return True

    def _learn_of_others(self) -> None:
        """What another process added meanwhile is in the project, too."""
        if self._measured() != self._index_bytes:
            self._index.look_again()

    def _measured(self) -> tuple[int, int]:
        """Which index there is and how long: who adds a photograph adds a line."""
        try:
            about = self._project.index_path.stat()
        except OSError:
            return 0, 0
        return about.st_ino, about.st_size

    def _skip(self, photo: ClassPhoto, why: str, is_copy: bool = False) -> None:
        self.result.skipped.append(Skipped(photo.name, why, is_copy))

    def _class_dir(self, class_name: str) -> Path:
        """The folder of a class, made when first needed, or again where another removed it."""
        folder = self._folders.get(class_name)
        if folder is None or not folder.is_dir():  # asking for all classes lists all of them
            if same_name(class_name, self._project.classes()) is None:
                self._made.add(self._project.add_class(class_name))
            folder = self._folders[class_name] = self._project.class_dir(class_name)
        return folder

    def _leave_no_empty_class(self, folder: Path) -> None:
        if folder.name in self._made and not any(folder.iterdir()):
            self._project.remove_class(folder.name)

    def _store(self, photo: ClassPhoto, folder: Path, content: bytes, side: int) -> Path:
        path = _free_path(folder, photo)
        write_atomically(path, content)
        known = self._records.get(photo.entry.parts)
        record = PhotoRecord(
            path=path.relative_to(self._project.root).as_posix(),
            class_name=folder.name,
            board=known.board if known else "",
            sensor=known.sensor if known else "",
            time=known.time if known else "",
            burst=known.burst if known else self._burst(photo, folder.name),
            kind=known.kind if known else "square",
            side=side,
        )
        append_records(self._project.index_path, [record])
        self.result.added[folder.name] = self.result.added.get(folder.name, 0) + 1
        return path

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
