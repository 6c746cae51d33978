"""The demo measures what it says, on a virtual board and on a board that is named."""

import pytest

from tinyteach.service.demo import run_demo


def quiet(*_):
    pass


@pytest.fixture(params=["own virtual board", "named board"])
def measured(request, switch_on):
    options = {"photos": None, "per_class": 5, "held_out": 2, "tell": quiet, "progress": quiet}
    if request.param == "own virtual board":
        return run_demo(**options, arch="i386", board=None)
    with switch_on("amd64", camera=False) as board:
        return run_demo(**options, arch=None, board=board.port)


def test_demo_with_another_embedding(tiny):
    options = {"photos": None, "per_class": 5, "held_out": 2, "tell": quiet, "progress": quiet}
    found = run_demo(**options, arch="i386", board=None, embedding="tiny")
    assert found.mismatches == 0 and found.held_out == 10


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
