"""The JSON API: use cases over HTTP, errors in one form, documents that match."""

import re

import pytest

from tinyteach.data.photos import list_photos
from tinyteach.studio import board_routes, own_routes, place_routes, project_routes
from tinyteach.workbench.workbench import Workbench


def names_of(studio):
    return [row["name"] for row in studio.bench.feed.get("project")["classes"]]


def test_classes(studio, project):
    assert studio.ask("POST", "/api/classes", {"name": " red cup "}).value == {"name": "red cup"}
    assert names_of(studio) == ["cat", "coffee", "red cup"]
    studio.ask("PUT", "/api/classes", {"names": ["red cup", "cat", "coffee"]})
    studio.ask("PATCH", "/api/classes/cat", {"name": "tom cat", "colour": 5})
    rows = studio.bench.feed.get("project")["classes"]
    assert [(r["name"], r["photos"], r["bursts"]) for r in rows] == [
        ("red cup", 0, 0),
        ("tom cat", 4, 1),
        ("coffee", 4, 1),
    ]
    assert rows[1]["colour"] == 5 and len({row["colour"] for row in rows}) == 3
    assert project.root.joinpath("photos", "tom cat").is_dir()


def test_deleting_and_undoing(studio, project):
    ids = [photo["id"] for photo in studio.bench.feed.get("project")["photos"]]
    gone = studio.ask("POST", "/api/photos/delete", {"ids": ids[:3]}).value["undo"]
    assert len(list_photos(project)) == 5
    assert studio.ask("POST", "/api/undo", {"undo": gone}).value == {"photos": 3}
    assert [photo["id"] for photo in studio.bench.feed.get("project")["photos"]] == ids
    gone = studio.ask("DELETE", "/api/classes/cat").value["undo"]
    assert names_of(studio) == ["coffee"]
    assert studio.ask("POST", "/api/undo", {"undo": gone}).value == {"photos": 4}
    assert names_of(studio) == ["cat", "coffee"]
    assert studio.ask("POST", "/api/undo", {"undo": gone}).status == 404


def test_pictures(studio):
    photo = studio.bench.feed.get("project")["photos"][0]["id"]
    answer = studio.ask("GET", f"/api/photos/picture?id={photo}&side=96")
    assert answer.headers["content-type"] == "image/jpeg" and answer.content[:2] == b"\xff\xd8"
    for path in ("id=cat/none.png", "id=../tinyteach.json", f"id={photo}&side=99999", "id="):
        answer = studio.ask("GET", f"/api/photos/picture?{path}")
        assert answer.status in (400, 422) and answer.value["error"]["sentence"]


