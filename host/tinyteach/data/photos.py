"""Photographs of a project: listed from the folders, loaded as squares, saved in bursts."""

import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.data.bursts import guess_bursts, joined
from tinyteach.data.copies import same_files
from tinyteach.data.foreign_kinds import foreign_kind
from tinyteach.data.images import KINDS, SUFFIXES, encode_png, load_square
from tinyteach.data.litter import is_litter
from tinyteach.data.photo_index import (
    FRAME,
    WEBCAM,
    PhotoRecord,
    append_records,
    composed,
    path_key,
    read_records,
)
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError
from tinyteach.files import reason, write_atomically

# What took a photograph: a board's camera, a computer's, or nobody knows, as of an imported file.
BOARD, FILE = "board", "file"
SOURCES = (BOARD, WEBCAM, FILE)


@dataclass(frozen=True)
class Photo:
    """A photograph on disk. ``record`` is what is known of how it was taken, if anything."""

    path: Path
    class_name: str
    burst: str
    record: PhotoRecord | None
    below: str  # the class's folder, with slashes

    @property
    def id(self) -> str:
        """``class/file``, whatever the folder of the class is called."""
        return f"{self.class_name}/{self.below}"

    @property
    def source(self) -> str:
        """What took it: one of `SOURCES`."""
        if self.record is None:
            return FILE
        if self.record.sensor == WEBCAM:
            return WEBCAM
        return BOARD if self.record.board else FILE


def is_frame(photo: Photo) -> bool:
    """Whether it is a module's whole frame."""
    return photo.record is not None and photo.record.kind == FRAME


@dataclass(frozen=True)
class Listing:
    """The photographs of a project, and a sentence for each file that is none."""

    photos: list[Photo] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LoadedPhotos:
    """Photographs that could be read, with their squares, and a sentence for each other."""

    photos: list[Photo]
    squares: list[NDArray[np.uint8]]  # uint8 [N, N, 3], N may differ
    problems: list[str]


def list_photos(project: Project, class_name: str | None = None) -> list[Photo]:
    """All photographs, or those of a class, in the order of classes and then of names."""
    return list_all(project, class_name).photos


def list_all(project: Project, class_name: str | None = None) -> Listing:
    """`list_photos`, together with what lies in the folders and cannot be used."""
    records = read_records(project.index_path)
    names = project.classes() if class_name is None else [project.class_name(class_name)]
    listing = Listing()
    for name in names:
        _list_class(project, name, records, listing)
    if class_name is None:
        for folder, why in project.unusable_folders().items():
            listing.problems.append(
                f"{folder} cannot be a class because its name {why}; rename it."
            )
    return listing


def load_photos(photos: Iterable[Photo]) -> LoadedPhotos:
    """Load what can be read; what cannot is named in ``problems`` and left where it is."""
    loaded = LoadedPhotos([], [], [])
    for photo in photos:
        try:
            square = load_square(photo.path)
        except PhotoError as error:
            loaded.problems.append(str(error))
            continue
        loaded.photos.append(photo)
        loaded.squares.append(square)
    return loaded


