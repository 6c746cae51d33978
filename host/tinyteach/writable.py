"""Whether something could be written; asked before the work of which it is the result.

What says yes here can still be refused later, as where a disk has no room: nothing is tried.
"""

import errno
import os
from pathlib import Path

from tinyteach.files import not_written


def check_writable(*places: Path) -> None:
    """ProjectError for the first of these folders, or files to be added to, that takes nothing.

    One that is missing would be made.
    """
    for place in places:
        if number := _refusal(place):
            raise not_written(place, OSError(number, os.strerror(number)))


def check_new_file(*files: Path | None) -> None:
    """The same of files that are to be written into folders that are there; None is no file."""
    for file in filter(None, files):
        number = _refusal(file.parent) if os.path.isdir(file.parent) else errno.ENOENT  # noqa: PTH112
        if number:
            raise not_written(file, OSError(number, os.strerror(number)))


def _refusal(place: Path) -> int:
    """Why nothing is written there, as a number of errno; 0 where it may be."""
    # os.path says no of what may not be read, too.
    whole = place.absolute()
    there = next(each for each in (whole, *whole.parents) if os.path.lexists(each))
    if not os.path.exists(there):  # noqa: PTH110 - a link to nowhere
        return errno.ENOENT
    mode = os.W_OK | (os.X_OK if there.is_dir() else 0)
    if os.access(there, mode, effective_ids=os.access in os.supports_effective_ids):
        return 0
    return errno.EROFS if _is_read_only(there) else errno.EACCES


def _is_read_only(there: Path) -> bool:
    """Whether it is the file system that refuses, whoever asks."""
    return hasattr(os, "statvfs") and bool(os.statvfs(there).f_flag & os.ST_RDONLY)
