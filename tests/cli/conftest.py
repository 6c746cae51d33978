"""The command line in this process, with a home and a project of the test's own."""

import sys
from dataclasses import dataclass

import pytest
from PIL import Image

from paired import views_of
from tinyteach.cli import main

CLASSES = ("cat", "coffee")


@dataclass(frozen=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test sees or changes the boards that this user has paired."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TINYTEACH_BOARD", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tinyteach(monkeypatch, capsys):
    """tinyteach(*arguments) runs the command to its end."""

    def run(*arguments) -> Result:
        monkeypatch.setattr(sys, "argv", ["tinyteach", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        out, err = capsys.readouterr()
        return Result(ended.value.code or 0, out, err)

    return run


@pytest.fixture
def fails(tinyteach):
    """fails(*arguments) is the one sentence of a command that must fail."""

    def run(*arguments) -> str:
        result = tinyteach(*arguments)
        assert result.code != 0 and result.out == ""
        assert result.err.startswith("tinyteach: ") and result.err.endswith(".\n"), result.err
        assert result.err.count("\n") == 1 and "Traceback" not in result.err
        return result.err

    return run


@pytest.fixture(scope="module")
def board(switch_on):
    """A paired board that sees a cat."""
    with switch_on("i386") as started:
        started.show(views_of("cat", 1)[0])
        yield started


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory):
    """Class folders with six photographs each."""
    folder = tmp_path_factory.mktemp("photos")
    for name in CLASSES:
        (folder / name).mkdir()
        for number, view in enumerate(views_of(name, 6, side=96)):
            Image.fromarray(view).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def project(tinyteach, tmp_path, photo_folder):
    """A project with two classes of photographs."""
    folder = tmp_path / "project"
    assert tinyteach("new", folder).code == 0
    assert tinyteach("--project", folder, "import", photo_folder).code == 0
    return folder


@pytest.fixture
def trained_project(tinyteach, project):
    """The same with a head."""
    assert tinyteach("-p", project, "train").code == 0
    return project
