"""Which photographs a project has, by their pixels, kept so that no import decodes them all.

    <project>/.pixels.json   by its file what a photograph's pixels were, with its size and times

The photographs are the truth: a file that changed is decoded anew, and all where this one is
missing, damaged (its check sum tells) or of another decoder; it may be deleted, and nothing but an
import reads it.
"""

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

import PIL

from tinyteach.data.images import SUFFIXES, load_square, pixel_digest
from tinyteach.data.photos import files_below
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, ProjectError
from tinyteach.files import format_json, read_json, write_atomically

NAME = ".pixels.json"  # with a dot: no listing of photographs takes it for anything
FORMAT = 2  # higher with every change to what is kept, or to how a photograph is decoded
MADE_BY = f"{FORMAT} {PIL.__version__}"

# Of a file: bytes, the times of its last change in ns, of its content and of anything, which no
# program sets back, and the digest of its pixels in hex; "" where it cannot be read.
Kept = tuple[int, int, int, str]


def kept_path(project: Project) -> Path:
    """Where it lies; the file may be missing."""
    return project.root / NAME


class PixelIndex:
    """The class of each photograph of a project by `pixel_digest`, as it is on disk now.

    Only files that are new or changed since the last `keep` are decoded.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._before = self._files = _kept(project)
        self.look_again()

    def look_again(self) -> None:
        """At all files, after another process may have changed some."""
        self._known, self._files = self._files, {}
        self._owners: dict[str, str] = {}
        for name in self._project.classes():
            self._look_at(name, self._project.class_dir(name))

    def owner(self, digest: bytes) -> str | None:
        """The class of the photograph with these pixels; None where there is none."""
        return self._owners.get(digest.hex())

    def add(self, digest: bytes, class_name: str, path: Path) -> None:
        """One that was just written."""
        self._owners[digest.hex()] = class_name
        with suppress(OSError):
            self._files[self._below(path)] = *_stamp(path.stat()), digest.hex()

    def keep(self) -> None:
        """Have the project remember it, where it can be written."""
        if self._files == self._before:
            return
        with suppress(ProjectError):
            write_atomically(kept_path(self._project), as_kept(self._files))

    def _look_at(self, class_name: str, folder: Path) -> None:
        for below in files_below(folder, []):
            path = f"{folder}/{below}"
            if os.path.splitext(path)[1].lower() not in SUFFIXES:  # noqa: PTH122
                continue
            with suppress(OSError):
                about = os.stat(path)  # noqa: PTH116 - of thousands, paths take three times as long
                if stat.S_ISREG(about.st_mode):
                    self._take(class_name, path, f"{folder.name}/{below}", about)

    def _take(self, class_name: str, path: str, place: str, about: os.stat_result) -> None:
        stamp = _stamp(about)
        kept = self._known.get(place)
        if kept is None or kept[:-1] != stamp:
            kept = *stamp, _digest(path)
        self._files[place] = kept
        if kept[-1]:
            self._owners[kept[-1]] = class_name

    def _below(self, path: Path) -> str:
        return path.relative_to(self._project.photos_dir).as_posix()


def as_kept(files: dict[str, Kept]) -> bytes:
    """The file that says so."""
    return format_json({"made_by": MADE_BY, "check": _check(files), "files": files})


def _check(files: object) -> str:
    return hashlib.sha256(format_json(files)).hexdigest()


def _stamp(about: os.stat_result) -> tuple[int, int, int]:
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns


def _digest(path: str) -> str:
    try:
        return pixel_digest(load_square(path)).hex()
    except PhotoError:
        return ""


def _kept(project: Project) -> dict[str, Kept]:
    """What was kept; nothing where that cannot be read or is another decoder's."""
    try:
        found = read_json(kept_path(project), {"made_by": str, "check": str, "files": dict})
        if found["made_by"] != MADE_BY or found["check"] != _check(found["files"]):
            return {}
        return {
            place: (int(a), int(b), int(c), str(d))
            for place, (a, b, c, d) in found["files"].items()
        }
    except (OSError, OverflowError, TypeError, ValueError, ProjectError):
        return {}
