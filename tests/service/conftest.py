"""A home of the test's own."""

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test sees or changes the boards that this user has paired."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TINYTEACH_BOARD", raising=False)
