"""Latency and memory: measured on every board, compared where there is a budget."""

import pytest

from tinyteach.board_facts import facts_of

RUNS = 30
NO_BUDGET = "measured, not compared: no budget is known for this kind of board"


@pytest.fixture
def facts(board):
    """Those of this kind of board, None where it is not known."""
    return facts_of(board.info.machine)


@pytest.fixture
def budget(facts):
    """The limits of this kind of board, None where nobody has set any."""
    return facts.budget if facts else None


def test_heap_peak(board, head, budget, measure):
    peak = board.info.heap_peak
    measure("heap_peak_bytes", peak)
    if budget is None:
        pytest.skip(NO_BUDGET)
    measure.fact("heap peak", f"{peak} of {budget.heap_peak_bytes} bytes")
    assert peak <= budget.heap_peak_bytes


def test_latency(board, head, facts, budget, photos, measure):
    latencies = measured_latencies(board, photos, measure)
    if budget is None:
        pytest.skip(NO_BUDGET)
    if budget.latency_p95_ms is None:
        pytest.skip(f"no latency budget for {facts.name}: not yet measured on hardware")
    for stage, found in latencies.items():
        assert found.percentile(95) <= budget.latency_p95_ms[stage]


def measured_latencies(board, photos, measure) -> dict:
    """The milliseconds of each stage."""
    durations = {}
    for photo in photos.all[:RUNS]:
        for stage, latency_ms in board.classify(photo.square).latency_ms.items():
            durations.setdefault(stage, []).append(latency_ms)
    return {s: measure("latency_ms", values, stage=s) for s, values in durations.items()}
