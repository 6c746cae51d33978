"""A home of the test's own; a suite to verify with that is cut down to what a test is about."""

import shutil

import pytest

from at_home import home, with_quick_trainings  # noqa: F401
from tinyteach.service.boards import verification


@pytest.fixture
def suite_of(tmp_path, monkeypatch):
    """suite_of(names…): these files are all that is verified."""
    whole = verification.suite_dir()

    def choose(*names):
        folder = tmp_path / "suite"
        folder.mkdir()
        for name in names:
            shutil.copy(whole / name, folder)
        monkeypatch.setattr(verification, "suite_dir", lambda: folder)

    return choose
