"""Records what is said on links to boards, for as long as it is switched on."""

import json
import os
import platform
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from tinyteach import __version__
from tinyteach.errors import TapeError
from tinyteach.files import reason, remedy
from tinyteach.link.tape import tape_file
from tinyteach.link.tape.tape_file import ENDED, FULL, OPENED, PHOTOGRAPH, RECEIVED, SENT, TEST

# What a program that is killed loses, at most, while it talks with a board; else nothing.
BLOCK_BYTES, BLOCK_S = 32_768, 1.0
OFTEN = (SENT, PHOTOGRAPH, RECEIVED)
ENDING = ".tape"
IS_FULL = "The tape {} is full: what came after is not on it."
IS_THERE = "{} is there already; name a file that is not, or a folder to record into."
NOT_RECORDED = "{} cannot be recorded to ({}); {}."


class Recorder:
    """Writes a tape, at most ``limit_bytes`` long: then it says so in it and stops.

    The beginning is kept and not the end, because a session can be replayed from its beginning
    only. The file is made with the first connection. Any thread may use it.
    """

    def __init__(
        self, path: Path, words: Sequence[str] = (), limit_bytes: int = tape_file.FILE_BYTES_MAX
    ) -> None:
        self.path = _new_file(path)
        if os.path.lexists(self.path):
            raise TapeError(IS_THERE.format(self.path))
        self.is_full = False
        self._words, self._limit_bytes = list(words), limit_bytes
        self._lock = threading.Lock()
        self._waiting = bytearray()
        self._links = self._size = 0
        self._test = ""
        self._last_us = self._written_us = time.monotonic_ns() // 1000
        self._file: BinaryIO | None = None

    def _begin(self) -> None:
        self._file = _opened(self.path)
        about = {
            "tinyteach": __version__,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "system": platform.system(),
            "words": self._words,
        }
        self._put(tape_file.head_of(about))

    def link(self, port: str, baud_rate: int) -> int:
        """The number of a connection that is being opened."""
        with self._lock:
            self._links += 1
            number = self._links
            if number == 1:
                self._begin()
        if number == 1 and self._test:
            self.add(TEST, 0, self._test.encode(errors="replace"))
        self.add(OPENED, number, as_json(port=port, baud_rate=baud_rate))
        return number

    def begin_test(self, name: str) -> None:
        """What is said from here on is that test's."""
        self._test = name
        self.add(TEST, 0, name.encode(errors="replace"))

    def add(self, kind: int, link: int, data: bytes = b"") -> None:
        """Something happened on a connection, now."""
        with self._lock:
            if self._file is None:
                return
            now_us = time.monotonic_ns() // 1000
            self._waiting += tape_file.entry_bytes(kind, link, now_us - self._last_us, data)
            self._last_us = now_us
            is_due = now_us - self._written_us > BLOCK_S * 1e6
            if is_due or len(self._waiting) > BLOCK_BYTES or kind not in OFTEN:
                self._write_block()

    def in_words(self) -> str:
        """What is amiss with it, for a person; empty where all is on it."""
        return IS_FULL.format(self.path) if self.is_full else ""

    def flush(self) -> None:
        """Nothing more comes at the moment: what waits is written."""
        with self._lock:
            if self._file is not None and self._waiting:
                self._write_block()

    def close(self) -> None:
        """The end of the tape."""
        self.add(ENDED, 0)
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write_block(self) -> None:
        content = tape_file.block(bytes(self._waiting))
        self._waiting.clear()
        self._written_us = self._last_us
        if self._size + len(content) > self._limit_bytes:
            self.is_full = True
            content = tape_file.block(tape_file.entry_bytes(FULL, 0, 0, b""))
        self._put(content)
        if self.is_full and self._file is not None:
            self._file.close()
            self._file = None

    def _put(self, content: bytes) -> None:
        """What cannot be written ends the recording, with a sentence, and nothing else."""
        assert self._file is not None
        try:
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            with suppress(OSError):
                self._file.close()
            self._file = None
            raise TapeError(NOT_RECORDED.format(self.path, reason(error), remedy(error))) from error
        self._size += len(content)


def _new_file(path: Path) -> Path:
    """The file that is named, or one in the folder that is."""
    if path.is_dir():
        now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        return path / f"{now}-{os.getpid()}{ENDING}"
    return path


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileExistsError as error:
        raise TapeError(IS_THERE.format(path)) from error
    except (OSError, ValueError) as error:
        raise TapeError(NOT_RECORDED.format(path, reason(error), remedy(error))) from error


def as_json(**values: object) -> bytes:
    """What an entry tells."""
    return json.dumps(values).encode()


_at_work: list[Recorder | None] = []  # the last one records


@contextmanager
def taping(
    path: Path, words: Sequence[str] = (), limit_bytes: int = tape_file.FILE_BYTES_MAX
) -> Iterator[Recorder]:
    """Record every connection that is opened meanwhile, into a new file or a folder's.

    ``words`` are those of the command. TapeError where the file is there or cannot be written.
    """
    recorder = Recorder(path, words, limit_bytes)
    _at_work.append(recorder)
    try:
        yield recorder
    finally:
        _at_work.remove(recorder)
        recorder.close()


@contextmanager
def untaped() -> Iterator[None]:
    """Connections that are opened meanwhile are not recorded."""
    _at_work.append(None)
    try:
        yield
    finally:
        _at_work.remove(None)


def at_work() -> Recorder | None:
    """What records now."""
    return _at_work[-1] if _at_work else None
