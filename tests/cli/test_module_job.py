"""The whole job on a Grove Vision AI V2, command by command, in both dialects."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from slices import few
from tinyteach.service.boards.sessions import CANNOT
from tinyteach.service.heads.module_results import STAGES
from tinyteach.service.heads.recognition import STAGES as BOARD_STAGES
from tinyteach.virtual import running
from tinyteach.virtual.at.image import OLD_VERSION, ModuleFirmware, stand_in_image

from .conftest import run_quietly

THINGS = ("cat", "coffee", "rocket")


@dataclass(frozen=True)
class Lesson:
    """A module that runs for all tests here, a project with photographs of its camera and a head.

    ``home``: TinyTeach's; ``taken``, ``trained``: what `capture` and `train` said.
    """

    home: Path
    project: Path
    taken: list
    trained: dict


@pytest.fixture(scope="module", params=few(["el", "ma"], "el"))
def lesson(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lesson")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(folder / "home"))
        run_quietly("boards", "start", "--kind", "grove", "--dialect", request.param)
        project = folder / "things"
        run_quietly("new", project)
        taken = [take(project, thing) for thing in THINGS]
        trained = told("--board", "grove", "--project", project, "train")
    yield Lesson(folder / "home", project, taken, trained)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(folder / "home"))
        running.stop_all()


def take(project, thing):
    """What `capture` says of eight photographs."""
    run_quietly("boards", "show", "--object", thing, "--name", "grove")
    run_quietly("--project", project, "class", "add", thing)
    return told("--board", "grove", "--project", project, "capture", thing, "--count", "8")


def told(*arguments):
    """What a command says with ``--json``."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        run_quietly(*arguments, "--json")
    return json.loads(out.getvalue())


@pytest.fixture
def module(lesson, home, monkeypatch, tinyteach):
    """module(*arguments) runs a command with the module in the project; it must go well."""
    monkeypatch.setenv("TINYTEACH_HOME", str(lesson.home))

    def run(*arguments, project=lesson.project):
        result = tinyteach("--board", "grove", "--project", project, *arguments)
        assert result.code == 0, result.err
        return result.out

    return run


@pytest.fixture
def refused(module, lesson, tinyteach):
    """refused(*arguments) is the sentence with which a command ends."""

    def run(*arguments, project=lesson.project):
        result = tinyteach("--board", "grove", "--project", project, *arguments)
        assert result.code and result.err.count("\n") == 1, result.err
        return result.err

    return run


def as_json(module, *arguments):
    return json.loads(module(*arguments, "--json"))


def test_from_photographs_to_a_module_that_recognises(module, refused, lesson, tinyteach):
    assert [(taken["photos"], taken["side"]) for taken in lesson.taken] == [(8, 240)] * 3
    trained = lesson.trained
    assert trained["preprocessing"] == "stretched"
    assert "no model" in refused("watch", "-n", "1")
    deployed = as_json(module, "deploy")
    assert deployed["fingerprint"] == trained["fingerprint"]
    assert deployed["deploy_bytes"] > trained["head_bytes"]  # the embedding goes with it
    for thing in THINGS:
        module("boards", "show", "--object", thing, "--name", "grove")
        seen = [json.loads(line) for line in module("watch", "-n", "2", "--json").splitlines()]
        assert [each["label"] for each in seen] == [thing] * 2
        assert sum(seen[0]["probabilities"].values()) > 0.9  # also the first after a first deploy
        assert [*seen[0]["latency_ms"]] == [*STAGES] != [*BOARD_STAGES]
    told = as_json(module, "info")
    assert told["labels"] == [*THINGS, "unknown"] and told["head"] == trained["fingerprint"]
    assert (told["kind"], told["name"], told["board_id"]) == ("module", "grove", deployed["board"])
    assert json.loads(tinyteach("--project", lesson.project, "verify", "--json").out)["held"]
    verified = as_json(module, "verify")
    assert verified["held"] and verified["measured"]["views"] == 20
    page = as_json(module, "doctor")
    assert page["healthy"] and {f["status"] for f in page["findings"]} == {"pass"}
    module("preview", "--out", "view.png")
    said = module("classify", "view.png", "--json")
    assert json.loads(said)["label"] == THINGS[-1]


def test_what_it_cannot_is_said(refused, module, tmp_path):
    for command in (
        *(["rollback"], ["teach", "cat"], ["teach", "--list"], ["pull"], ["rule", "list"]),
        *(["retrain"], ["upgrade"], ["unpair", "--yes"], ["wipe", "--yes"], ["restore"]),
        ["why"],
    ):
        assert refused(*command) == f"tinyteach: {CANNOT}\n", command
    assert "needs no pairing" in refused("pair")
    (tmp_path / "firmware.img").write_bytes(b"none")
    assert "no firmware for a Grove" in refused("flash", "firmware.img")


def test_a_head_of_another_view_is_refused(refused, trained_project):
    assert "train --view stretched" in refused("deploy", project=trained_project)
    assert "run 'tinyteach deploy'" in refused("verify", project=trained_project)


def test_one_that_recognises_something_else_is_not_verified(module, refused, project):
    """Whatever is at work there, it is not the head of this project."""
    module("deploy")
    module("train", "--view", "stretched", project=project)
    assert "another model" in refused("verify", project=project)


def test_a_threshold_goes_with_the_model(module):
    deployed = as_json(module, "deploy", "--threshold", "0.99")
    assert deployed["threshold"] == pytest.approx(0.99, 0.01)
    assert as_json(module, "info")["threshold"] >= 252
    assert json.loads(module("watch", "-n", "1", "--threshold", "0", "--json"))["label"] == "rocket"


def test_firmware_of_2023_is_told_and_written_anew(tinyteach, home, tmp_path):
    (tmp_path / "output.img").write_bytes(stand_in_image(ModuleFirmware("el", "2025.01.02")))
    old = ("--kind", "grove", "--firmware", OLD_VERSION, "--name", "old")
    assert tinyteach("boards", "start", *old).code == 0
    try:
        for command in (["preview", "--out", "view.png"], ["watch", "-n", "1"]):
            assert "write Seeed's present one" in tinyteach("--board", "old", *command).err
        assert "Grove Vision AI V2 (HX6538): the file with output.img" in tinyteach("flash").out
        assert "firmware of 2023" in tinyteach("--board", "old", "info").out
        assert tinyteach("--board", "old", "doctor").code
        done = json.loads(tinyteach("--board", "old", "flash", "output.img", "--json").out)
        assert (done["before"], done["firmware"]) == (OLD_VERSION, "2025.01.02")
        assert tinyteach("--board", "old", "preview", "--out", "view.png").code == 0
    finally:
        running.stop_all()


def test_himaxs_demonstration_is_to_be_replaced(tinyteach, home):
    assert tinyteach("boards", "start", "--kind", "grove", "--dialect", "hx").code == 0
    try:
        for command in (["preview", "--out", "v.png"], ["watch", "-n", "1"]):
            said = tinyteach("--board", "grove", *command)
            assert "Himax's" in said.err and "tinyteach flash" in said.err and said.code
        assert "Himax's demonstration" in tinyteach("--board", "grove", "info").out
        page = json.loads(tinyteach("--board", "grove", "doctor", "--json").out)
        assert [f["name"] for f in page["findings"] if f["status"] == "fix"] == ["firmware"]
    finally:
        running.stop_all()


def test_what_is_a_groves_is_no_boards(fails):
    assert "add --kind grove" in fails("boards", "start", "--dialect", "ma")