class Recording:
    """One burst being recorded into a class; each photograph is on disk once `add` returns.

    ``kind`` is "square" for the camera's centre square, "model" for an image
    of the model's input size (over a slow link), "frame" for the whole frame of a camera whose
    firmware cuts nothing off (a Grove Vision AI V2's, which gives 240 × 240).
    """

    def __init__(
        self,
        project: Project,
        class_name: str,
        *,
        board: str = "",
        sensor: str = "",
        kind: str = "square",
        burst: str | None = None,
    ) -> None:
        if kind not in ("square", "model", FRAME):
            raise ValueError(f"kind is 'square', 'model' or {FRAME!r}, not {kind!r}")
        self.project = project
        self.folder = project.class_dir(class_name)
        self.class_name = project.class_name(class_name)
        self.burst = burst or _new_burst()
        self.photos: list[Photo] = []
        self._facts = {"board": board, "sensor": sensor, "kind": kind}

    def add(self, square: NDArray[np.uint8]) -> Photo:
        """Store one photograph, uint8 [N, N, 3] RGB; ProjectError where the class is gone."""
        content = encode_png(square)
        with self.project.changing():
            self.folder = self.project.class_dir(self.class_name)
            photo = self._write(content, square.shape[0])
            assert photo.record is not None
            append_records(self.project.index_path, [photo.record])
        self.photos.append(photo)
        return photo

    def _write(self, content: bytes, side: int) -> Photo:
        path = self.folder / f"{self.burst}-{len(self.photos) + 1:03}.png"
        write_atomically(path, content)
        record = PhotoRecord(
            path=path.relative_to(self.project.root).as_posix(),
            class_name=self.class_name,
            time=_now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            burst=self.burst,
            side=side,
            **self._facts,
        )
        return Photo(path, self.class_name, self.burst, record, path.name)


def save_burst(
    project: Project,
    class_name: str,
    squares: Sequence[NDArray[np.uint8]],
    **facts: str,
) -> list[Photo]:
    """Store photographs taken in one go, each uint8 [N, N, 3] RGB; ``facts`` as in `Recording`."""
    recording = Recording(project, class_name, **facts)
    return [recording.add(square) for square in squares]


def _list_class(
    project: Project, name: str, records: dict[str, PhotoRecord], listing: Listing
) -> None:
    folder = project.class_dir(name)
    # Of thousands of files, names as text take a third of the time that paths take.
    above = path_key(folder.relative_to(project.root))
    unrecorded: dict[str, list[str]] = {}
    found: list[tuple[str, str, PhotoRecord | None]] = []
    for below in files_below(folder, listing.problems):
        place, _, file = below.rpartition("/")
        ending = os.path.splitext(file)[1].lower()  # noqa: PTH122
        if ending not in SUFFIXES or not os.path.isfile(f"{folder}/{below}"):  # noqa: PTH113
            told = foreign_kind(file) or f"is not a {KINDS} file; convert it or move it away"
            listing.problems.append(f"{folder / below} {told}.")
            continue
        record = records.get(f"{above}/{composed(below)}") or records.get(file)
        if record is None:
            unrecorded.setdefault(place, []).append(below)
        else:
            found.append((below, record.burst, record))
    for place, names in unrecorded.items():
        there = (folder / place).relative_to(project.photos_dir).as_posix()
        bursts = guess_bursts([Path(below).stem for below in names], there)
        found += [(below, burst, None) for below, burst in zip(names, bursts, strict=True)]
    listing.photos.extend(
        Photo(folder / below, name, burst, record, below)
        for below, burst, record in sorted(found, key=lambda item: item[0].split("/"))
    )


def recordings(photos: Sequence[Photo]) -> list[str]:
    """The recording of each: its burst, and one for files with the same bytes.

    Copies that only look the same are found when they are trained on, where all are decoded.
    """
    copies = same_files([photo.path for photo in photos])
    return joined([photo.burst for photo in photos], copies)


def files_below(folder: Path, problems: list[str]) -> list[str]:
    """All files below a folder but litter, in a fixed order; what cannot be listed is told.

    By their paths below it, with slashes.
    """

    def tell(error: OSError) -> None:
        where = f"{error.filename} cannot be listed ({reason(error)})"
        problems.append(f"{where}; check its permissions.")

    found = []
    for place, folders, names in os.walk(folder, onerror=tell):
        folders[:] = [name for name in folders if not is_litter(name)]
        inside = Path(place).relative_to(folder).as_posix()
        start = "" if inside == "." else f"{inside}/"
        found += [start + name for name in names if not is_litter(name)]
    return sorted(found, key=lambda below: below.split("/"))


def _new_burst() -> str:
    """Sorts by time, to the millisecond, and is unlike any other computer's."""
    now = _now()
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z-{secrets.token_hex(3)}"


def _now() -> datetime:
    return datetime.now(UTC)
