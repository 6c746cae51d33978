"""A Grove Vision AI V2 in a program."""

import numpy as np
import pytest

import tinyteach as tt
from tinyteach.errors import BoardRefusedError
from tinyteach.service.boards.virtual_boards import show_to_virtual
from tinyteach.virtual import running
from trained import quick_trainings

THINGS = ("cat", "coffee", "rocket")


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    yield running.start_module("ma", "grove")
    running.stop_all()


def test_the_whole_job(module, tmp_path):
    project = tt.Project(tmp_path / "things")
    with quick_trainings(), tt.Board("grove") as board:
        assert board.is_module and board.info.dialect == "ma"
        for thing in THINGS:
            show_to_virtual("grove", None, thing)
            project.add(thing, [board.photo() for _ in range(5)])
        head = project.train(view="stretched")
        assert board.deploy(head).fingerprint == head.file.fingerprint.hex()
        assert board.classify().label == "rocket" == next(board.watch()).label
        picture = board.photo()
        assert picture.shape == (240, 240, 3) and head.classify(picture).label == "rocket"
        for cannot in (board.rollback, lambda: board.classify(picture), lambda: len(board.rules)):
            with pytest.raises(BoardRefusedError, match="cannot do this"):
                cannot()
        assert board.id == board.info.module_id == board.name
        assert np.isclose(sum(board.classify().probabilities.values()), 1, atol=0.05)
