"""Fixtures that several folders of tests have for all of theirs; their conftest.py import them."""

import pytest

from trained import quick_trainings


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test sees or changes the boards that this user has paired."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TINYTEACH_BOARD", raising=False)


@pytest.fixture(scope="package", autouse=True)
def with_quick_trainings():
    with quick_trainings():
        yield
