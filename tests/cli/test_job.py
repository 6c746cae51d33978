"""The whole job by hand, command by command, on a board that is paired."""

import json

import numpy as np
import pytest
from PIL import Image

from keyed import take_key
from paired import views_of


@pytest.fixture
def on_board(tinyteach, board, project):
    """on_board(*arguments) runs a command in the project, on the board."""
    return in_project(tinyteach, board, project)


def in_project(tinyteach, board, project):
    """run(*arguments): a command there, which must go well; what it printed."""

    def run(*arguments):
        result = tinyteach("--board", board.port, "--project", project, *arguments)
        assert result.code == 0, result.err
        assert result.err == ""
        return result.out

    return run


@pytest.fixture
def as_json(on_board):
    """as_json(*arguments) is the one object that the command prints."""
    return parsed(on_board)


def parsed(on_board):
    """As above, of the commands that ``on_board`` runs."""

    def run(*arguments):
        out = on_board(*arguments, "--json")
        assert out.count("\n") == 1
        return json.loads(out)

    return run


def test_from_photographs_to_a_board_that_recognises(on_board, as_json, board, tmp_path):
    board.show(views_of("rocket", 1)[0])
    on_board("class", "add", "rocket", "mug")
    on_board("class", "remove", "mug")
    taken = as_json("capture", "rocket", "--count", "6")
    assert (taken["photos"], taken["side"], taken["class_name"]) == (6, 240, "rocket")
    on_board("class", "rename", "rocket", "moonship")
    classes = as_json("class", "list")["classes"]
    assert [entry["name"] for entry in classes] == ["cat", "coffee", "moonship"]
    trained = as_json("train")
    assert trained["classes"] == ["cat", "coffee", "moonship"] and trained["photos"] == 18
    assert [row["label"] for row in as_json("report")["classes"]] == trained["classes"]
    deployed = as_json("deploy")
    assert deployed["fingerprint"] == trained["fingerprint"]
    assert 0 < deployed["deploy_bytes"] <= trained["head_bytes"]
    results = [json.loads(line) for line in on_board("watch", "-n", "3", "--json").splitlines()]
    assert [result["label"] for result in results] == ["moonship"] * 3
    assert as_json("info")["labels"] == trained["classes"]


def test_people_are_told_what_to_do_next(on_board):
    assert "Next: tinyteach deploy" in on_board("train")
    assert "recognises cat, coffee now" in on_board("deploy")
    assert "cat" in on_board("report") and "all is well" in on_board("info")
    assert "%" in on_board("watch", "-n", "1")


@pytest.fixture
def trained(tinyteach, board, trained_project):
    """on_board and as_json in a project that has a head."""
    run = in_project(tinyteach, board, trained_project)
    return run, parsed(run)


def test_board_and_host_say_the_same(trained, photo_folder, tmp_path):
    on_board, _ = trained
    on_board("deploy")
    tall = tmp_path / "tall.jpg"
    Image.fromarray(views_of("coffee", 1, seed=8, side=240)[0]).crop((0, 0, 151, 240)).save(tall)
    files = [*sorted(photo_folder.glob("*/*.png"))[::3], tall]
    on_host = on_board("classify", "--host", "--json", *files).splitlines()
    there = on_board("classify", "--json", *files).splitlines()
    assert len(there) == len(files)
    for host_line, board_line in zip(on_host, there, strict=True):
        host, board = json.loads(host_line), json.loads(board_line)
        assert board["probabilities"] == host["probabilities"] and board["file"] == host["file"]


def test_strangers_are_unknown_and_the_threshold_is_yours(on_board, as_json, board):
    trained = as_json("train")
    assert trained["threshold"] == 0 and trained["false_accepts"]
    assert "says unknown" in on_board("report")
    on_board("deploy")
    board.show(np.random.default_rng(0).integers(0, 256, (240, 240, 3), np.uint8))
    (result,) = (json.loads(line) for line in on_board("watch", "-n", "1", "--json").splitlines())
    assert result["label"] == "unknown" and result["best_label"] in ("cat", "coffee")
    assert "unknown (at best" in on_board("watch", "-n", "1")
    options = ("watch", "-n", "1", "--threshold")
    assert "unknown (at best" in on_board(*options, "0")  # it asks for nothing more, nor less
    on_board(*options, "0.5")
    assert as_json("info")["threshold"] == 128


