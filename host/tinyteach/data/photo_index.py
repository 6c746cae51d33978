"""photos.jsonl: one JSON line a photograph, saying how it was taken.

Lines are added; the last one of a path holds. Lines of photographs
that are gone, and lines that are damaged, are passed over: the folders are the
truth, the index only adds what a picture cannot tell. What moving, renaming and
removing leave behind goes once it is most of them (compaction.py).
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath

from tinyteach.data.bursts import own_burst
from tinyteach.files import format_json, parse_json, read_file
from tinyteach.lines import append_lines

FRAME = "frame"  # a `PhotoRecord.kind`
WEBCAM = "webcam"  # a `PhotoRecord.sensor`: a computer's own camera, whatever is in it
# Lines that were read before, for who lists a project again and again: about a KB each.
KNOWN_LINES = 20_000
MAX_INDEX_BYTES = 1 << 30  # some million lines


@dataclass(frozen=True)
class PhotoRecord:
    """How a photograph was taken; an empty string where nobody knows."""

    path: str  # below the project, with slashes
    class_name: str
    board: str
    sensor: str
    time: str  # ISO 8601, UTC
    burst: str  # photographs recorded in one go share it
    # "square": the camera's centre square; "model": the model's input size; "frame": all it sees
    kind: str
    side: int  # pixels


def append_records(index: Path, records: Iterable[PhotoRecord]) -> None:
    """Add lines in one write; safe beside other writers."""
    append_lines(index, list(map(_to_line, records)))


def read_records(index: Path) -> dict[str, PhotoRecord]:
    """Records by path, and by bare file name where TinyTeach gave it.

    By such a name, which holds time and burst and so is no other's, a
    photograph that was moved by hand to another class keeps its record.
    """
    return {
        key: record
        for path, record in parse_records(_content(index)).items()
        for key in index_keys(path)
    }


def index_keys(path: str) -> Iterator[str]:
    """By what a line with this path is looked up."""
    key = path_key(PurePosixPath(path)) if _is_odd(path) else composed(path)
    yield key
    name = key.rpartition("/")[2]
    if own_burst(name):
        yield name


def _is_odd(path: str) -> bool:
    """Whether it may name the same as another path does."""
    return "//" in path or "./" in path or path.endswith(("/", "."))


def path_key(path: PurePath) -> str:
    """How a path below the project is looked up."""
    return composed(path.as_posix())


def composed(name: str) -> str:
    """The one form of a name: some file systems decompose names."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def move_records(index: Path, old_folder: str, new_folder: str) -> None:
    """Add lines that say of each photograph in a folder that it now lies in another."""
    class_name = PurePosixPath(new_folder).name
    moved = [
        replace(record, path=f"{new_folder}/{path[len(old_folder) + 1 :]}", class_name=class_name)
        for path, record in parse_records(_content(index)).items()
        if path.startswith(f"{old_folder}/")
    ]
    append_records(index, moved)


def parse_records(content: bytes) -> dict[str, PhotoRecord]:
    """Records by path from an index file's content."""
    records = (record_of(line) for line in content.split(b"\n"))
    return {record.path: record for record in records if record is not None}


def format_records(records: Iterable[PhotoRecord]) -> str:
    """An index file's content."""
    return "".join(f"{line}\n" for line in map(_to_line, records))


def _content(index: Path) -> bytes:
    try:
        return read_file(index, MAX_INDEX_BYTES)
    except FileNotFoundError:
        return b""


def _to_line(record: PhotoRecord) -> str:
    fields = {
        "path": record.path,
        "class": record.class_name,
        "board": record.board,
        "sensor": record.sensor,
        "time": record.time,
        "burst": record.burst,
        "kind": record.kind,
        "side": record.side,
    }
    return format_json(fields).decode()


@lru_cache(maxsize=KNOWN_LINES)
def record_of(line: bytes) -> PhotoRecord | None:
    """What a line of an index says; None for a damaged one."""
    try:
        fields = parse_json(line)
        return PhotoRecord(
            path=str(fields["path"]),
            class_name=str(fields.get("class", "")),
            board=str(fields.get("board", "")),
            sensor=str(fields.get("sensor", "")),
            time=str(fields.get("time", "")),
            burst=str(fields["burst"]),
            kind=str(fields.get("kind", "square")),
            side=int(fields.get("side", 0)),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
