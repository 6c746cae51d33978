"""Paired virtual boards: paired once for each architecture, copied for each test."""

import pytest

ARCHS = ("amd64", "i386")


def quiet(*_):
    """A progress callback that shows nothing."""


@pytest.fixture(scope="session")
def embedding(embedding_file) -> bytes:
    """The embedding that is shipped."""
    return embedding_file


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test sees or changes the boards that this user has paired."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))


@pytest.fixture
def paired_board(switch_on):
    """A 32-bit board that was paired and is switched on again."""
    with switch_on("i386") as board:
        yield board
