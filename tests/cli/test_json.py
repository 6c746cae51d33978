"""--json: facts on standard output, errors on standard error, each by its schema."""

import json
import subprocess
import sys

import jsonschema
import pytest
import typer

from json_schema import SCHEMA, command_in
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.cli.parser import app
from tinyteach.errors import BoardNotFoundError, ProjectError


def commands_with_json(command, words=()) -> set[str]:
    below = getattr(command, "commands", {}).items()
    own = any("--json" in parameter.opts for parameter in command.params)
    found = {" ".join(words)} if own else set()
    return found.union(*(commands_with_json(part, (*words, name)) for name, part in below))


def test_every_command_that_has_it_has_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert commands_with_json(typer.main.get_command(app)) == set(SCHEMA["$defs"]) - {"error"}


def test_the_schemas_are_those_of_the_types(root):
    generate = root / "docs" / "json" / "generate.py"
    assert subprocess.run([sys.executable, generate, "--check"]).returncode == 0


def test_the_page_names_every_command(root):
    page = (root / "docs" / "json" / "README.md").read_text()
    assert all(f"`{command}`" in page for command in set(SCHEMA["$defs"]) - {"error"})


@pytest.fixture
def facts(tinyteach):
    """facts(*arguments) is the one object of a command that goes well, checked by its schema."""

    def ask(*arguments):
        result = tinyteach(*arguments, "--json")
        assert result.code == 0, result.err
        return json.loads(result.out)

    return ask


def test_a_project_s_facts(facts, trained_project, photo_folder, tmp_path):
    here = ("-p", trained_project)
    assert facts("new", tmp_path / "other")["project"] == "other"
    assert facts(*here, "class", "add", "dog", "unknown")["added"] == ["dog", "unknown"]
    assert facts(*here, "class", "rename", "dog", "wolf") == {"renamed": "dog", "name": "wolf"}
    assert facts(*here, "class", "remove", "wolf") == {"removed": "wolf"}
    assert facts(*here, "class", "list")["classes"][0]["recordings"] == 6
    assert facts(*here, "export", tmp_path / "all.zip")["bytes"] > 0
    assert facts(*here, "export", "photos", tmp_path / "too.zip")["file"].endswith("too.zip")
    assert facts("romfs", tmp_path / "romfs")["file"].startswith(str(tmp_path))
    assert facts(*here, "import", photo_folder)["known"] == 12
    assert facts(*here, "report")["classes"][0]["recordings"] >= 1
    assert facts(*here, "heads")[0]["current"]
    assert facts(*here, "advise")["photos"] == 12
    assert facts(*here, "classify", "--host", photo_folder / "cat" / "0.png")["label"]
    assert facts(*here, "test", "--host", photo_folder, "--copies")["photos"] == 12
    assert facts("boards") == [] and facts("flash")


def test_a_training_s_facts(facts, project):
    assert facts("-p", project, "train")["classes"] == ["cat", "coffee"]


def test_what_a_board_sees_in_facts(facts, board, tmp_path):
    view = facts("-b", board.port, "preview", "--count", "1")
    assert view["width"] == view["height"] > 0 and 0 < view["brightness"] < 1
    assert view["file"] is None
    file = str(tmp_path / "view.png")
    saved = facts("-b", board.port, "preview", "--out", file)
    assert saved["file"] == file and saved["width"] == view["width"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("-p", "nothing", "class", "list"), ProjectError),
        (("boards", "stop", "--name", "nobody"), BoardNotFoundError),
        (("boards", "show", "--object", "cat", "--name", "nobody"), BoardNotFoundError),
    ],
)
def test_errors_are_objects(tinyteach, words, kind):
    result = tinyteach(*words, "--json")
    told = json.loads(result.err)
    assert told["kind"] == kind.__name__ and told["error"].endswith(".") and result.out == ""
    assert told["exit_code"] == result.code == exit_code_of(kind)


@pytest.mark.parametrize("words", ["clas", "boards strat", "train --seed x", "boards --fly"])
def test_a_command_line_that_cannot_be_taken(tinyteach, words):
    result = tinyteach(*words.split(), "--json")
    assert result.code == 2 and json.loads(result.err)["kind"] == "UsageError"


def test_json_behind_two_hyphens_is_a_word(tinyteach):
    assert tinyteach("train", "--seed", "x", "--", "--json").err.startswith("Usage: ")


def test_which_command_a_line_names():
    assert command_in(["-p", "x", "class", "list", "--json"]) == "class list"
    assert command_in(["export", "a.zip"]) == "export photos"
    assert command_in(["boards", "--json"]) == "boards"
