"""Paired virtual boards: paired once for each architecture, copied for each test."""

import contextlib
import os
import termios
import threading
import time

import pytest
import serial

from at_home import home  # noqa: F401
from flashes import make_paired, starter
from little_embedding import little_embedding
from tinyteach.virtual.line import open_pseudo_terminal, pull

ARCHS = ("amd64", "i386")


def quiet(*_):
    """A progress callback that shows nothing."""


@pytest.fixture(scope="session")
def embedding(embedding_file) -> bytes:
    """The embedding that is shipped."""
    return embedding_file


@pytest.fixture(scope="session")
def little() -> bytes:
    """A small one: what is sent to a board, and read there, is mostly modules."""
    return little_embedding()


@pytest.fixture(scope="session")
def paired_flashes(made_once, little):
    """As for all tests, with the small embedding."""
    return lambda arch: made_once(f"little {arch}", lambda path: make_paired(arch, path, little))


@pytest.fixture(scope="session")
def switch_on(paired_flashes, tmp_path_factory):
    """switch_on(arch, **options) starts a board that is paired with the small embedding."""
    return starter(paired_flashes, tmp_path_factory)


@pytest.fixture
def paired_board(switch_on):
    """A 32-bit board that was paired and is switched on again."""
    with switch_on("i386") as board:
        yield board


@contextlib.contextmanager
def filled(port):
    """A port at which nobody reads, full to the last byte."""
    with serial.Serial(port) as writer:
        # The kernel moves what it was given to where it is read, so that there is room again.
        while any([_fill(writer.fd, size) for size in (4096, 256, 1)]):
            time.sleep(0.3)
        yield


def _fill(file, size):
    """How many pieces of so many bytes were taken."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while os.write(file, bytes(size)):
            count += 1
    return count


@contextlib.contextmanager
def device(answer=None):
    """A port with something at it that answers every read with ``answer`` (None: silence)."""
    master, slave = open_pseudo_terminal()
    os.set_blocking(master, True)
    stopped = threading.Event()

    def talk():
        with contextlib.suppress(OSError):
            # About what comes at 115,200 baud.
            while answer and not stopped.wait(0.0015):
                os.write(master, answer)

    talker = threading.Thread(target=talk)
    talker.start()
    try:
        yield os.ttyname(slave)
    finally:
        stopped.set()
        os.set_blocking(master, False)
        termios.tcflush(slave, termios.TCIOFLUSH)  # room for a write that waits
        talker.join()
        pull(master, slave)
