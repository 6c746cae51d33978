"""The files of a tar, plain or compressed, as many public collections come.

A compressed tar has to be unpacked to reach what is in its middle: into a temporary file
without a name, which goes with the program.
"""

import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from tinyteach.data.entries import MAX_RATIO, MAX_UNPACKED_BYTES, Member, shown, too_long
from tinyteach.data.images import MAX_FILE_BYTES
from tinyteach.errors import PhotoError
from tinyteach.files import reason

_PIECE_BYTES = 1 << 20
_START_BYTES = 6


def tar_members(source: Path | io.BytesIO, name: str, notes: list[str]) -> Iterator[Member]:
    """The files of a tar in its order; PhotoError where it is damaged or none."""
    try:
        file: Any = _Guarded(_unpacked(source, name))
        archive = tarfile.TarFile(fileobj=file)  # noqa: SIM115 - open for as long as its files
        for member in archive:
            if not member.isdir():
                is_file = member.isfile() or member.islnk()
                fault = "" if is_file else "it is no ordinary file"
                yield Member(member.name, member.size, _reader(archive, member), fault)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise _damaged(name) from error
    except OSError as error:
        raise PhotoError(
            f"The tar {name} cannot be unpacked ({reason(error)}); unpack it elsewhere and name "
            "the folder."
        ) from error


def _reader(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[int], bytes]:
    def read(limit_bytes: int) -> bytes:
        try:
            file = archive.extractfile(member)  # of a hard link: the file that it names
            content = file.read(limit_bytes + 1) if file else b""
        except (tarfile.TarError, KeyError, OSError) as error:
            raise PhotoError(
                f"{shown([member.name])} is damaged inside its tar; fetch the tar again."
            ) from error
        if len(content) > limit_bytes:
            raise PhotoError(too_long(shown([member.name]), limit_bytes))
        return content

    return read


def _unpacked(source: Path | io.BytesIO, name: str) -> IO[bytes]:
    """The tar itself, from wherever it is."""
    packed = source.open("rb") if isinstance(source, Path) else source
    packed.seek(0)
    start = packed.read(_START_BYTES)
    size_bytes = packed.seek(0, io.SEEK_END)
    packed.seek(0)
    opener = _opener(start)
    if opener is None:
        return packed
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - it is read for as long as the photographs are
    with packed, opener(packed) as stream:
        _copy(stream, unpacked, max(MAX_FILE_BYTES, MAX_RATIO * size_bytes), name)
    unpacked.seek(0)
    return unpacked


def _opener(start: bytes) -> Callable[[IO[bytes]], Any] | None:
    """What reads through a compression; some builds of Python have not all of them."""
    if start.startswith(b"\x1f\x8b"):
        import gzip

        return gzip.open
    if start.startswith(b"BZh"):
        import bz2

        return bz2.open
    if start.startswith(b"\xfd7zXZ\0"):
        import lzma

        return lzma.open
    return None


def _copy(stream: Any, target: IO[bytes], limit_bytes: int, name: str) -> None:
    try:
        while piece := stream.read(_PIECE_BYTES):
            target.write(piece)
            if target.tell() > min(limit_bytes, MAX_UNPACKED_BYTES):
                raise PhotoError(
                    f"The tar {name} unpacks to {target.tell() >> 20} MiB and more, which no "
                    "photographs of its size do; make it again."
                )
    except PhotoError:
        raise
    except Exception as error:  # each compression has errors of its own
        if isinstance(error, OSError) and error.errno:  # of the disk, not of the data
            raise
        raise _damaged(name) from error


def _damaged(name: str) -> PhotoError:
    return PhotoError(f"The tar {name} is damaged; fetch or make it again.")


class _Guarded:
    """A file of which nobody reads more at once than a photograph may have."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        """Headers of tars state lengths of their own, of any size."""
        if size > MAX_FILE_BYTES + 1:
            raise tarfile.ReadError("a header claims too much")
        return self._file.read(size)
