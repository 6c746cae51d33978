"""The demo measures what it says, on a virtual board and on a board that is named."""

import pytest

from slices import soak
from tinyteach.service.demo import run_demo
from tinyteach.service.photos import bench_photos


def quiet(*_):
    pass


OPTIONS = {"photos": None, "per_class": 5, "held_out": 2, "tell": quiet, "progress": quiet}


@pytest.fixture(params=["own virtual board, another embedding", soak("named board")])
def measured(request, switch_on, new_boards_are_paired, tiny, monkeypatch):
    monkeypatch.setattr(bench_photos, "SIDE", 96)
    if request.param.startswith("own"):
        new_boards_are_paired("i386")
        return run_demo(**OPTIONS, arch="i386", board=None, embedding="tiny")
    with switch_on("i386", camera=False) as board:
        return run_demo(**OPTIONS, arch=None, board=board.port)


def test_demo(measured):
    found = measured.as_dict()
    assert found["mismatches"] == 0 and found["held_out"] == 10
    assert len(found["classes"]) == 5 and found["photos_per_class"] == 5
    assert found["accuracy"] > 0.5
    assert 0 < found["heap_peak_bytes"] <= 512 << 10
    assert found["deploy_bytes"] > 1000 and found["deploy_s"] > 0 and found["train_s"] > 0
    for stage in ("preprocess", "embedding", "head"):
        assert found["latency_ms"][stage]["p95"] >= found["latency_ms"][stage]["p50"] > 0
    assert found["micropython"].startswith("1.")
