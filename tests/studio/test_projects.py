"""From project to project in one studio, and a studio in a folder without one."""

from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed

from studio_server import StudioServer
from tinyteach.data.project import Project
from tinyteach.errors import ProjectError, UsageError
from tinyteach.studio.addresses import LOOPBACK, Address, Place
from tinyteach.studio.claims import Claims
from tinyteach.studio.desk import ANOTHER_OPEN, NONE_OPEN
from tinyteach.studio.statuses import status_of


def sentence_of(answer, status):
    assert answer.status == status
    return answer.value["error"]["sentence"]


def until_hung_up(page):
    """Why: the code with which the studio closed the socket."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            page.hear()
    return closed.value.rcvd.code


def test_a_new_project_and_a_copy_and_back(studio, project):
    with studio.open_page() as page:
        page.part("project")
        assert studio.ask("POST", "/api/projects", {"name": "cups"}).value == {"name": "cups"}
        assert until_hung_up(page) == 1012
    with studio.open_page() as page:
        assert page.part("project")["folder"] == str(project.root.with_name("cups"))
    project.add_class("unknown")  # which is none of the classes
    body = {"project": "things", "name": "things two"}
    assert studio.ask("POST", "/api/projects/duplicate", body).status == 200
    told = studio.ask("GET", "/api/projects").value
    names = ["cups", "things", "things two"]
    assert told["open"] == "things two" and [row["name"] for row in told["projects"]] == names
    assert told["projects"][2]["classes"] == ["cat", "coffee"] and told["suggested"] == ""
    assert len(studio.bench.feed.get("project")["photos"]) == 8
    assert studio.ask("POST", "/api/projects/open", {"name": "things"}).status == 200
    assert studio.bench.folder == project.root


def test_what_is_meant_for_another_project_is_refused(studio, project):
    """A page that has not heard yet that the studio has gone on."""
    own = {"TinyTeach_Project": quote(str(project.root))}
    studio.ask("POST", "/api/projects/duplicate", {"project": "things", "name": "杯子"})
    answer = studio.ask("DELETE", "/api/classes/cat", **own)
    assert sentence_of(answer, status_of(ProjectError)) == ANOTHER_OPEN
    assert studio.bench.folder.name == "杯子"
    own = {"TinyTeach_Project": quote(str(studio.bench.folder))}
    assert studio.ask("DELETE", "/api/classes/cat", **own).status == 200
    assert Project.open(project.root).classes() == ["cat", "coffee"]


def test_what_cannot_be_opened_leaves_all_as_it_was(studio, project):
    damaged = project.root.with_name("damaged")
    damaged.mkdir()
    (damaged / "tinyteach.json").write_text("{")
    with studio.open_page() as page:
        page.part("project")
        for name, said in (("damaged", "is damaged"), ("home", "There is no project 'home'")):
            answer = studio.ask("POST", "/api/projects/open", {"name": name})
            assert said in sentence_of(answer, status_of(ProjectError))
        assert studio.bench.folder == project.root
        studio.ask("POST", "/api/classes", {"name": "cup"})
        page.part("project", lambda told: len(told["classes"]) == 3)


def test_the_board_comes_along_unless_the_project_has_its_own(studio, project):
    studio.bench.board.connect("socket://127.0.0.1:9")  # where none answers: it is tried again
    studio.ask("POST", "/api/projects", {"name": "cups"})
    assert studio.bench.board.chosen == "socket://127.0.0.1:9"
    project.board = "socket://127.0.0.1:10"
    studio.ask("POST", "/api/projects/open", {"name": "things"})
    assert studio.bench.board.chosen == "socket://127.0.0.1:10"


def test_an_empty_folder_becomes_one_where_it_is_asked_for(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with StudioServer(empty) as studio:
        suggested = studio.ask("GET", "/api/projects").value["suggested"]
        assert [*empty.iterdir()] == []
        assert studio.ask("POST", "/api/projects", {"name": suggested}).status == 200
        assert studio.bench.folder == Project.open(empty).root


def test_a_folder_without_a_project(tmp_path):
    (tmp_path / "taxes.txt").write_text("")
    with StudioServer(tmp_path) as studio, studio.open_page() as page:
        assert page.part("chosen") is None
        answer = studio.ask("POST", "/api/classes", {"name": "cat"})
        assert sentence_of(answer, status_of(ProjectError)) == NONE_OPEN
        told = studio.ask("GET", "/api/projects").value
        assert told["open"] is None and told["suggested"] == "things"
        assert told["place"] == str(tmp_path) and studio.ask("GET", "/").status == 200
        assert studio.ask("POST", "/api/projects", {"name": "cups"}).status == 200
        assert until_hung_up(page) == 1012
        assert Project.open(tmp_path / "cups").name == "cups"


def test_a_project_is_open_in_one_studio(tmp_path):
    here, there, cups = (tmp_path / name for name in ("here", "there", "cups"))
    Project.create(here)
    with Place(here) as place, Place(there) as other:
        place.take()
        other.take()
        addresses = (Address(LOOPBACK, port) for port in (1, 2))
        with Claims(place, next(addresses)) as ours, Claims(other, next(addresses)) as its:
            first = ours.claim(here)
            assert first.enter_context(ours.claim(cups)) is not None
            with pytest.raises(UsageError, match="open in another studio"):
                its.claim(cups)
            with pytest.raises(UsageError, match="open in another studio"):
                its.claim(here)
            first.close()  # and what was entered in it
            taken = pytest.raises(UsageError, match="open in another studio")
            with its.claim(here), its.claim(cups), taken:
                ours.claim(here)
            ours.claim(here).close()  # back again
