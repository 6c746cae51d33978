"""Latency and memory against the board's budget."""

import numpy as np
import pytest

from tinyteach.service.budgets import STAGES, budget_of
from tinyteach_protocol import messages

RUNS = 30


@pytest.fixture
def budget(client):
    found = budget_of(client.info()["machine"])
    if found is None:
        pytest.skip("no budget is known for this kind of board")
    return found


def test_heap_peak(client, deployed, budget, measured):
    peak = client.info()["heap_peak"]
    measured["heap peak"] = f"{peak} of {budget.heap_peak_bytes} bytes"
    assert peak <= budget.heap_peak_bytes


def test_latency(client, deployed, budget, photographs, measured):
    durations = {stage: [] for stage in STAGES}
    for square in photographs[:RUNS]:
        client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
        answer = client.run(messages.SOURCE_IMAGE)
        for stage in STAGES:
            durations[stage].append(answer.fields[stage + "_us"] / 1000)
    for stage, values in durations.items():
        p50, p95 = np.percentile(values, [50, 95])
        measured[f"latency {stage}"] = f"p50 {p50:.2f} ms, p95 {p95:.2f} ms"
        if budget.latency_p95_ms is not None:
            assert p95 <= budget.latency_p95_ms[stage]
    if budget.latency_p95_ms is None:
        pytest.skip(f"no latency budget for {budget.name}: not yet measured on hardware")
