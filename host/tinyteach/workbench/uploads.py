"""Files that a page sends one by one, then has imported together as a folder would be."""

import contextlib
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tinyteach.data.entries import LEADS_OUTSIDE, Entry
from tinyteach.data.images import KINDS
from tinyteach.data.import_plan import ImportPlan
from tinyteach.data.layouts import LABELLING
from tinyteach.data.listing import list_entries
from tinyteach.errors import PhotoError, TinyTeachError, TooLargeError, UsageError
from tinyteach.files import reason, remedy
from tinyteach.progress import Progress
from tinyteach.service.photos.importing import ImportSummary, import_photos, plan_photos

RENAME = "rename the file"
FILES_MAX = 5_000
BYTES_MAX = 512 << 20  # of all files of one upload
UPLOADS_MAX = 4  # at once
# A page sends one file as soon as the one before is there: what is silent was abandoned. It makes
# room for another upload soon, and ends by itself in any case.
MAKES_ROOM_S = 5.0
ENDS_S = 60.0

now_s = time.monotonic


@dataclass
class _Upload:
    folder: Path
    files: int = 0
    bytes: int = 0
    used: int = 0  # requests that are about it now
    heard_s: float = field(default_factory=lambda: now_s())
    ended: bool = False

    def silent_s(self) -> float:
        """For how long nobody has been about it."""
        return 0.0 if self.used else now_s() - self.heard_s

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class Uploads:
    """Uploads under way, in a temporary folder that goes with them; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: dict[str, _Upload] = {}
        self._closed = threading.Event()
        self._tidying: threading.Thread | None = None

    def begin(self) -> str:
        """A new upload; returns its number. UsageError where too many are under way."""
        self.end_silent(MAKES_ROOM_S, keep=UPLOADS_MAX - 1)
        with self._lock:
            if len(self._uploads) >= UPLOADS_MAX:
                raise UsageError("Several uploads are under way already; wait for one to end.")
            number = secrets.token_hex(8)
            self._uploads[number] = _Upload(Path(tempfile.mkdtemp(prefix="tinyteach-upload-")))
            if self._tidying is None:
                self._tidying = threading.Thread(target=self._tidy, name="uploads", daemon=True)
                self._tidying.start()
        return number

    def _tidy(self) -> None:
        while not self._closed.wait(ENDS_S / 4):
            self.end_silent(ENDS_S)

    def end_silent(self, silent_s: float, keep: int = 0) -> None:
        """End what was silent for so long, the longest first, but for ``keep`` uploads in all."""
        with self._lock:
            found = [(upload.silent_s(), number) for number, upload in self._uploads.items()]
        surplus = len(found) - keep
        for silent, number in sorted(found, reverse=True)[: max(0, surplus)]:
            if silent >= silent_s:
                self.end(number)

    @contextlib.contextmanager
    def receiving(self, number: str, name: str) -> Iterator[BinaryIO]:
        """A new file of an upload, to be written, by its name with folders, such as ``cat/1.png``.

        Where that fails the file goes again: half a photograph is none.
        """
        with self._in_use(number) as upload:
            path = self._place_for(upload, name)
            try:
                with path.open("wb") as file:
                    yield file
            except BaseException as error:
                with contextlib.suppress(OSError):
                    path.unlink()
                if isinstance(error, OSError):
                    raise _not_kept(name, error) from error
                raise

    @contextlib.contextmanager
    def _in_use(self, number: str) -> Iterator[_Upload]:
        upload = self._find(number)
        with self._lock:
            upload.used += 1
        try:
            yield upload
        finally:
            with self._lock:
                upload.used -= 1
                upload.heard_s = now_s()
                is_left = upload.ended and not upload.used
            if is_left:
                upload.remove()

    def _place_for(self, upload: _Upload, name: str) -> Path:
        upload.files += 1
        if upload.files > FILES_MAX:
            raise TooLargeError(f"An upload takes {FILES_MAX} files at most; send fewer at once.")
        path = upload.folder / "upload" / _inner(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError as error:
            raise _not_kept(name, error) from error
        return path

    def count(self, number: str, size: int) -> None:
        """So many bytes more have come; TooLargeError beyond the limit."""
        upload = self._find(number)
        upload.bytes += size
        if upload.bytes > BYTES_MAX:
            self.end(number)
            raise TooLargeError(
                f"An upload takes {BYTES_MAX >> 20} MiB at most; send fewer photographs at once."
            )

    def import_sent(self, number: str, project: Path, progress: Progress) -> ImportSummary:
        """Import what was sent; the upload ends. PhotoError where a zip means no good."""
        try:
            with self._in_use(number) as upload:
                return _import_sent(project, upload.folder / "upload", progress)
        finally:
            self.end(number)

    def end(self, number: str) -> None:
        """Forget an upload and its files, as soon as no request is about it."""
        with self._lock:
            upload = self._uploads.pop(number, None)
            if upload is None:
                return
            upload.ended, is_left = True, not upload.used
        if is_left:
            upload.remove()

    def close(self) -> None:
        """End all at once."""
        self._closed.set()
        with self._lock:
            uploads, self._uploads = self._uploads, {}
        for upload in uploads.values():
            upload.remove()

    def _find(self, number: str) -> _Upload:
        with self._lock:
            upload = self._uploads.get(number)
        if upload is None:
            raise UsageError("This upload is over; begin it again.")
        return upload


def _not_kept(name: str, error: OSError) -> PhotoError:
    return PhotoError(
        f"{name[:200]!r} cannot be kept in {tempfile.gettempdir()} ({reason(error)}); "
        f"{remedy(error, RENAME)}."
    )


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


def _import_sent(project: Path, folder: Path, progress: Progress) -> ImportSummary:
    if not folder.is_dir():
        raise UsageError("Nothing was sent; drop photographs, a folder or a zip.")
    try:
        _refuse_leading_outside(folder)
        plan = plan_photos(project, folder)
        summary = import_photos(project, folder, progress, plan)
    except TinyTeachError as error:
        error.args = (_as_sent(str(error), folder),)
        raise
    others = [f"{each.name}: it is not a {KINDS} file" for each in _no_photographs(plan, folder)]
    one_by_one = [each for each in summary.skipped if each not in plan.collection.no_pictures()]
    skipped = [_as_sent(sentence, folder) for sentence in one_by_one + others]
    return replace(summary, skipped=skipped, told=[_as_sent(each, folder) for each in summary.told])


def _as_sent(sentence: str, folder: Path) -> str:
    """A sentence with the names that the page sent: it knows nothing of a folder."""
    told = sentence.replace(f"{folder}/", "").replace(str(folder), "what was sent")
    return re.sub(rf"(^|[ '\"]){folder.name}/", r"\1", told)


def _no_photographs(plan: ImportPlan, folder: Path) -> list[Entry]:
    """Files that were sent by themselves and are of no use, though collections have such."""
    others = [each for each in plan.collection.companions if each.parts[-1] not in LABELLING]
    return [each for each in others if Path(folder.parent, *each.parts).is_file()]


def _refuse_leading_outside(folder: Path) -> None:
    """PhotoError for a zip that holds a name leading out of it: who made it means no good."""
    for skipped in list_entries(folder).skipped:
        if skipped.reason == LEADS_OUTSIDE:
            raise PhotoError(
                f"The zip holds {skipped.name!r}, whose name leads outside of it; nothing of what "
                "was sent was taken. Make the zip again, or send the others without it."
            )
