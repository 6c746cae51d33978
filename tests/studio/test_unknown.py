"""What is none of the classes: recorded and corrected into without having been added."""

from paired import views_of
from tinyteach.data.photos import list_photos
from tinyteach.data.project import COLOURS, Project


def trained(studio):
    studio.wait("training", lambda value: value and value["status"] == "done")
    return studio.bench.feed.get("training")["result"]


def test_recording_into_it_makes_it(with_board, project, board):
    board.show(views_of("rocket", 1)[0])
    with with_board.open_page() as page:
        page.say(record="unknown")
        page.part("recording", lambda value: value and len(value["photos"]) >= 3)
        page.say(record=None)
        told = page.part("project", lambda value: len(value["classes"]) == 3)
    row = told["classes"][-1]
    assert (row["name"], row["colour"]) == ("unknown", COLOURS - 1) and row["photos"] >= 3
    result = trained(with_board)
    assert result["classes"] == ["cat", "coffee"], "it is no label"
    assert result["photos"] == 8 + row["photos"]


def test_a_wrong_view_is_none_of_these(with_board, project):
    with_board.bench.trainer.ask()
    trained(with_board)
    with with_board.open_page() as page:
        page.say(credits=1)
        view = page.view()
    answer = with_board.ask("POST", "/api/correct", {"view": view["view"], "class": "unknown"})
    assert answer.status == 200 and answer.value["id"].startswith("unknown/")
    assert len(list_photos(Project.open(project.root), "unknown")) == 1


def test_another_class_is_not_made_so(with_board, project):
    with with_board.open_page() as page:
        page.say(credits=1)
        view = page.view()
    answer = with_board.ask("POST", "/api/correct", {"view": view["view"], "class": "dog"})
    assert answer.status == 404
    assert Project.open(project.root).classes() == ["cat", "coffee"]
