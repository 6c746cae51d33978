"""teach, pull and retrain by hand, on a board that is paired or not."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alone import let_rest, set_up, wait_for
from keyed import take_key
from paired import views_of, without_examples
from patience import expect_silence
from tinyteach.device.repl.pairing import await_agent
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.kept import read_kept
from tinyteach_protocol import messages

OBJECTS = ("cat", "coffee", "rocket")
FRAMES = 5


@pytest.fixture(scope="module")
def taught_board(switch_on):
    """A board for the tests that teach it, each from nothing."""
    with switch_on("i386") as started:
        let_rest(started)
        yield started


@pytest.fixture
def on_board(tinyteach, taught_board):
    """on_board(*arguments) runs a command on the board; what it printed."""

    def run(*arguments):
        result = tinyteach("--board", taught_board.port, *arguments)
        assert result.code == 0, result.err
        return result.out

    return run


def teach_all(on_board, board, count):
    """Teach three objects by the board's camera."""
    for number, name in enumerate(OBJECTS):
        views = itertools.cycle(views_of(name, 12))
        board.show_source(lambda views=views: next(views))
        on_board("teach", name, "--count", count, *(["--afresh"] if number == 0 else []))


@pytest.fixture(scope="module")
def heads_taught():
    """What the board made of three objects, as it was read from it; by the name of a lesson."""
    return {}


@pytest.fixture
def taught(on_board, taught_board, heads_taught):
    """The same, with three objects taught by two frames: taught once, put back to work later."""
    with BoardClient(taught_board.port) as client:
        if heads_taught and client.info().head != heads_taught["fingerprint"]:
            client.upload(messages.HEAD, heads_taught["content"])
            client.commit()
    if not heads_taught:
        teach_all(on_board, taught_board, 2)
        with BoardClient(taught_board.port) as client:
            size = client.teach(messages.TEACH_LIST).size
            heads_taught |= {"content": client.read_head(size), "fingerprint": client.info().head}
    return on_board


def test_taught_pulled_and_replaced_by_a_trained_head(on_board, tinyteach, taught_board):
    teach_all(on_board, taught_board, FRAMES)
    taught = on_board
    held = json.loads(taught("teach", "--list", "--json"))
    assert held["examples"] == dict.fromkeys(OBJECTS, FRAMES)
    tinyteach("new", "project")
    pulled = json.loads(taught("-p", "project", "pull", "--json"))
    assert pulled["fingerprint"] == held["fingerprint"]
    assert pulled["examples"] == dict.fromkeys(OBJECTS, FRAMES)
    assert "is here already" in taught("-p", "project", "pull")
    trained = json.loads(taught("-p", "project", "train", "--json"))
    assert (trained["classes"], trained["photos"], trained["learnt"]) == ([*OBJECTS], 0, 3 * FRAMES)
    assert trained["accuracy"] > 0.9
    assert taught("-p", "project", "report")
    deployed = json.loads(taught("-p", "project", "deploy", "--json"))
    assert deployed["fingerprint"] == trained["fingerprint"]
    taught_board.show(views_of("rocket", 1, seed=5)[0])
    assert json.loads(taught("watch", "-n", "1", "--json"))["label"] == "rocket"
    assert json.loads(taught("rollback", "--json"))["fingerprint"] == held["fingerprint"]


def test_pulled_classes_are_renamed_and_removed_like_others(taught, tinyteach):
    tinyteach("new", "project")
    taught("-p", "project", "pull")
    assert tinyteach("-p", "project", "class", "rename", "rocket", "moonship").code == 0
    assert tinyteach("-p", "project", "class", "remove", "cat").code != 0  # it holds something
    again = json.loads(taught("-p", "project", "pull", "--json"))
    assert again["classes"] == ["cat", "coffee"] and not any(again["examples"].values())
    trained = json.loads(tinyteach("-p", "project", "train", "--json").out)
    assert trained["classes"] == ["cat", "coffee", "moonship"] and trained["learnt"] == 6


