"""Files that a page sends one by one, then has imported together as a folder would be."""

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tinyteach.errors import PhotoError, TinyTeachError, TooLargeError, UsageError
from tinyteach.service.importing import ImportSummary, import_photos

FILES_MAX = 5_000
BYTES_MAX = 512 << 20  # of all files of one upload
UPLOADS_MAX = 4  # at once

Progress = Callable[[str, int, int], None]


@dataclass
class _Upload:
    folder: Path
    files: int = 0
    bytes: int = 0


class Uploads:
    """Uploads under way, in a temporary folder that goes with them; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: dict[str, _Upload] = {}

    def begin(self) -> str:
        """A new upload; returns its number. UsageError where too many are under way."""
        with self._lock:
            if len(self._uploads) >= UPLOADS_MAX:
                raise UsageError("Several uploads are under way already; wait for one to end.")
            number = secrets.token_hex(8)
            self._uploads[number] = _Upload(Path(tempfile.mkdtemp(prefix="tinyteach-upload-")))
        return number

    def open_file(self, number: str, name: str) -> BinaryIO:
        """A new file to write, by its name with folders, such as ``cat/1.png``."""
        upload = self._find(number)
        upload.files += 1
        if upload.files > FILES_MAX:
            raise TooLargeError(f"An upload takes {FILES_MAX} files at most; send fewer at once.")
        path = upload.folder / "upload" / _inner(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")

    def count(self, number: str, size: int) -> None:
        """So many bytes more have come; TooLargeError beyond the limit."""
        upload = self._find(number)
        upload.bytes += size
        if upload.bytes > BYTES_MAX:
            self.end(number)
            raise TooLargeError(
                f"An upload takes {BYTES_MAX >> 20} MiB at most; send fewer photographs at once."
            )

    def take_over(self, number: str, project: Path, progress: Progress) -> ImportSummary:
        """Import what was sent; the upload ends. PhotoError where a zip means no good."""
        folder = self._find(number).folder / "upload"
        try:
            if not folder.is_dir():
                raise UsageError("Nothing was sent; drop photographs, a folder or a zip.")
            _refuse_leading_outside(folder)
            return import_photos(project, folder, progress)
        except TinyTeachError as error:  # the page knows nothing of a folder
            error.args = (str(error).replace(str(folder), "what was sent"),)
            raise
        finally:
            self.end(number)

    def end(self, number: str) -> None:
        """Forget an upload and its files."""
        with self._lock:
            upload = self._uploads.pop(number, None)
        if upload:
            shutil.rmtree(upload.folder, ignore_errors=True)

    def close(self) -> None:
        """End all."""
        for number in list(self._uploads):
            self.end(number)

    def _find(self, number: str) -> _Upload:
        with self._lock:
            upload = self._uploads.get(number)
        if upload is None:
            raise UsageError("This upload is over; begin it again.")
        return upload


def _inner(name: str) -> Path:
    """A name from a page as a path below the upload; PhotoError where it leads outside."""
    inner = PurePosixPath(name.replace("\\", "/"))
    parts = inner.parts
    fits = len(name) <= 1000 and all(len(part.encode()) <= 255 for part in parts)
    if not parts or inner.is_absolute() or ".." in parts or ":" in parts[0] or "\0" in name:
        raise PhotoError(f"The name {name!r} leads outside of the upload; rename the file.")
    if not fits:
        raise PhotoError(f"The name {name[:60]!r}… is too long; rename the file.")
    return Path(*parts)


def _refuse_leading_outside(folder: Path) -> None:
    """PhotoError for a zip that holds a name leading out of it: who made it means no good."""
    from tinyteach.data.entries import LEADS_OUTSIDE
    from tinyteach.data.listing import list_entries

    for skipped in list_entries(folder).skipped:
        if skipped.reason == LEADS_OUTSIDE:
            raise PhotoError(
                f"The zip holds {skipped.name!r}, whose name leads outside of it; nothing of it "
                "was taken. Make the zip again."
            )
