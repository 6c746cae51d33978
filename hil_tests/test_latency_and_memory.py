"""Latency and memory: measured on every board, compared where there is a budget."""

import numpy as np
import pytest

from tinyteach.board_facts import STAGES, facts_of
from tinyteach_protocol import messages

RUNS = 30
NO_BUDGET = "measured, not compared: no budget is known for this kind of board"


@pytest.fixture
def facts(client):
    """Those of this kind of board, None where it is not known."""
    return facts_of(client.info().machine)


@pytest.fixture
def budget(facts):
    """The limits of this kind of board, None where nobody has set any."""
    return facts.budget if facts else None


def test_heap_peak(client, deployed, budget, measured):
    peak = client.info().heap_peak
    measured["heap peak"] = f"{peak} bytes" if budget is None else within(peak, budget)
    if budget is None:
        pytest.skip(NO_BUDGET)
    assert peak <= budget.heap_peak_bytes


def within(peak: int, budget) -> str:
    return f"{peak} of {budget.heap_peak_bytes} bytes"


def test_latency(client, deployed, facts, budget, photographs, measured):
    latencies = measured_latencies(client, photographs)
    for stage, (p50, p95) in latencies.items():
        measured[f"latency {stage}"] = f"p50 {p50:.2f} ms, p95 {p95:.2f} ms"
    if budget is None:
        pytest.skip(NO_BUDGET)
    if budget.latency_p95_ms is None:
        pytest.skip(f"no latency budget for {facts.name}: not yet measured on hardware")
    for stage, (_, p95) in latencies.items():
        assert p95 <= budget.latency_p95_ms[stage]


def measured_latencies(client, photographs) -> dict[str, tuple[float, float]]:
    """p50 and p95 in ms by stage."""
    durations = {stage: [] for stage in STAGES}
    for square in photographs[:RUNS]:
        client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
        answer = client.run(messages.SOURCE_IMAGE)
        for stage in STAGES:
            durations[stage].append(answer.fields[stage + "_us"] / 1000)
    return {stage: tuple(np.percentile(values, [50, 95])) for stage, values in durations.items()}
