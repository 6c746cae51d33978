"""A file that one process at a time holds, until it ends in whatever way."""

import errno
import hashlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

from tinyteach import paths
from tinyteach.errors import ProjectError

TURN_S = 10.0  # many times what reading and writing a small file takes on a full disk
LOOK_EVERY_S = 0.01
LOCKS = 64  # projects come and go, their locks would stay
_held = threading.local()


@contextmanager
def one_at_a_time(file: Path, turn_s: float = TURN_S) -> Iterator[None]:
    """Read a shared file, change it and write it while no other thread or process does.

    Within itself it is free. ProjectError where another holds it for longer than ``turn_s``. The
    lock lies with the state, one of `LOCKS` by the file's name: a folder that people look into
    gets no file that is not theirs. Where no lock can be kept there is none.
    """
    mine: set[Path] = _held.__dict__.setdefault("places", set())
    if (place := _place(file)) in mine:
        yield
        return
    with _turn(place, file, turn_s):
        mine.add(place)
        try:
            yield
        finally:
            mine.remove(place)


def _place(file: Path) -> Path:
    name = hashlib.sha256(os.fsencode(file.resolve())).digest()[0] % LOCKS
    return paths.state_dir() / "locks" / str(name)


def _turn(place: Path, file: Path, turn_s: float) -> AbstractContextManager[object]:
    end_s = time.monotonic() + turn_s
    while True:
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = try_lock(place)
        except OSError:  # a home that is read-only: who works alone there must not be stopped
            return nullcontext()
        if lock:
            return lock
        if time.monotonic() > end_s:
            raise _does_not_get_on(file)
        time.sleep(LOOK_EVERY_S)


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


def lock_open(descriptor: int, file: Path, turn_s: float = TURN_S) -> bool:
    """Hold an open file itself until it is closed; False where nothing can be locked.

    ProjectError where another process holds it for longer than ``turn_s``.
    """
    end_s = time.monotonic() + turn_s
    while (is_locked := _try_lock_open(descriptor)) is None:
        if time.monotonic() > end_s:
            raise _does_not_get_on(file)
        time.sleep(LOOK_EVERY_S)
    return is_locked


def _does_not_get_on(file: Path) -> ProjectError:
    return ProjectError(
        f"Another TinyTeach is changing {file}, but does not get on; end that process, or wait for "
        "it, and try again."
    )


if sys.platform == "win32":
    import msvcrt

    def _lock(file: TextIO) -> None:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                raise BlockingIOError from error
            raise

    def _try_lock_open(descriptor: int) -> bool | None:
        return False  # a part of a file that is locked, nobody reads

else:
    import fcntl

    def _lock(file: TextIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _try_lock_open(descriptor: int) -> bool | None:
        """None: another has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        except OSError:  # a disk of another computer's, without locks
            return False
        return True
