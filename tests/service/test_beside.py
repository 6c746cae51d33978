"""Projects beside each other: which there are, a new one, a copy of one."""

import json
import os

import pytest

from tinyteach.data.project import Project
from tinyteach.errors import ProjectError
from tinyteach.service.projects.beside import (
    duplicate,
    make_beside,
    neighbour,
    neighbours,
    place_of,
)


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


@pytest.fixture
def things(place):
    made = Project.create(place / "things")
    made.add_class("cat")
    (made.root / "photos" / "cat" / "1.png").write_bytes(b"a photograph")
    (made.root / "deleted").mkdir()
    return made


def test_where_projects_lie(place, things):
    (place / "empty").mkdir()
    assert place_of(things.root) == (place, "")
    assert place_of(place / "empty") == place_of(place / "missing" / ".." / "empty")
    assert place_of(place / "empty") == (place, "empty")
    assert place_of(place / "missing") == (place, "missing")
    assert place_of(place) == (place, "things")  # what it holds is not the project's


def test_what_lies_there(place, things):
    (place / "photos").mkdir()
    (place / "a file").write_text("")
    (place / ".hidden").mkdir()
    (place / ".hidden" / "tinyteach.json").write_text("{}")
    damaged = place / "damaged"
    damaged.mkdir()
    (damaged / "tinyteach.json").write_text("{")
    told = neighbours(place)
    assert [(each.name, each.classes) for each in told] == [("damaged", []), ("things", ["cat"])]
    assert "is damaged" in told[0].problem and told[1].problem == ""
    assert neighbour(place, "things") == things.root


NO_PROJECTS = ["", ".", "..", "photos", "things/photos", "/", "no\0ne", "THINGS"]
NO_NAMES = ["", "..", "a/b", "a\\b", "con", "x" * 64, ".hidden", "things", "f"]


@pytest.mark.parametrize("name", NO_PROJECTS)
def test_nothing_else_is_one(place, things, name):
    with pytest.raises(ProjectError, match="choose another one"):
        neighbour(place, name)


def test_a_new_one(place, things):
    (place / "empty").mkdir()
    assert make_beside(place, " cups ") == place / "cups"
    assert make_beside(place, "empty") == place / "empty"
    assert [each.name for each in neighbours(place)] == ["cups", "empty", "things"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_names_that_none_can_have(place, things, name):
    (place / "f").write_text("")
    for use in (make_beside, lambda folder, name: duplicate(folder, "things", name)):
        with pytest.raises(ProjectError):
            use(place, name)
    assert sorted(path.name for path in place.iterdir()) == ["f", "things"]


def test_none_inside_of_another(things):
    with pytest.raises(ProjectError, match="inside of the project"):
        make_beside(things.root / "photos", "cups")


def test_a_copy(place, things):
    copied = Project.open(duplicate(place, "things", "things two"))
    assert copied.name == "things two" and copied.classes() == ["cat"]
    assert (copied.root / "photos" / "cat" / "1.png").read_bytes() == b"a photograph"
    assert not (copied.root / "deleted").exists()
    assert Project.open(things.root).name == "things"
    copied.add_class("cup")
    assert Project.open(things.root).classes() == ["cat"]


def test_a_copy_that_cannot_be_made(place, things):
    (things.root / "photos.jsonl").symlink_to("nowhere")  # stays a link
    os.mkfifo(things.root / "photos" / "cat" / "2.png")  # nobody writes into it
    with pytest.raises(ProjectError, match="could not be copied"):
        duplicate(place, "things", "two")
    assert [path.name for path in place.iterdir()] == ["things"]


def test_no_copy_of_what_is_damaged(place, things):
    settings = json.loads(things.settings_path.read_text())
    things.settings_path.write_text(json.dumps(settings | {"format": "x"}))
    with pytest.raises(ProjectError, match="is damaged"):
        duplicate(place, "things", "two")
    assert [path.name for path in place.iterdir()] == ["things"]