def test_training_report_history_and_compare(studio):
    studio.ask("POST", "/api/train")
    state = studio.wait("training", lambda value: value and value["status"] == "done")
    assert state["result"]["classes"] == ["cat", "coffee"] and state["fit_s"] > 0
    report = studio.ask("GET", "/api/report").value
    assert {photo["name"].split("/")[0] for photo in report["tested"]} == {"cat", "coffee"}
    assert 0 <= report["interval"][0] <= report["accuracy"] <= report["interval"][1] <= 1
    assert report["enough"]["sentences"] == state["result"]["enough"] != []
    gone = studio.ask("DELETE", "/api/classes/cat")
    assert gone.status == 200
    studio.ask("POST", "/api/undo", gone.value)
    ids = [photo["id"] for photo in studio.bench.feed.get("project")["photos"]]
    studio.ask("POST", "/api/photos/delete", {"ids": ids[:1]})
    heads = studio.wait("heads", lambda heads: len(heads) > 1)
    assert [head["photos"] for head in heads][0] == 7 and heads[0]["current"]
    path = f"/api/heads/compare?before={heads[-1]['fingerprint']}&after={heads[0]['fingerprint']}"
    compared = studio.ask("GET", path).value
    assert "-1 photographs" in compared["sentence"]
    assert [row["label"] for row in compared["classes"]] == ["cat", "coffee"]
    assert studio.ask("GET", "/api/heads/compare?before=00&after=").status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/nothing", None, 404),
        ("DELETE", "/api/train", None, 405),
        ("POST", "/api/classes", b"{", 400),
        ("POST", "/api/classes", [], 400),
        ("POST", "/api/classes", {}, 400),
        ("POST", "/api/classes", {"name": 7}, 400),
        ("POST", "/api/classes", {"name": "a/b"}, 404),
        ("POST", "/api/classes", {"name": "CAT"}, 404),
        ("PATCH", "/api/classes/dog", {"name": "cat"}, 404),
        ("PATCH", "/api/classes/cat", {"colour": 99}, 400),
        ("PUT", "/api/classes", {"names": ["cat"]}, 404),
        ("POST", "/api/photos/delete", {"ids": ["cat/../../tinyteach.json"]}, 422),
        ("POST", "/api/photos/move", {"ids": ["cat/none.png"], "class": "coffee"}, 422),
        ("POST", "/api/photos/move", {"ids": [], "class": "dog"}, 404),
        ("POST", "/api/undo", {"undo": "../.."}, 404),
        ("POST", "/api/correct", {"view": 1, "class": "cat"}, 400),
        ("POST", "/api/board/deploy", {}, 404),
        ("POST", "/api/board/rollback", {}, 504),
        ("PUT", "/api/board/threshold", {"probability": 2}, 400),
        ("POST", "/api/board/rules", {"condition": "cat"}, 400),
        ("POST", "/api/board/rules", {"condition": 1, "action": "pin 21 high"}, 400),
        ("POST", "/api/board/rules", {"condition": "cat", "action": "sing"}, 400),
        ("POST", "/api/board/rules", {"condition": "cat", "action": "pin 21 high"}, 504),
        ("DELETE", "/api/board/rules/first", None, 400),
        ("DELETE", "/api/board/rules/1", None, 504),
        ("DELETE", "/api/board/rules", None, 504),
        ("PUT", "/api/board/alone", {"on": "yes"}, 400),
        ("PUT", "/api/board/alone", {"on": True}, 504),
        ("POST", "/api/board/teach", b"[", 400),
        ("POST", "/api/board/teach", {"class": "cat", "afresh": 1}, 400),
        ("POST", "/api/board/teach", {"class": "cat"}, 504),
        ("POST", "/api/board/forget", {}, 400),
        ("POST", "/api/board/pull", None, 504),
        ("POST", "/api/virtual/show", {"object": "dragon"}, 400),
        ("PUT", "/api/virtual/view", b"no board", 404),
        ("PUT", "/api/virtual/view", bytes(2 << 20), 413),
        ("GET", "/api/report", None, 404),
        ("GET", "/api/download/report", None, 404),
        ("GET", "/api/download/litert", None, 404),
        ("GET", "/api/download/dragon", None, 400),
    ],
)
def test_errors_have_one_form(shared_studio, method, path, body, status):
    answer = shared_studio.ask(method, path, body)
    assert answer.status == status, answer.content
    error = answer.value["error"]
    assert set(error) == {"code", "sentence", "status"}
    assert error["sentence"].endswith(".") and "Traceback" not in error["sentence"]


def test_what_nobody_foresaw_has_it_too(studio, monkeypatch):
    monkeypatch.setattr(studio.bench.trainer, "ask", lambda: 1 / 0)
    answer = studio.ask("POST", "/api/train")
    assert answer.status == 500 and "terminal" in answer.value["error"]["sentence"]


def documented(root):
    text = (root / "docs" / "studio-api.md").read_text()
    return text, set(re.findall(r"^\| `(GET|POST|PUT|PATCH|DELETE)` \| `(/[^`]*)`", text, re.M))


def test_every_address_is_documented(root):
    _, rows = documented(root)
    rooms = (board_routes, own_routes, place_routes, project_routes)
    routes = [each for room in rooms for each in room.ROUTES]
    served = {(method, route.path) for route in routes for method in route.methods - {"HEAD"}}
    assert rows == served


def test_every_part_is_documented(root, project):
    text, _ = documented(root)
    bench = Workbench(project.root)
    try:
        published = {*bench.feed.parts(), "training", "importing"}
    finally:
        bench.close()
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) - {
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
    } == (published)