def test_people_are_told(taught, fails, taught_board):
    out = taught("teach", "Cat", "--count", "2")
    assert "learnt cat from 2 frames (4 in all)" in out and "rollback" in out
    assert "rocket" in taught("teach", "--list")
    out = taught("teach", "--forget", "rocket")
    assert "forgot rocket and recognises cat, coffee now" in out
    board = ("--board", taught_board.port)
    assert "28 more" in fails(*board, "teach", "cat", "--count", "29")
    assert "does not know 'mug'" in fails(*board, "teach", "--forget", "mug")
    assert "capture unknown" in fails(*board, "teach", "unknown")
    assert "cannot name a class" in fails(*board, "teach", "a/b")
    assert "--forget CLASS" in fails(*board, "teach")
    assert "--forget CLASS" in fails(*board, "teach", "cat", "--list")
    assert "no-such.png" in fails(*board, "teach", "cat", "no-such.png")
    assert "is not a TinyTeach project" in fails(*board, "pull")


def test_photographs_in_place_of_the_camera(on_board, taught_board, tmp_path, fails):
    files = []
    for number, view in enumerate(views_of("cat", 3, side=96)):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(view).save(files[-1])
    taught = json.loads(on_board("teach", "cat", *files, "--afresh", "--json"))
    assert (taught["frames"], taught["examples"], taught["labels"]) == (3, 3, ["cat"])
    said = fails("--board", taught_board.port, "teach", "--forget", "cat")
    assert "all that the board knows" in said


def test_a_button_is_named(on_board, taught_board, fails):
    assert "pin 9 teaches cat, mug in turn" in on_board("teach", "--button", "board", "cat", "mug")
    assert json.loads(on_board("teach", "--button", "5:1", "--json")) == {
        "pin": "5", "classes": ["1", "2", "3"],
    }  # fmt: skip
    board = ("--board", taught_board.port, "teach", "--button")
    assert "no pin '99'" in fails(*board, "99")
    assert "is no pin" in fails(*board, "9:high")
    assert "cannot name a class" in fails(*board, "9", "a/b")
    assert "too long" in fails(*board, "9", *(str(n) * 40 for n in range(9)))
    assert "No button teaches" in on_board("teach", "--button", "off")


# In the field


