"""The command line in this process, with a home and a project of the test's own."""

import shutil
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest
import typer
from PIL import Image

from alone import let_rest
from at_home import home, with_quick_trainings  # noqa: F401
from json_schema import as_sentences, check_json
from paired import views_of
from tinyteach.cli import main
from tinyteach.cli.table import asked_for_json

CLASSES = ("cat", "coffee")


@dataclass(frozen=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session", autouse=True)
def parser_made_once():
    """typer reads each command's signature at every run, which takes longer than most commands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", lru_cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tinyteach(monkeypatch, capsys):
    """tinyteach(*arguments) runs the command to its end."""

    def run(*arguments) -> Result:
        monkeypatch.setattr(sys, "argv", ["tinyteach", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        out, err = capsys.readouterr()
        result = Result(ended.value.code or 0, out, err)
        words = list(map(str, arguments))
        if asked_for_json(words):
            check_json(words, result.code, out, err)
        return result

    return run


@pytest.fixture
def fails(tinyteach):
    """fails(*arguments) is the one sentence of a command that must fail."""

    def run(*arguments) -> str:
        result = tinyteach(*arguments)
        assert result.code != 0 and result.out == ""
        told = as_sentences(result.err)
        assert told.startswith("tinyteach: ") and told.endswith(".\n"), told
        assert told.count("\n") == 1 and "Traceback" not in told
        return told

    return run


@pytest.fixture(scope="module")
def board(switch_on):
    """A paired board that sees a cat."""
    with switch_on("i386") as started:
        started.show(views_of("cat", 1)[0])
        let_rest(started)
        yield started


@pytest.fixture(scope="session")
def photo_folder(made_once):
    """Class folders with six photographs each."""
    return made_once("photos", draw_photos)


def draw_photos(folder: Path) -> None:
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number, view in enumerate(views_of(name, 6, side=96)):
            Image.fromarray(view).save(folder / name / f"{number}.png")


def run_quietly(*arguments) -> None:
    """The command in this process, for what is made once and copied: it must go well."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["tinyteach", *map(str, arguments)])
        main.run()
    assert not ended.value.code


@pytest.fixture(scope="session")
def made_project(photo_folder, made_once):
    """A project with two classes of photographs, to be copied."""

    def make(folder: Path) -> None:
        run_quietly("new", folder)
        run_quietly("-p", folder, "import", photo_folder)

    return made_once("project", make)


@pytest.fixture(scope="session")
def made_trained_project(made_project, made_once):
    """The same with a head, to be copied."""

    def make(folder: Path) -> None:
        shutil.copytree(made_project, folder)
        run_quietly("-p", folder, "train")

    return made_once("trained", make)


@pytest.fixture
def project(made_project, tmp_path):
    """A project of the test's own with two classes of photographs."""
    return Path(shutil.copytree(made_project, tmp_path / "project"))


@pytest.fixture
def trained_project(made_trained_project, tmp_path):
    """The same with a head."""
    return Path(shutil.copytree(made_trained_project, tmp_path / "project"))
