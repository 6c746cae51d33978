"""Files read whole or refused with a sentence; written whole: a reader, a crash or a full disk
never leaves half of one."""

import contextlib
import errno
import json
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tinyteach.errors import ProjectError

# What mends what the system refuses, as clauses of sentences, by its number.
FREE_SPACE = "free space, or use another place"
PERMISSIONS = "check its permissions, or use another place"
IN_THE_WAY = "move away what is in its place"
REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), FREE_SPACE),
    **dict.fromkeys((errno.EACCES, errno.EPERM), PERMISSIONS),
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY), IN_THE_WAY),
    errno.EROFS: "use another place, which can be written to",
}
ELSEWHERE = "use another place or name"
IN_USE = "close programs that use it and try again"
MAX_BYTES = 64 << 20  # no file of ours is larger; one that is was not written by us


def read_file(path: Path, limit_bytes: int = MAX_BYTES) -> bytes:
    """A file's content; FileNotFoundError where there is none, else ProjectError says why not.

    What is no ordinary file is not opened: a pipe without a writer would never end.
    """
    try:
        return read_whole(path, limit_bytes)
    except FileNotFoundError:
        raise
    except NotADirectoryError as error:  # a file stands where a folder of the path should
        raise FileNotFoundError(*error.args) from error
    except (OSError, ValueError) as error:  # ValueError: a path that holds a zero byte
        raise ProjectError(
            f"{path} cannot be read ({reason(error)}); check its permissions or move it away."
        ) from error


def read_whole(path: Path, limit_bytes: int = MAX_BYTES) -> bytes:
    """The same where others find the sentence: OSError says why not, ValueError for no path."""
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "it is no ordinary file")
    if about.st_size > limit_bytes:
        raise OSError(errno.EFBIG, f"it is longer than {limit_bytes >> 20} MiB")
    return path.read_bytes()


def parse_json(content: bytes | str) -> Any:
    """JSON in UTF-8, UTF-16 or UTF-32, with or without a byte order mark; ValueError if it is none.

    What the error says is a clause for a person. A number that JSON does not have, such as NaN, is
    none either.
    """
    try:
        return json.loads(content, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:  # in Python's words, which are a programmer's
        line = getattr(error, "lineno", 0)
        raise ValueError(f"line {line} is no JSON" if line else "it is no JSON") from error


def read_json(path: Path, shape: Any) -> Any:
    """A JSON file of the shape that `fits` takes.

    FileNotFoundError where there is none, ValueError where it is damaged, ProjectError where it
    cannot be read.
    """
    value = parse_json(read_file(path))
    if not fits(value, shape):
        raise ValueError("it does not hold what it should")
    return value


def fits(value: Any, shape: Any) -> bool:
    """Whether JSON is of a shape.

    That is a type, ``float`` also for whole numbers; a tuple of shapes of which one fits; a list
    of one shape for each item; or an object of shapes, in which what may be None may be missing.
    """
    if isinstance(shape, tuple):
        return any(fits(value, each) for each in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(fits(value.get(k), s) for k, s in shape.items())
    if shape is None or isinstance(value, bool):
        return value is None if shape is None else shape is bool
    return isinstance(value, shape) if shape is not float else _is_finite(value)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < sys.float_info.max


def write_json(path: Path, value: object) -> None:
    """Write readable JSON in UTF-8; ProjectError where that fails."""
    write_atomically(path, format_json(value, indent=2) + b"\n")


def format_json(value: object, indent: int | None = None) -> bytes:
    """JSON in UTF-8. What has no UTF-8, as in a file name of another encoding, is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text.encode(errors="backslashreplace")


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are missing; ProjectError where that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"The folder {path} cannot be made ({reason(error)}); {remedy(error)}."
        ) from error


@contextlib.contextmanager
def made_folder(path: Path) -> Iterator[None]:
    """`make_folder` for what is done inside; where that fails, the empty folders made go again."""
    missing = [each for each in (path, *path.parents) if not os.path.lexists(each)]
    try:
        make_folder(path)
        yield
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def write_folder(path: Path, contents: Mapping[str, bytes]) -> None:
    """A new folder with all of these files (names with slashes); ProjectError: there is none of it.

    An empty folder that is there stays the one that it is: a link, a disk, where somebody works.
    """
    with made_folder(path.parent):
        try:
            _write_folder(path, contents)
        except (OSError, ValueError) as error:
            raise ProjectError(
                f"{path} could not be written ({reason(error)}); {remedy(error)}."
            ) from error


def _write_folder(path: Path, contents: Mapping[str, bytes]) -> None:
    is_there = path.is_dir()
    beside = (path if is_there else path.parent) / f".{secrets.token_hex(8)}.tmp"
    try:
        for name, content in contents.items():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            _write_through(beside / name, content, 0o666)
        names = dict.fromkeys(name.split("/")[0] for name in contents)
        moves = {beside / name: path / name for name in names} if is_there else {beside: path}
        for made, place in moves.items():
            made.replace(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_atomically(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write beside the file's place, then move it there; ProjectError where that fails."""
    write_together({path: content}, mode)


def write_together(contents: Mapping[Path, bytes], mode: int = 0o666) -> None:
    """The same for several files, which are moved in their order once all are on the disk."""
    # Hidden names: listings of photographs pass over them while they are written.
    beside = {path: path.parent / f".{secrets.token_hex(8)}.tmp" for path in contents}
    path = next(iter(contents))
    try:
        try:
            for path, content in contents.items():
                _write_through(beside[path], content, mode)
            for path, temporary in beside.items():
                temporary.replace(path)
        finally:
            for temporary in beside.values():
                temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise not_written(path, error) from error


def _write_through(path: Path, content: bytes, mode: int) -> None:
    """A new file, on the disk itself when this returns: a power cut leaves no empty one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def not_written(path: Path, error: OSError | ValueError) -> ProjectError:
    """What to raise where a file cannot be written."""
    return ProjectError(f"{path} could not be written ({reason(error)}); {remedy(error)}.")


def remedy(error: OSError | ValueError, otherwise: str = ELSEWHERE) -> str:
    """What to do about what the system refused, as an order; ``otherwise`` where it is not known.

    No space that is freed helps where a file system is read-only or others may not write.
    """
    return REMEDIES.get(getattr(error, "errno", None) or 0, otherwise)


def reason(error: OSError | ValueError) -> str:
    """What the system says, as a clause of a sentence."""
    if isinstance(error, UnicodeError):
        return "this system's encoding has no such name; set LANG to one with UTF-8"
    if not isinstance(error, OSError):  # "embedded null byte", and more that is a programmer's
        return "no file can be called that"
    return (getattr(error, "strerror", None) or str(error)).rstrip(".").lower()


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")