@pytest.fixture
def photos_to_add(tmp_path):
    """Class folders with what the board does not know yet, and more of what it knows."""
    folder = tmp_path / "added"
    for name, seed in (("rocket", 1), ("coffee", 9)):
        (folder / name).mkdir(parents=True)
        for number, view in enumerate(views_of(name, 5, seed=seed, side=96)):
            Image.fromarray(view).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def no_network(monkeypatch):
    """Whatever would reach beyond this computer fails the test."""
    import socket

    def refuse(self, address):
        raise AssertionError(f"the network was asked for {address}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)


def test_a_computer_that_never_saw_the_board(
    tinyteach, switch_on, trained_heads, photos_to_add, no_network
):
    """Fresh home, no project, no photographs of the old classes."""
    old = trained_heads[0]
    with switch_on("i386") as board:
        with BoardClient(board.port) as client:
            client.upload(messages.HEAD, old.content)
            client.commit()
        result = tinyteach(
            *("--board", board.port, "retrain", "--from-board", "--add", photos_to_add, "--json")
        )
        assert result.code == 0, result.err
        done = json.loads(result.out)
        assert done["paired"] and done["pulled"]["fingerprint"] == old.fingerprint.hex()
        assert done["pulled"]["classes"] == ["cat", "coffee"]
        assert done["added"]["added"] == {"coffee": 5, "rocket": 5}
        assert done["deployed"]["labels"] == ["cat", "coffee", "rocket"]
        for name in OBJECTS:
            board.show(views_of(name, 1, seed=31)[0])
            seen = tinyteach("--board", board.port, "watch", "-n", "1", "--json")
            assert json.loads(seen.out)["best_label"] == name
        restored = json.loads(tinyteach("--board", board.port, "rollback", "--json").out)
        assert restored["fingerprint"] == old.fingerprint.hex()
        # The second time it is known, and its project is there.
        again = json.loads(
            tinyteach("--board", board.port, "-p", done["folder"], "retrain", "--from-board",
                      "--json").out
        )  # fmt: skip
        assert not again["paired"] and again["folder"] == done["folder"]


def test_a_board_without_an_agent_is_paired_first(tinyteach, switch_on, photos_to_add, monkeypatch):
    with switch_on("i386") as board:
        await_agent(board.port, "").close()
        with raw_repl(board.port) as repl:
            repl.run("import os\nos.remove('/main.py')")
        board.reset()
        retrain = ("--board", board.port, "retrain", "--from-board", "--add", photos_to_add)
        with monkeypatch.context() as patch:
            expect_silence(patch, 1000)
            result = tinyteach(*retrain)
        assert result.code != 0
        assert "has not been taught anything yet" in result.err
        info = json.loads(tinyteach("--board", board.port, "info", "--json").out)
        assert info["embedding_name"] == "base"


def test_views_that_the_board_was_not_sure_of(tinyteach, switch_on, trained_heads):
    """Come along as pictures to be sorted, once."""
    with switch_on("i386") as board:
        set_up(board, trained_heads[1], interval_ms=0, keep=3, keep_s=0)
        greys = itertools.cycle(np.full((240, 240, 3), n, np.uint8) for n in range(0, 256, 8))
        board.show_source(lambda: next(greys))
        wait_for(lambda: len(kept(board)) == 3, "nothing is kept")
        tinyteach("new", "project")
        arguments = ("--board", board.port, "-p", "project", "pull")
        first = json.loads(tinyteach(*arguments, "--json").out)
        assert first["unsorted"] == 3
        pictures = sorted(Path("project/unsorted").glob("*.png"))
        assert len(pictures) == 3 and {Image.open(path).size for path in pictures} == {(64, 64)}
        # One that was sorted stays where it is.
        pictures[0].rename(Path("project/photos/cat") / pictures[0].name)
        again = tinyteach(*arguments)
        assert "views that the board was not sure of" in again.out or "already" in again.out
        assert not pictures[0].exists()
        assert json.loads(tinyteach("-p", "project", "train", "--json").out)["photos"] == 1


def kept(board):
    with BoardClient(board.port) as client:
        return read_kept(client)


def test_nothing_is_changed_by_photographs_that_cannot_be(tinyteach, taught, taught_board, fails):
    before = json.loads(taught("info", "--json"))["head"]
    retrain = ("--board", taught_board.port, "retrain", "--from-board", "--add")
    assert "no-such-folder" in fails(*retrain, "no-such-folder")
    Path("empty").mkdir()
    assert "The board was not changed." in fails(*retrain, "empty")
    assert json.loads(taught("info", "--json"))["head"] == before
    take_key(taught_board)  # which this computer gave it, as it had not seen it before


def test_a_head_without_examples(tinyteach, on_board, taught_board, trained_heads, photos_to_add,
                                 fails):  # fmt: skip
    """Cannot be pulled; with photographs of every class it is replaced all the same."""
    with BoardClient(taught_board.port) as client:
        client.upload(messages.HEAD, without_examples(trained_heads[0]))
        client.commit()
    tinyteach("new", "project")
    board = ("--board", taught_board.port)
    for command in (("-p", "project", "pull"), ("teach", "rocket")):
        assert "an earlier TinyTeach made it" in fails(*board, *command)
    said = fails(*board, "-p", "project", "retrain", "--from-board", "--add", photos_to_add)
    assert "no photographs of 'cat'" in said
    take_key(taught_board)


def test_another_embedding_than_the_project_s(taught, tinyteach, taught_board, fails):
    tinyteach("new", "project", "--embedding", "tiny")
    tinyteach("-p", "project", "class", "add", "mug")
    said = fails("--board", taught_board.port, "-p", "project", "pull")
    assert "pull into a new project" in said


def test_a_project_retrains_without_a_board_s_knowledge(tinyteach, project, board):
    done = json.loads(tinyteach("--board", board.port, "-p", project, "retrain", "--json").out)
    assert done["pulled"] is None and done["deployed"]["labels"] == ["cat", "coffee"]


def test_damaged_learnt_files_are_named(taught, tinyteach):
    tinyteach("new", "project")
    taught("-p", "project", "pull")
    (path,) = Path("project/learnt/cat").glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    said = tinyteach("-p", "project", "train").err
    assert f"{path.resolve()} is damaged" in said and "no photographs of 'cat'" in said
