"""A home of the test's own: pairs of models and modules in the background are kept there."""

import pytest

from tinyteach.virtual import running


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Nothing is left running in it."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    yield tmp_path
    running.stop_all()
