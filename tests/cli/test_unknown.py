"""`capture unknown`: the class of what is none of the others needs not be added."""

import json

import pytest

from paired import views_of
from tinyteach.data.project import Project


@pytest.mark.parametrize("name", ["unknown", "Unknown ", "ＵＮＫＮＯＷＮ"])
def test_capture_makes_it_and_says_so(tinyteach, board, project, name):
    board.show(views_of("rocket", 1)[0])
    options = ("-b", board.port, "-p", project)
    result = tinyteach(*options, "capture", name, "-n", "2")
    assert result.code == 0, result.err
    assert result.out.startswith("Made the class unknown") and "Recorded 2 photo" in result.out
    again = json.loads(tinyteach(*options, "capture", name, "-n", "1", "--json").out)
    assert again["class_name"] == "unknown" and not again["made_class"]
    assert Project.open(project).classes() == ["cat", "coffee", "unknown"]


def test_without_a_board_nothing_is_made(fails, project):
    fails("-b", "/dev/none", "-p", project, "capture", "unknown")
    assert Project.open(project).classes() == ["cat", "coffee"]


def test_another_class_must_be_added(fails, board, project):
    assert "class add dog" in fails("-b", board.port, "-p", project, "capture", "dog")


def test_an_empty_one_hinders_no_training(tinyteach, project):
    assert tinyteach("-p", project, "class", "add", "unknown").code == 0
    told = json.loads(tinyteach("-p", project, "train", "--json").out)
    assert told["classes"] == ["cat", "coffee"]
    assert any("Record what else the board will see" in each for each in told["advice"])


def test_training_tells_how_much_they_help(tinyteach, board, project, photo_folder):
    board.show(views_of("rocket", 1)[0])
    for _ in range(3):
        tinyteach("-b", board.port, "-p", project, "capture", "unknown", "-n", "3")
    told = json.loads(tinyteach("-p", project, "train", "--json").out)
    assert told["classes"] == ["cat", "coffee"] and "your photographs of unknown" in told["unknown"]
    assert any(each.startswith("Of your 9 photographs of unknown") for each in told["advice"])
    report = json.loads((project / "heads" / "report.json").read_text())
    assert 0 <= report["false_accepts_unaided"] <= 1
