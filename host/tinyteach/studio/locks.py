"""A file that one process at a time holds, until it ends in whatever way."""

import errno
import sys
from pathlib import Path
from typing import TextIO


def try_lock(path: Path) -> TextIO | None:
    """The open file, whose closing gives it back; None where another process holds it.

    OSError where there can be no such file.
    """
    path.touch(mode=0o600)  # who can read it could hold it
    file = path.open("a")
    try:
        _lock(file)
    except BlockingIOError:
        file.close()
        return None
    except BaseException:
        file.close()
        raise
    return file


if sys.platform == "win32":
    import msvcrt

    def _lock(file: TextIO) -> None:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                raise BlockingIOError from error
            raise

else:
    import fcntl

    def _lock(file: TextIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
