"""photos.jsonl without the lines that are no use any more, once those are more than the others.

A line is of use where `photos` would look it up: for a file in photos/, for one in deleted/ that
may be put back, by its path or by a name that TinyTeach gave. Moving, renaming and removing leave
the others behind.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tinyteach.data.bursts import own_burst
from tinyteach.data.photo_index import PhotoRecord, index_keys, path_key, record_of
from tinyteach.errors import ProjectError
from tinyteach.lines import rewrite_lines

LINES_MIN = 500  # some 100 KB: not worth to be looked at


@dataclass
class _Found:
    """The keys of all photographs; the class folders, as lines name them, without any file."""

    keys: set[str] = field(default_factory=set)
    empty: list[str] = field(default_factory=list)


def compact_index(index: Path, photos_dir: Path, deleted_dir: Path) -> None:
    """Leave out lines that are no use where they are more than the others; else nothing is done.

    Nothing either where it cannot be done: lines that are no use do no harm. Photographs stay where
    they are while this goes on.
    """
    with suppress(ProjectError):
        rewrite_lines(index, lambda content: _living(content, photos_dir, deleted_dir))


def _living(content: bytes, photos_dir: Path, deleted_dir: Path) -> bytes | None:
    """The lines that are of use; None where they are the most, or who knows."""
    lines = [line for line in content.split(b"\n") if line]
    if len(lines) < LINES_MIN:
        return None
    try:
        found = _photographs(photos_dir, deleted_dir)
    except OSError:  # a folder that cannot be looked into, a disk that is not there
        return None
    records = [record_of(line) for line in lines]
    kept = _last_of(records, found.keys)
    if len(lines) <= 2 * len(kept) or _misses(records, kept, found):
        return None
    return b"".join(lines[number] + b"\n" for number in kept)


def _last_of(records: Sequence[PhotoRecord | None], keys: set[str]) -> list[int]:
    """Where the last for each of the keys stands, in order."""
    last = {
        key: number
        for number, record in enumerate(records)
        for key in (index_keys(record.path) if record else ())
        if key in keys
    }
    return sorted(set(last.values()))


def _misses(records: Sequence[PhotoRecord | None], kept: list[int], found: _Found) -> bool:
    """Whether a folder that is empty had photographs of which nothing is left: a disk is away."""
    inside = tuple(f"{folder}/" for folder in found.empty)
    bursts = {record.burst for number in kept if (record := records[number])}
    return any(
        record.path.startswith(inside)
        and record.burst not in bursts
        and found.keys.isdisjoint(index_keys(record.path))
        for record in records
        if record and inside
    )


def _photographs(photos_dir: Path, deleted_dir: Path) -> _Found:
    """Of all that there are, or may be again; OSError where there are none, or who knows."""
    found = _Found()
    for folder in _folders(photos_dir):
        before = len(found.keys)
        found.keys.update(_keys_below(folder))
        if len(found.keys) == before:
            found.empty.append(f"photos/{folder.name}")
    if not found.keys:
        raise FileNotFoundError(photos_dir)
    for number in _folders(deleted_dir) if deleted_dir.exists() else []:
        for folder in _folders(number):
            found.keys.update(_keys_below(folder))
    return found


def _folders(place: Path) -> list[Path]:
    return [each for each in place.iterdir() if each.is_symlink() or each.is_dir()]


def _keys_below(folder: Path) -> Iterator[str]:
    """Of each file of a class, by its path and by its name."""
    for place, _, names in os.walk(folder, onerror=_raise):
        inside = Path(place).relative_to(folder).as_posix()
        for name in names:
            yield path_key(PurePosixPath("photos", folder.name, inside, name))
            if own_burst(name):
                yield path_key(PurePosixPath(name))


def _raise(error: OSError) -> None:
    raise error
