"""A home of the test's own; a suite to verify with that is cut down to what a test is about."""

import shutil

import pytest

from tinyteach.service.boards import verification
from trained import quick_trainings


@pytest.fixture(scope="package", autouse=True)
def with_quick_trainings():
    with quick_trainings():
        yield


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test sees or changes the boards that this user has paired."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TINYTEACH_BOARD", raising=False)


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
