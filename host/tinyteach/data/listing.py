"""All files of a folder or an archive, those of archives within included."""

import io
import re
import stat
import zipfile
from collections import deque
from functools import partial
from pathlib import Path, PurePosixPath

from tinyteach.data.entries import (
    LEADS_OUTSIDE,
    MAX_DEPTH,
    MAX_NESTED_BYTES,
    Entries,
    Entry,
    Member,
    file_reader,
    place_in_archive,
    shown,
    unreadable,
)
from tinyteach.data.foreign_kinds import foreign_kind
from tinyteach.data.images import MAX_FILE_BYTES, SUFFIXES
from tinyteach.data.litter import is_litter
from tinyteach.data.tars import tar_members
from tinyteach.data.there import check_source
from tinyteach.data.zips import zip_members
from tinyteach.errors import PhotoError
from tinyteach.files import reason

_ZIPS = (".zip", ".tm")  # a Teachable Machine project (.tm) is a zip
_TARS = (".tar.gz", ".tar", ".tgz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
_OTHERS = {
    ".7z": "a 7z archive",
    ".rar": "a rar archive",
    ".gz": "a gzip file",
    ".bz2": "a bzip2 file",
    ".xz": "an xz file",
    ".zst": "a Zstandard file",
}
_PART = re.compile(r"\.(z\d\d|\d{3})", re.IGNORECASE)
_A_PART = "one of several parts of an archive"
_OTHER_STARTS = {
    b"7z\xbc\xaf\x27\x1c": ".7z",
    b"Rar!\x1a\x07": ".rar",
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ\0": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
}
_START_BYTES = 512
_UNPACK = "which cannot be read here; unpack it and name the folder"


def list_entries(source: str | Path) -> Entries:
    """All files of a folder or zip, those of zips within included, in the order of names.

    Folders that are links are followed, each once and after the others. Names of links that
    lead nowhere, of folders that may not be read and of what is no ordinary file are
    in ``skipped``. UsageError where there is no such source, PhotoError for a damaged zip.
    """
    source = Path(source)
    entries = Entries()
    check_source(source)
    if source.is_dir():
        _Walk(source, entries).run()
    else:
        _add_file(source, entries)
    entries.files.sort(key=lambda entry: entry.parts)
    return entries


def _add_file(source: Path, entries: Entries) -> None:
    if not _is_part(source.name) and (_is_zip(source) or _is_tar(source)):
        _add_archive(source, (source.name,), entries, depth=0)
        return
    told = _kind_of_archive(source)
    if told:
        raise PhotoError(f"{source} is {told}.")
    if source.suffix.lower() in SUFFIXES:
        raise PhotoError(
            f"{source} is a single photograph; name the folder that it lies in, which is called "
            "like its class."
        )
    raise PhotoError(
        f"{source} is neither a folder nor a zip; name one that holds a folder per class."
    )


def _kind_of_archive(path: Path) -> str:
    """What an archive that is no whole zip is, and what to do, as a clause."""
    start = _start_of(path)
    if _is_part(path.name):
        return f"{_A_PART}, {_UNPACK}"
    if start.startswith(b"PK\3\4"):
        return "a zip whose end is missing; fetch or make it again"
    suffix = next((s for begin, s in _OTHER_STARTS.items() if start.startswith(begin)), "")
    sent = _no_archive(path.name, start).removeprefix("is ")
    told = _OTHERS.get(suffix) or (not sent and _OTHERS.get(path.suffix.lower()))
    return f"{told}, {_UNPACK}" if told else sent


def _start_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_START_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error


def _is_part(name: str) -> bool:
    return bool(_PART.fullmatch(PurePosixPath(name).suffix))


def _no_archive(name: str, start: bytes) -> str:
    """What a file is that was to be an archive, as a clause; such as what a server sent instead."""
    kind = next((end for end in (*_TARS, *_ZIPS) if name.lower().endswith(end)), "")
    return foreign_kind(name, start, {"": "file", ".zip": "zip", ".tm": "zip"}.get(kind, "tar"))


def _is_zip(path: Path) -> bool:
    """Also of a ZIP64 that lies in several files, of which zipfile does not say so but raises."""
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:
        return True


def _is_tar(path: Path) -> bool:
    return path.name.lower().endswith(_TARS)


def _add_archive(
    source: Path | io.BytesIO, place: tuple[str, ...], entries: Entries, depth: int
) -> None:
    start = _start_of(source) if isinstance(source, Path) else source.getvalue()[:_START_BYTES]
    told = _no_archive(place[-1], start)
    if told:
        raise PhotoError(f"{shown(place)} {told}.")
    top = _without_suffix(place)
    members = tar_members if place[-1].lower().endswith(_TARS) else zip_members
    for member in members(source, shown(top), entries.notes):
        entries.check_count(shown(top))
        inner = place_in_archive(member.name)
        if inner is None:
            entries.skip((*top, member.name), LEADS_OUTSIDE)
        elif not any(map(is_litter, inner)):
            _add_member(member, (*top, *inner), entries, depth)


def _add_member(member: Member, parts: tuple[str, ...], entries: Entries, depth: int) -> None:
    name = parts[-1].lower()
    other = _A_PART if _is_part(name) else _OTHERS.get(PurePosixPath(name).suffix)
    if member.fault:
        entries.skip(parts, member.fault)
    elif name.endswith((*_ZIPS, *_TARS)):
        _add_nested(member, parts, entries, depth + 1)
    elif other:
        entries.skip(parts, f"it is {other}, {_UNPACK}")
    else:
        entries.files.append(Entry(parts, partial(member.read, MAX_FILE_BYTES)))


def _add_nested(member: Member, parts: tuple[str, ...], entries: Entries, depth: int) -> None:
    if depth > MAX_DEPTH:
        entries.skip(parts, "it is an archive too deep inside others")
        return
    try:
        # It stays in memory for as long as its photographs may be read.
        content = member.read(MAX_NESTED_BYTES - entries.nested_bytes)
        entries.nested_bytes += member.size
        _add_archive(io.BytesIO(content), parts, entries, depth)
    except PhotoError as error:
        entries.skip(parts, str(error))


def _without_suffix(parts: tuple[str, ...]) -> tuple[str, ...]:
    name = parts[-1]
    ending = next((end for end in _TARS if name.lower().endswith(end)), PurePosixPath(name).suffix)
    return (*parts[:-1], name[: len(name) - len(ending)] or name)


class _Walk:
    """A walk through a folder, first through what really lies in it, then through links."""

    def __init__(self, source: Path, entries: Entries) -> None:
        self._source = source
        self._entries = entries
        # As it was named: a link's own name, and not that of what it leads to.
        named = source.name if source.name not in ("", "..") else source.resolve().name
        self._waiting: deque[tuple[Path, tuple[str, ...]]] = deque([(source, (named or "disk",))])
        self._links: deque[tuple[Path, tuple[str, ...]]] = deque()
        self._seen: set[tuple[int, int]] = set()

    def run(self) -> None:
        while self._waiting or self._links:
            path, parts = (self._waiting or self._links).popleft()
            self._take(path, parts)

    def _take(self, path: Path, parts: tuple[str, ...]) -> None:
        """One folder: its files are added, its folders wait."""
        try:
            known = path.stat()
            names = sorted(inner.name for inner in path.iterdir())
        except OSError as error:
            self._refuse(path, parts, error)
            return
        if (known.st_dev, known.st_ino) in self._seen or self._holds_source(path):
            self._entries.skip(parts, "it leads to a folder that is taken already")
            return
        self._seen.add((known.st_dev, known.st_ino))
        for name in names:
            if not is_litter(name):
                self._sort_in(path / name, (*parts, name))

    def _sort_in(self, path: Path, parts: tuple[str, ...]) -> None:
        self._entries.check_count(self._source)
        try:
            mode = path.stat().st_mode
        except OSError as error:
            told = f"it leads to {path.readlink()}, which cannot be read" * path.is_symlink()
            self._entries.skip(parts, f"{told or 'it cannot be read'} ({reason(error)})")
            return
        if stat.S_ISDIR(mode):
            (self._links if path.is_symlink() else self._waiting).append((path, parts))
        elif not stat.S_ISREG(mode):
            self._entries.skip(parts, "it is no ordinary file")
        else:
            self._add(path, parts)

    def _add(self, path: Path, parts: tuple[str, ...]) -> None:
        suffix, is_tar = path.suffix.lower(), _is_tar(path)
        is_archive = is_tar or (suffix in _ZIPS and _is_zip(path))
        if is_archive and not _no_archive(path.name, _start_of(path)):
            _add_archive(path, parts, self._entries, depth=0)
        elif is_tar or suffix in _ZIPS or suffix in _OTHERS or _is_part(path.name):
            told = self._told(path)
            self._entries.skip(parts, f"it is {told or 'no zip, whatever its name says'}")
        else:
            self._entries.files.append(Entry(parts, file_reader(path)))

    def _told(self, path: Path) -> str:
        try:
            return _kind_of_archive(path)
        except PhotoError as error:
            return str(error)

    def _holds_source(self, path: Path) -> bool:
        """Whether a folder is above the one that is read: all of it would come twice."""
        return path != self._source and path.resolve() in self._source.resolve().parents

    def _refuse(self, path: Path, parts: tuple[str, ...], error: OSError) -> None:
        if path == self._source:
            raise unreadable(path, error) from error
        self._entries.skip(parts, f"it cannot be read ({reason(error)})")
