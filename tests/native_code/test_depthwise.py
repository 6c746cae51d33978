"""Depthwise convolutions of 3x3 by MAC16 and on Cortex-M: any shape, stride and padding."""

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from model_cases import Case
from random_models import SAME, VALID, depthwise_of, windowed

# Recording takes as long for many models as for one.
TOGETHER = 16


@st.composite
def depthwise_cases(draw) -> Case:
    """A model and what it is run on; its numbers are random, by a seed."""
    strides = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    size = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    padding = draw(st.sampled_from([SAME, VALID])) if min(size) > 2 else SAME
    depth, seed = draw(st.integers(1, 9)), draw(st.integers(0, 1 << 16))
    out = tuple(windowed(n, 3, s, padding) for n, s in zip(size, strides, strict=True))
    geometry = size, (3, 3), strides, padding, out
    made = depthwise_of(np.random.default_rng(seed), geometry, depth, 1)
    return Case(*made, f"{size} {depth} {strides} {padding} {seed}")


# Not shrunk: each try is a recording, and a failure names its case.
@settings(
    max_examples=2,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(cases=st.lists(depthwise_cases(), min_size=TOGETHER, max_size=TOGETHER))
def test_any_shape(unit, dual, cases):
    unit(cases)
    dual(cases)


def test_in_more_than_one_call(unit):
    """Of images whose rows of all channels are more than a call goes through."""
    rng = np.random.default_rng(3)
    cases = []
    for stride in (1, 2):
        out = tuple(windowed(n, 3, stride, SAME) for n in (11, 60))
        geometry = (11, 60), (3, 3), (stride, stride), SAME, out
        cases.append(Case(*depthwise_of(rng, geometry, 33, 1), f"{stride}"))
    notes = unit.board.models([case.model for case in cases], "mac16")
    assert all(sum(n[0] == "call" and n[2] == "depthwise" for n in noted) > 2 for noted in notes)
    unit(cases)


def test_others_stay_vipers(unit, dual):
    rng = np.random.default_rng(4)
    geometries = [
        ((6, 7), (3, 2), (1, 1), VALID, (4, 6), 1),
        ((6, 7), (3, 3), (1, 1), VALID, (4, 5), 2),
        ((9, 9), (3, 3), (1, 4), SAME, (9, 3), 1),
    ]
    cases = [Case(*depthwise_of(rng, each, 3, times), "") for *each, times in geometries]
    unit(cases)
    dual(cases)
    for noted in unit.board.models([case.model for case in cases], "mac16"):
        assert "rows_of_channels" in {note[2] for note in noted if note[0] == "call"}
