"""A few of what tests/soak/long_run.py does by the thousand, and that it tells what is not flat."""

from collections import Counter
from dataclasses import replace

import pytest

import gauges
import long_runs
from at_home import home  # noqa: F401
from gauges import Heap, Wear
from long_runs import CLASSES, DEPLOYS, FAT, FRAMES, LITTLEFS, VIEWS, LongRun, Part, go
from slices import few
from trained import quick_trainings

FLAT = [Part(DEPLOYS, 5, 20.0, 7.0, 1e4, Heap(270_000, 380_000)) for _ in range(10)]


def with_figures(**figures):
    """`FLAT` with figures by part."""
    return [
        replace(part, **{name: of(number) for name, of in figures.items()})
        for number, part in enumerate(FLAT)
    ]


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({}, []),
        ({"heap": lambda n: Heap(270_000 + 16 * n, 380_000)}, []),
        ({"heap": lambda n: Heap(270_000 + 200 * n, 380_000)}, ["heap in use +1800 bytes"]),
        ({"heap": lambda n: Heap(270_000, 380_000 - 400 * n)}, ["largest free piece -3600 bytes"]),
        ({"ms": lambda n: 20.0 + 90 * (n == 3)}, []),
        ({"ms": lambda n: 20.0 + n}, ["processor time +37%"]),
        ({"erasures": lambda n: 7 + n}, ["erasures +78%"]),
    ],
)
def test_what_rises_from_the_first_part_to_the_last_is_told(figures, told):
    parts = with_figures(**figures)
    assert LongRun(FAT, 512, parts).faults() == [f"fat, {DEPLOYS}: {each}" for each in told]


def lasting(faults):
    """Without processor time, of which so few say nothing."""
    return [fault for fault in faults if "processor time" not in fault]


@pytest.mark.parametrize("file_system", few((LITTLEFS, FAT), LITTLEFS))
def test_a_few_of_each_leave_the_board_as_it_was(file_system):
    with quick_trainings(), long_runs.bench_with(file_system) as (bench, measured, size):
        run = LongRun(file_system, size // 4096)
        for what, count in {FRAMES: 60, DEPLOYS: 9, CLASSES: 3, VIEWS: 30}.items():
            for part in go(run, bench, measured, what, count, 3):
                assert part.ms > 0 and 100_000 < part.heap.largest < 512 << 10
        assert lasting(run.faults()) == []
    assert run.wear[FRAMES] == Wear(Counter(), 0)  # a board that only looks writes nothing
    for what in (DEPLOYS, CLASSES, VIEWS):
        wear, done = run.wear[what], sum(part.count for part in run.of(what))
        assert done and wear.erasures.total() > done and wear.written > 4096 * done, what
    if file_system == LITTLEFS:  # it takes another block each time
        assert max(run.wear[DEPLOYS].erasures.values()) < 9


@pytest.mark.soak
def test_a_planted_leak_is_told(monkeypatch):
    leak = "\n_lost = []\ndef take(*arguments, take=take):\n    _lost.append(bytearray(40))\n"
    planted = gauges._HEAP + leak + "    return take(*arguments)\n"
    monkeypatch.setattr(gauges, "_HEAP", planted)
    with quick_trainings(), long_runs.bench_with(LITTLEFS) as (bench, measured, _):
        run = LongRun(LITTLEFS, 512)
        list(go(run, bench, measured, FRAMES, 240, 4))
    assert any("heap in use" in fault for fault in run.faults())
