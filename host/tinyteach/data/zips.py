"""The files of a zip, read where they are: nothing is ever unpacked to the disk."""

import functools
import importlib.util
import io
import stat
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tinyteach.data.entries import MAX_RATIO, MAX_UNPACKED_BYTES, Member, shown, too_long
from tinyteach.data.images import MAX_FILE_BYTES
from tinyteach.data.zip_names import decoded_names
from tinyteach.errors import PhotoError

# By the numbers of APPNOTE 4.4.5, for methods that people meet.
_METHODS = {
    1: "Shrink",
    6: "Implode",
    9: "Deflate64",
    12: "BZIP2",
    14: "LZMA",
    93: "Zstandard",
    95: "XZ",
    96: "JPEG",
    97: "WavPack",
    98: "PPMd",
}
# What zipfile needs for a method beside itself; some builds of Python come without.
_MODULES = {
    zipfile.ZIP_STORED: "",
    zipfile.ZIP_DEFLATED: "zlib",
    zipfile.ZIP_BZIP2: "bz2",
    zipfile.ZIP_LZMA: "lzma",
    **({93: "_zstd"} if hasattr(zipfile, "ZIP_ZSTANDARD") else {}),
}
_AES, _ENCRYPTED = 99, 0x1
_LOCKED = "locked by a password"
_MSDOS_FOLDER = 0x10
_END_BYTES_MAX = 20 + 22 + 0xFFFF  # of ZIP64's locator, the record at the end, and its comment


def zip_members(source: Path | io.BytesIO, name: str, notes: list[str]) -> Iterator[Member]:
    """The files of a zip; PhotoError where it is damaged or cannot be read at all.

    ``notes`` get a sentence where it was guessed how its names are written.
    """
    if _is_last_part(source):
        raise PhotoError(
            f"The zip {name} is the last of several parts; unpack it with another program, with "
            "all parts beside it, and name the folder."
        )
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise PhotoError(f"The zip {name} is damaged; fetch or make it again.") from error
    infos = archive.infolist()
    _check_size(infos, name)
    names, encoding = decoded_names(infos)
    if encoding:
        notes.append(f"The names in {name} say nothing of their encoding; read as {encoding}.")
    files = [each for each in zip(names, infos, strict=True) if not _is_folder(*each)]
    _check_readable([info for _, info in files], name)
    for inner, info in files:
        fault = _fault(info)
        told = fault and f"it is {fault}; unpack the zip and name the folder"
        yield Member(inner, info.file_size, partial(_read, archive, info), told)


def _is_last_part(source: Path | io.BytesIO) -> bool:
    """By the disks in the records at its end (APPNOTE 4.3.15 and 4.3.16): the number of its own,
    from 0, and of a ZIP64 how many there are.
    """
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source.getvalue()) as file:
        file.seek(max(0, file.seek(0, io.SEEK_END) - _END_BYTES_MAX))
        end = file.read()
    place = end.rfind(b"PK\5\6")
    disk = end[place + 4 : place + 6] if place >= 0 else b""
    locator = end[max(0, place - 20) : max(0, place)]
    if locator.startswith(b"PK\6\7") and locator[16:] not in (b"\0\0\0\0", b"\1\0\0\0"):
        return True
    return disk not in (b"", b"\0\0", b"\xff\xff")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit_bytes: int) -> bytes:
    name = shown([info.filename])
    # zipfile reads no more than the size that the directory states.
    if info.file_size > limit_bytes:
        raise PhotoError(too_long(name, limit_bytes))
    try:
        return archive.read(info)
    except Exception as error:  # decompressors raise of many kinds on damaged data
        raise PhotoError(f"{name} is damaged inside its zip; fetch the zip again.") from error


def _is_folder(name: str, info: zipfile.ZipInfo) -> bool:
    """.NET writes folders with a backslash at their end, others by the attribute alone."""
    by_attribute = info.external_attr & _MSDOS_FOLDER and info.file_size == 0
    return name.endswith(("/", "\\")) or bool(by_attribute)


def _fault(info: zipfile.ZipInfo) -> str:
    """Why an entry can never be read, or an empty string."""
    if info.flag_bits & _ENCRYPTED or info.compress_type == _AES:
        return _LOCKED
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link to another file"
    if _is_known(info.compress_type):
        return ""
    method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
    return f"compressed with {method}, which this Python cannot read"


@functools.cache
def _is_known(method: int) -> bool:
    module = _MODULES.get(method)
    return module == "" or bool(module and importlib.util.find_spec(module))


def _check_readable(infos: Sequence[zipfile.ZipInfo], name: str) -> None:
    """PhotoError where all that the zip holds is locked or of an unknown compression."""
    faults = [_fault(info) for info in infos]
    if faults and all(faults):
        raise PhotoError(
            f"The zip {name} is {faults[0]}; unpack it with another program and name the folder."
        )


def _check_size(infos: Sequence[zipfile.ZipInfo], name: str) -> None:
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if unpacked > MAX_UNPACKED_BYTES:
        raise PhotoError(f"The zip {name} unpacks to more than 32 GiB; split it.")
    if unpacked > max(MAX_FILE_BYTES, MAX_RATIO * packed):
        raise PhotoError(
            f"The zip {name} claims to unpack to {unpacked >> 20} MiB from {packed >> 10} KiB, "
            "which no photographs do; make it again."
        )
