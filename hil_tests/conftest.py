"""The board under test, the photographs to test it with, and what was measured.

``pytest hil_tests --board NAME`` or ``tinyteach verify``. Without ``--board`` a
virtual board is started for the run.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import MissingToolError
from tinyteach.service import bench_photos
from tinyteach.service.boards import open_board, temporary_virtual_board
from tinyteach.service.recognition import Reference

PHOTOS_PER_CLASS = 40


def pytest_addoption(parser):
    group = parser.getgroup("tinyteach")
    group.addoption("--board", default=None, help="name, port or pyserial URL; else a virtual one")
    group.addoption("--photos", default=None, help="folder of class folders, or zip")


def pytest_configure(config):
    config.addinivalue_line("markers", "hardware: needs a real board; skipped on the virtual one")
    config.measured = {}


def pytest_terminal_summary(terminalreporter, config):
    if config.measured:
        terminalreporter.section("measured")
        for name, value in config.measured.items():
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def measured(pytestconfig) -> dict:
    """Figures by name, printed at the end."""
    return pytestconfig.measured


@pytest.fixture(scope="session")
def board_port(pytestconfig) -> Iterator[str]:
    """Where the board under test is."""
    named = pytestconfig.getoption("--board")
    if named:
        yield named
        return
    with temporary_virtual_board() as port:
        yield port


@pytest.fixture
def client(board_port):
    """A session with the board."""
    with open_board(board_port) as session:
        yield session


@pytest.fixture(scope="session")
def embedding():
    """The embedding that ships with TinyTeach."""
    return load_embedding()


@pytest.fixture(scope="session")
def reference(embedding) -> Reference:
    """The host's reference of preprocessing and embedding."""
    return Reference(embedding)


@pytest.fixture(scope="session")
def photo_sets(pytestconfig):
    """Photographs to train on and others to test on, by class, uint8 [N, N, 3] each."""
    folder = pytestconfig.getoption("--photos")
    try:
        return bench_photos.halves(Path(folder) if folder else None, PHOTOS_PER_CLASS)
    except MissingToolError as error:
        pytest.skip(f"no photographs to test with: {error}")


@pytest.fixture(scope="session")
def photographs(photo_sets) -> list:
    """All of them in one list."""
    return [s for photos in photo_sets for squares in photos.values() for s in squares]
