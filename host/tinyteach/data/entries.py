"""Files of a folder or zip as a flat list, read where they are: nothing is ever unpacked.

As no name from a zip is used as a path, none can lead outside; such names are
still refused, because whoever made them meant no good.
"""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tinyteach.errors import PhotoError, UsageError
from tinyteach.files import reason

MAX_FILES = 200_000
MAX_FILE_BYTES = 64 << 20  # a photograph
MAX_ZIP_BYTES = 1 << 30  # a zip inside a zip, which is read into memory
MAX_UNPACKED_BYTES = 32 << 30  # what a zip says it holds
MAX_DEPTH = 2  # zips within a zip
# Photographs are compressed already: a zip of them holds little more than its own size. One that
# claims so many times as much, and more than a photograph's limit, was made to fill a memory.
MAX_RATIO = 200
LEADS_OUTSIDE = "its name leads outside the zip"

ARCHIVES = frozenset({".zip", ".tm"})  # a Teachable Machine project (.tm) is a zip
_IGNORED = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why, as a clause."""

    name: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """A file: its folders and name below the source, and how to read it."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]  # PhotoError where that fails

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.parts[-1]).suffix.lower()

    @property
    def name(self) -> str:
        return "/".join(self.parts)


@dataclass
class Entries:
    """What a source holds. ``parts`` of each entry begin with the source's own name."""

    files: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, parts: tuple[str, ...], why: str) -> None:
        self.skipped.append(Skipped("/".join(parts), why))


def list_entries(source: str | Path) -> Entries:
    """All files of a folder or zip, those of zips within included, in the order of names.

    UsageError where there is no such source, PhotoError for a damaged zip.
    """
    source = Path(source)
    entries = Entries()
    if source.is_dir():
        _add_folder(source, entries)
    elif source.is_file():
        if not zipfile.is_zipfile(source):
            raise PhotoError(
                f"{source} is neither a folder nor a zip; name one that holds a folder per class."
            )
        _add_zip(source, (source.stem,), entries, depth=0)
    else:
        raise UsageError(f"There is no folder or zip {source}; check the name.")
    return entries


def _add_folder(source: Path, entries: Entries) -> None:
    top = source.resolve().name
    for path in sorted(source.rglob("*")):
        parts = (top, *path.relative_to(source).parts)
        if _is_ignored(parts[1:]) or not path.is_file():
            continue
        _check_count(entries, source)
        if path.suffix.lower() in ARCHIVES and zipfile.is_zipfile(path):
            _add_zip(path, (*parts[:-1], path.stem), entries, depth=0)
        else:
            entries.files.append(Entry(parts, _file_reader(path)))


def _add_zip(source: Path | io.BytesIO, top: tuple[str, ...], entries: Entries, depth: int) -> None:
    name = "/".join(top)
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise PhotoError(f"The zip {name} is damaged ({error}); fetch or make it again.") from error
    infos = sorted(archive.infolist(), key=lambda info: info.filename)
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise PhotoError(f"The zip {name} unpacks to more than 32 GiB; split it.")
    _check_ratio(infos, name)
    for info in infos:
        if info.is_dir():
            continue
        _check_count(entries, name)
        _add_member(archive, info, top, entries, depth)


def _add_member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    top: tuple[str, ...],
    entries: Entries,
    depth: int,
) -> None:
    inner = PurePosixPath(info.filename.replace("\\", "/"))
    parts = (*top, *inner.parts)
    if inner.is_absolute() or ".." in inner.parts or not inner.parts or ":" in inner.parts[0]:
        entries.skip(parts, LEADS_OUTSIDE)
    elif _is_ignored(inner.parts):
        return
    elif inner.suffix.lower() in ARCHIVES:
        _add_nested(archive, info, parts, entries, depth)
    else:
        entries.files.append(Entry(parts, _member_reader(archive, info, MAX_FILE_BYTES)))


def _add_nested(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    parts: tuple[str, ...],
    entries: Entries,
    depth: int,
) -> None:
    if depth >= MAX_DEPTH:
        entries.skip(parts, "it is a zip too deep inside others")
        return
    try:
        content = _member_reader(archive, info, MAX_ZIP_BYTES)()
        _add_zip(
            io.BytesIO(content), (*parts[:-1], PurePosixPath(parts[-1]).stem), entries, depth + 1
        )
    except PhotoError as error:
        entries.skip(parts, str(error))


def _file_reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise PhotoError(_too_long(str(path), MAX_FILE_BYTES))
            return path.read_bytes()
        except OSError as error:
            raise PhotoError(
                f"{path} cannot be read ({reason(error)}); check its permissions."
            ) from error

    return read


def _member_reader(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit_bytes: int
) -> Callable[[], bytes]:
    def read() -> bytes:
        # zipfile reads no more than the size that the directory states.
        if info.file_size > limit_bytes:
            raise PhotoError(_too_long(info.filename, limit_bytes))
        try:
            return archive.read(info)
        except RuntimeError as error:  # encrypted
            raise PhotoError(f"{info.filename} is locked by a password; unlock the zip.") from error
        except Exception as error:  # decompressors raise of many kinds on damaged data
            raise PhotoError(
                f"{info.filename} is damaged inside its zip ({error}); fetch the zip again."
            ) from error

    return read


def _too_long(name: str, limit_bytes: int) -> str:
    return f"{name} is longer than {limit_bytes >> 20} MiB; save it smaller."


def _is_ignored(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part in _IGNORED for part in parts)


def _check_ratio(infos: list[zipfile.ZipInfo], name: str) -> None:
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if unpacked > max(MAX_FILE_BYTES, MAX_RATIO * packed):
        raise PhotoError(
            f"The zip {name} claims to unpack to {unpacked >> 20} MiB from {packed >> 10} KiB, "
            "which no photographs do; make it again."
        )


def _check_count(entries: Entries, source: object) -> None:
    if len(entries.files) + len(entries.skipped) >= MAX_FILES:
        raise PhotoError(f"{source} holds more than {MAX_FILES} files; name a smaller folder.")
