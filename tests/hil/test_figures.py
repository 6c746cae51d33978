"""What `figures` measures on a board, and its clock."""

import os
import re
import time

import numpy as np
import pytest

from tinyteach.hil.budgets import KEYS, LATENCY_STAGES
from tinyteach.hil.figures import Repeat, milliseconds, total
from tinyteach.hil.settings import parse
from tinyteach.service.boards.virtual_boards import processor_clock
from tinyteach.virtual import processor_time
from tinyteach.virtual.processor_time import STARTED
from tinyteach.virtual.running import VirtualInfo


def test_the_page_s_example_and_what_it_measures(root, one_board, run_tests, few_pictures):
    page = (root / "docs" / "budgets.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    code = code.replace("figures()\n", "figures(rounds=2, repeats=4)\n")
    ran = run_tests(code, "--tt-board", one_board.port)
    assert ran.code == 0 and list(ran.outcomes.values()) == ["passed"], ran.said
    found = {}
    for each in ran.run.measurements:
        found.setdefault((each.name, each.tags.get("stage", "")), []).append(each)
    names = {"boot_s", "link_to_board_kb_s", "link_from_board_kb_s", "heap_peak_bytes"}
    assert {name for name, stage in found if not stage} == {*names, "accuracy", "mismatches"}
    for name in names:
        rounds = found[name, ""]
        assert len(rounds) == 2 and all(each.samples[0] > 0 for each in rounds)
    for stage in LATENCY_STAGES:
        by_figures = [m for m in found["latency_ms", stage] if "clock" in m.tags]
        assert len(by_figures) == 2 and all(1 <= len(each.samples) <= 4 for each in by_figures)
        assert all(sample >= 0 for each in by_figures for sample in each.samples)


def test_the_page_s_budgets_are_read_and_every_key_is_told(root):
    page = (root / "docs" / "budgets.md").read_text()
    toml = re.search(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    read = parse(toml.encode(), root / "tinyteach-hil.toml").budgets
    assert set(read.kinds) == {"default", "virtual", "xiao_esp32s3_sense"}
    told = re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE)
    assert {word for row in told for word in row.split("`") if word in KEYS} == set(KEYS)


# The clock of a process


def test_a_board_s_processor_time_passes_as_it_computes(one_board):
    clock = processor_clock(one_board.port)
    assert clock
    before = clock()
    assert 0 < before <= clock() < time.monotonic_ns()


def test_what_is_no_virtual_board_has_no_such_clock():
    assert processor_clock("/dev/ttyNONE") is None


def test_a_board_of_another_process_is_found(one_board, monkeypatch):
    """As one that runs in the background is."""
    (own,) = [board for board in STARTED if board.port == one_board.port]
    info = VirtualInfo("b", own.port, os.getpid(), own.arch, "", "")
    monkeypatch.setattr(processor_time, "STARTED", [])
    monkeypatch.setattr(processor_time, "running", lambda: [info])
    monkeypatch.setattr(processor_time, "_micropython_of", lambda pid: own.pid)
    assert processor_clock(own.port)() > 0
    monkeypatch.undo()
    children = processor_time._micropython_of(os.getpid())
    assert children in {board.pid for board in STARTED}


# Which repeats count


def test_a_repeat_that_another_program_interrupted_is_left_out():
    repeats = [Repeat(2.0, 2.4)] * 5 + [Repeat(30.0, 2.4)] * 3
    assert milliseconds(repeats, [Repeat(0, 0.4)]).tolist() == [2.0] * 5


def test_where_nearly_all_were_their_processor_time_counts():
    repeats = [Repeat(300.0, 100.4)] * 7 + [Repeat(99.0, 100.4)]
    assert milliseconds(repeats, [Repeat(0, 0.4)]).tolist() == pytest.approx([100.0] * 8)


def test_on_hardware_every_repeat_counts():
    repeats = [Repeat(2.0), Repeat(30.0)]
    assert milliseconds(repeats, [Repeat(0.0)]).tolist() == [2.0, 30.0]


def test_all_stages_together():
    stages = {"embedding": np.array([1.0, 2.0, 3.0]), "head": np.array([0.5, 0.25])}
    assert total(stages).tolist() == [1.5, 2.25]
