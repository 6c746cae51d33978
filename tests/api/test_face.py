"""`import tinyteach` as a program uses it, on a virtual board."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import tinyteach as tt
from paired import make_head, views_of
from tinyteach.api.pictures import as_square
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import (
    BoardNotFoundError,
    ModelError,
    PhotoError,
    ProjectError,
    TrainingError,
    UsageError,
)


@pytest.fixture(scope="module")
def heads(trained_heads):
    """Of two and of three classes."""
    return [tt.Head(file, load_embedding()) for file in trained_heads]


@pytest.fixture(scope="module")
def board(switch_on):
    with switch_on("i386") as started, tt.Board(started.port) as opened:
        yield opened


@pytest.fixture
def cat():
    return views_of("cat", 1, seed=7, side=96)[0]


# Boards


def test_board_recognises_what_the_head_does_bit_for_bit(board, heads, cat):
    for head in heads:
        board.deploy(head)
        there, here = board.classify(cat), head.classify(cat)
        assert there == here or there.latency_ms  # latencies are the board's alone
        assert there.probabilities == here.probabilities and there.label == here.label
        assert np.array_equal(there.picture, cat) and board.info.labels == list(head.labels)
    assert board.rollback().labels == list(heads[0].labels)


def test_board_and_computer_are_compared(board, heads, cat, tmp_path):
    board.deploy(heads[0])
    seen = board.compare(cat)
    assert seen.agrees and seen.difference is None and seen.views == ["the picture"]
    Image.fromarray(cat).save(tmp_path / "cat.png")
    assert board.compare(tmp_path / "cat.png").views == [str(tmp_path / "cat.png")]
    assert board.compare().views == ["what the camera sees"]


def test_a_head_says_where_it_looks(heads, cat):
    why = heads[0].looks(cat)
    assert why.label == heads[0].classify(cat).best_label
    assert np.sum(why.cells) + why.constant == pytest.approx(why.total, abs=0.002)
    assert why.over(cat).shape == (288, 288, 3)


def test_camera_photograph_and_view(board, heads):
    board.deploy(heads[0])
    square = board.photo()
    assert square.dtype == np.uint8 and square.shape[0] == square.shape[1]
    assert board.photo(small=True).shape == (64, 64, 3)
    assert board.classify().best_label in heads[0].labels
    seen = board.watch(threshold=0)
    assert {next(seen).best_label for _ in range(2)} <= set(heads[0].labels)
    seen.close()
    smooth = board.watch(threshold=0, smooth=True)
    assert {next(smooth).best_label for _ in range(2)} <= set(heads[0].labels)
    smooth.close()
    assert board.info.labels, "the session goes on"


def test_teaching_and_rules(board, heads, cat):
    board.deploy(heads[0])
    taught = board.teach("grey", [np.full((64, 64, 3), 90, np.uint8)] * 2)
    assert taught.frames == 2 and board.known["grey"] == 2
    assert "grey" not in board.forget("grey").labels
    board.rules.add("cat >= 80%", "pin 21 high")
    assert len(board.rules) == 1 and "pin 21" in next(iter(board.rules))
    board.rules.remove(1)
    board.rules.add("cat", "say here")
    board.rules.clear()
    assert list(board.rules) == []
    with pytest.raises(UsageError):
        board.rules.add("no such words", "pin 21 high")


def test_board_that_is_not_there():
    with pytest.raises(BoardNotFoundError):
        tt.Board("/dev/ttyNONE")


# Heads


def test_head_from_a_file(heads, tmp_path, cat):
    heads[0].save(tmp_path / "cups.tflite")
    again = tt.Head.load(tmp_path / "cups.tflite")
    assert again.classify(cat) == heads[0].classify(cat) and again.accuracy is None
    surer = again.with_threshold(0.9)
    assert surer.threshold == pytest.approx(0.9, abs=1 / 256)
    assert surer.fingerprint != again.fingerprint


@pytest.mark.parametrize("content", [None, b"", b"no head"], ids=["none", "empty", "other"])
def test_no_head(tmp_path, content):
    if content is not None:
        (tmp_path / "x.tflite").write_bytes(content)
    with pytest.raises(ModelError):
        tt.Head.load(tmp_path / "x.tflite")


def test_head_of_an_embedding_of_ones_own(tmp_path, tiny):
    file = make_head("cat", "coffee", embedding=load_embedding(tiny))
    (tmp_path / "own.tflite").write_bytes(file.content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tinyteach.embedding.shipped.EMBEDDING_FILES", {})
        with pytest.raises(ModelError, match="embedding="):
            tt.Head.load(tmp_path / "own.tflite")
    assert tt.Head.load(tmp_path / "own.tflite", embedding=str(tiny)).labels == file.labels


# Projects


def test_project_from_pictures_to_a_head(tmp_path):
    project = tt.Project(tmp_path / "things")
    views = {name: views_of(name, 6, side=96) for name in ("cat", "coffee")}
    assert project.add("cat", list(views["cat"])) == 6
    Image.fromarray(views["coffee"][0]).save(tmp_path / "a.png")
    files = [tmp_path / "a.png", Image.fromarray(views["coffee"][1]), *views["coffee"][2:]]
    assert project.add("coffee", files) == 6
    assert tt.Project(tmp_path / "things").photos == {"cat": 6, "coffee": 6}
    head = project.train(seed=1, progress=lambda text, done, total: None)
    assert head.labels == ("cat", "coffee") and head.content == project.head.content
    assert head.accuracy is not None and "<table>" in head._repr_html_()
    found = head.classify(tmp_path / "a.png")
    assert found.best_label == "coffee" and "<img" in found._repr_html_()
    assert "picture" not in found.as_dict()


def test_a_head_is_tested_on_what_was_kept_back(tmp_path, board, heads):
    project = tt.Project(tmp_path / "things")
    (project.folder / "heads").mkdir()
    heads[0].save(project.folder / "heads" / "head.tflite")
    for name in ("cat", "rocket"):
        (tmp_path / "kept" / name).mkdir(parents=True)
        for number, view in enumerate(views_of(name, 2, seed=8, side=64)):
            Image.fromarray(view).save(tmp_path / "kept" / name / f"{number}.png")
    board.deploy(heads[0])
    here, there = project.test(tmp_path / "kept"), project.test(str(tmp_path / "kept"), board)
    assert (here.accuracy.of, here.false_accepts.of, there.computed_twice) == (2, 2, 4)
    assert here.accuracy == there.accuracy and here.untested == ["coffee"]
    assert there.mismatches == [] and "right" in repr(there)


def test_one_call_of_arrays_is_one_recording_and_files_are_not(tmp_path):
    project = tt.Project(tmp_path / "things")
    views = views_of("cat", 3, side=64)
    project.add("cat", np.stack(views))
    for name, view in zip("abc", views_of("cat", 3, seed=5, side=64), strict=True):
        Image.fromarray(view).save(tmp_path / f"{name}.png")
    project.add("cat", [tmp_path / f"{name}.png" for name in "abc"])
    from tinyteach.service.photos.collection import list_photos

    assert len({entry.burst for entry in list_photos(project.folder)[0]}) == 4


def test_nothing_is_added_where_one_is_no_picture(tmp_path):
    project = tt.Project(tmp_path / "things")
    with pytest.raises(PhotoError):
        project.add("cat", [np.zeros((64, 64, 3), np.uint8), tmp_path / "none.png"])
    assert project.photos == {}


def test_what_is_no_project_or_has_nothing_to_train_on(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ProjectError):
        tt.Project(tmp_path)
    with pytest.raises(TrainingError):
        tt.Project(tmp_path / "new").train()
    with pytest.raises(ProjectError):
        _ = tt.Project(tmp_path / "new").head
    with pytest.raises(UsageError, match="another folder"):
        tt.Project(tmp_path / "new", embedding="tiny")


# Pictures


@pytest.mark.parametrize(
    ("picture", "shape"),
    [
        (np.zeros((64, 64, 3), np.uint8), (64, 64, 3)),
        (np.zeros((20, 30), np.uint8), (20, 20, 3)),
        (Image.new("CMYK", (40, 30)), (30, 30, 3)),
        (Image.new("RGBA", (30, 40)), (30, 30, 3)),
        (np.zeros((2000, 2000, 3), np.uint8), (1024, 1024, 3)),
    ],
    ids=["pixels", "grey", "CMYK", "RGBA", "large"],
)
def test_pictures(picture, shape):
    square = as_square(picture)
    assert square.dtype == np.uint8 and square.shape[2] == 3
    assert square.shape[0] == square.shape[1] <= shape[0]


@pytest.mark.parametrize("bits", [np.float32(0.5), np.int32(128), np.uint16(0x8000)], ids=str)
def test_images_of_other_depths(bits):
    """As a file of them is read: white is 1, 255 or 65535."""
    square = as_square(Image.fromarray(np.full((40, 40), bits)))
    assert square.min() == square.max() and abs(int(square[0, 0, 0]) - 128) <= 1


@pytest.mark.parametrize(
    "picture",
    [np.zeros((64, 64, 3)), np.zeros(5, np.uint8), 5, None, np.zeros((2, 2, 3), np.uint8)],
    ids=["float", "a row", "a number", "None", "small"],
)
def test_no_picture(picture):
    with pytest.raises(PhotoError):
        as_square(picture)


# The package


def test_importing_loads_nothing_large():
    code = "import sys, tinyteach; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    for name in ("numpy", "PIL", "sklearn", "serial", "typer", "rich"):
        assert f"'{name}'" not in loaded


def test_every_name_is_there_and_told_of():
    assert set(tt.__all__) <= set(dir(tt))
    for name in tt.__all__:
        assert getattr(tt, name).__doc__
    with pytest.raises(AttributeError):
        _ = tt.no_such_name