def test_threshold_of_a_deploy_stays_with_the_head(trained, tinyteach, board, trained_project):
    (on_board, as_json), project = trained, trained_project
    before = as_json("info")["threshold"]
    deployed = as_json("deploy", "--threshold", "0.75")
    assert deployed["threshold"] == 0.75
    assert "What it is less than 75% sure of is unknown." in on_board("deploy")
    board.reset()
    info = as_json("info")
    assert info["threshold"] == 192 != before and info["head"] == deployed["fingerprint"]
    # The computer says the same.
    photo = next((project / "photos" / "cat").glob("*.png"))
    told = json.loads(on_board("classify", "--json", photo))
    assert told["label"] == json.loads(on_board("classify", "--host", "--json", photo))["label"]
    said = on_board("deploy", "--threshold", "0")
    assert "What resembles none of them is called unknown." in said
    assert as_json("info")["threshold"] == 0
    result = tinyteach("-b", board.port, "-p", project, "deploy", "--threshold", "60")
    assert result.code == 2 and "from 0 to 1" in result.err
    assert as_json("info")["threshold"] == 0


@pytest.mark.soak  # as test_on_board.py has it
def test_rollback(trained, tinyteach, trained_project):
    (on_board, as_json), project = trained, trained_project
    first = as_json("deploy")["fingerprint"]
    tinyteach("-p", project, "class", "add", "sky")
    for number, view in enumerate(views_of("rocket", 4, seed=2, side=96)):
        Image.fromarray(view).save(project / "photos" / "sky" / f"{number}.png")
    on_board("train")
    second = as_json("deploy")["fingerprint"]
    assert as_json("rollback")["fingerprint"] == first
    assert second[:12] in on_board("rollback")


def test_heads_of_the_past_can_be_deployed(trained, tinyteach, made_project, trained_project):
    (on_board, as_json), project = trained, trained_project
    assert "No head has been trained yet" in tinyteach("-p", made_project, "heads").out
    (head,) = as_json("heads")
    first = as_json("deploy", "--head", head["fingerprint"])["fingerprint"]
    (project / "photos" / "cat" / "0.png").unlink()
    on_board("train")
    newest, oldest = as_json("heads")
    assert newest["current"] and newest["photos"] == 11
    assert first.startswith(oldest["fingerprint"]) and oldest["fingerprint"] in on_board("heads")
    assert as_json("deploy", "--head", oldest["fingerprint"])["fingerprint"] == first
    refused = tinyteach("-p", project, "deploy", "--head", "123456")
    assert refused.code == 7 and "tinyteach heads" in refused.err


def test_small_photographs(as_json, project):
    assert as_json("capture", "cat", "-n", "2", "--small")["side"] == 64
    lines = (project / "photos.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines[-2:]] == ["model", "model"]


def test_recordings_have_bursts(as_json, project):
    bursts = [as_json("capture", "cat", "-n", "2")["recording"] for _ in range(2)]
    assert bursts[0] != bursts[1]
    lines = [json.loads(line) for line in (project / "photos.jsonl").read_text().splitlines()]
    assert [line["burst"] for line in lines[-4:]] == [b for b in bursts for _ in range(2)]
    assert all(line["sensor"] == "VIRTUAL" for line in lines[-4:])


def test_preview(on_board, tmp_path):
    target = tmp_path / "view.png"
    on_board("preview", "--out", target)
    with Image.open(target) as view:
        assert view.size == (64, 64)
    assert "--out view.png" in on_board("preview", "-n", "2")


def test_pairing_again_and_names(on_board, tinyteach, board):
    assert "The board has a key now" in on_board("pair", "--name", "desk")
    assert "All was up to date." in on_board("pair", "--name", "desk")
    assert json.loads(tinyteach("--board", "desk", "info", "--json").out)["port"] == board.port
    take_key(board)


def test_export_and_import(on_board, as_json, tinyteach, tmp_path):
    on_board("export", tmp_path / "photos.zip")
    tinyteach("new", tmp_path / "other")
    added = tinyteach("-p", tmp_path / "other", "import", tmp_path / "photos.zip", "--json")
    assert json.loads(added.out)["added"] == {"cat": 6, "coffee": 6}


def test_boards_is_one_object(tinyteach):
    assert isinstance(json.loads(tinyteach("boards", "--json").out), list)
