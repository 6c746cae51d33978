"""A tape's file, as docs/replaying.md has it byte for byte.

Magic and version; then blocks, each its length and CRC-32 (u32, little-endian) and raw deflate. The
first holds what the tape is of, as JSON, each further one entries: kind (u8), then as LEB128
the connection's number, µs since the entry before, the size of what follows, and that.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyteach.errors import ProjectError, TapeError
from tinyteach.files import fits, parse_json, read_file

MAGIC, VERSION = b"TTTAPE", 1
HEAD = struct.Struct("<6sB")
BLOCK = struct.Struct("<II")
# The recorder ends a block far below; a length above is no length.
BLOCK_BYTES_MAX = 1 << 20
FILE_BYTES_MAX = 60 << 20
UNPACKED_BYTES_MAX = 512 << 20
VARINT_BITS_MAX = 63
OPENED, SENT, RECEIVED, FAILED, CLOSED, FULL, ENDED, PHOTOGRAPH, TEST = KINDS = range(1, 10)
ABOUT = {"tinyteach": str, "started": str, "words": [str]}
FOREIGN = "{} is no tape of a session with a board; record one with 'tinyteach --record FILE'."
NEWER = "{} was recorded by a newer TinyTeach; update this one to replay it."
FOLDER = "{} is a folder; name one of the tapes in it."
DAMAGED = "{} is damaged {} bytes from its beginning ({}); record the session again."


@dataclass(frozen=True)
class TapeEntry:
    """What happened on connection number ``link``, ``at_us`` after the tape's beginning."""

    kind: int
    link: int
    at_us: int
    data: bytes = b""

    def told(self) -> dict[str, Any]:
        """Its data as JSON; empty where that is none."""
        try:
            value = parse_json(self.data)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Tape:
    """``about`` is how it came to be; ``ending`` FULL, ENDED, or 0 where the file is cut short."""

    about: dict[str, Any]
    entries: tuple[TapeEntry, ...]
    ending: int

    @property
    def tests(self) -> list[str]:
        """What the tests are called that were run, each once, in their order."""
        named = (
            entry.data.decode(errors="replace") for entry in self.entries if entry.kind == TEST
        )
        return list(dict.fromkeys(named))


def varint(value: int) -> bytes:
    """LEB128 of a whole number from 0 on."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def head_of(about: dict[str, Any]) -> bytes:
    """What a file begins with."""
    return HEAD.pack(MAGIC, VERSION) + block(json.dumps(about).encode())


def block(content: bytes) -> bytes:
    """One block of a file."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(content) + packer.flush()
    return BLOCK.pack(len(packed), zlib.crc32(packed)) + packed


def entry_bytes(kind: int, link: int, after_us: int, data: bytes) -> bytes:
    """One entry of a block, ``after_us`` since the one before."""
    return bytes((kind,)) + varint(link) + varint(after_us) + varint(len(data)) + data


def read_tape(path: Path) -> Tape:
    """A file, also one that is cut short; TapeError where it is missing, foreign or damaged."""
    content = check_kind(path)
    blocks = _blocks(content, path)
    about = _about(next(blocks, b""), path)
    entries = tuple(_entries(blocks, path))
    last = entries[-1].kind if entries else 0
    return Tape(about, entries, last if last in (FULL, ENDED) else 0)


def check_kind(path: Path) -> bytes:
    """The file's content; TapeError where it is missing, foreign or from a newer TinyTeach."""
    content = _content(path)
    if len(content) < HEAD.size or not content.startswith(MAGIC):
        raise TapeError(FOREIGN.format(path))
    if content[len(MAGIC)] != VERSION:
        raise TapeError(NEWER.format(path))
    return content


def _content(path: Path) -> bytes:
    try:
        return read_file(path, FILE_BYTES_MAX + 2 * BLOCK_BYTES_MAX)
    except FileNotFoundError as error:
        raise TapeError(f"There is no tape {path}; name one that '--record' wrote.") from error
    except ProjectError as error:
        said = FOLDER.format(path) if path.is_dir() else str(error)
        raise TapeError(said) from error


def _about(content: bytes, path: Path) -> dict[str, Any]:
    try:
        about = parse_json(content)
    except ValueError as error:
        raise TapeError(FOREIGN.format(path)) from error
    if not fits(about, ABOUT):
        raise TapeError(FOREIGN.format(path))
    return dict(about)


def _blocks(content: bytes, path: Path) -> Iterator[bytes]:
    """What is in each; of one that is cut short as much as there is."""
    at, room = HEAD.size, UNPACKED_BYTES_MAX
    while at + BLOCK.size <= len(content):
        size, check = BLOCK.unpack_from(content, at)
        if size > BLOCK_BYTES_MAX:
            raise TapeError(DAMAGED.format(path, at, "no block is so long"))
        packed = content[at + BLOCK.size : at + BLOCK.size + size]
        if len(packed) == size and zlib.crc32(packed) != check:
            raise TapeError(DAMAGED.format(path, at, "its check sum is another"))
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            unpacked = unpacker.decompress(packed, room)
        except zlib.error as error:
            raise TapeError(DAMAGED.format(path, at, "it cannot be unpacked")) from error
        room -= len(unpacked)
        if unpacker.unconsumed_tail or room <= 0:
            raise TapeError(DAMAGED.format(path, at, "no tape holds so much"))
        yield unpacked
        at += BLOCK.size + size


def _entries(blocks: Iterator[bytes], path: Path) -> Iterator[TapeEntry]:
    at_us = 0
    for content in blocks:
        reader = _Reader(content)
        while (entry := reader.entry(at_us)) is not None:
            if entry.kind not in KINDS:
                raise TapeError(DAMAGED.format(path, "some", f"there is no entry {entry.kind}"))
            at_us = entry.at_us
            yield entry


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def entry(self, since_us: int) -> TapeEntry | None:
        """The next one; None at the end, also inside of one."""
        try:
            kind = self._content[self._at]
            self._at += 1
            link, after_us, size = self._varint(), self._varint(), self._varint()
            data = self._content[self._at : self._at + size]
        except IndexError:
            return None
        self._at += size
        return TapeEntry(kind, link, since_us + after_us, data) if len(data) == size else None

    def _varint(self) -> int:
        value = shift = 0
        while shift <= VARINT_BITS_MAX:
            byte = self._content[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise IndexError
