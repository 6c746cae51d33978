"""Smoothing here gives what a board on its own believes, bit for bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reference_smoothing import believed, smooth
from tinyteach.head.format.rejection import UNKNOWN
from tinyteach.service.heads.recognition import interpret
from tinyteach.service.heads.smoothing import Smoother

LABELS = ["cat", "coffee"]
OUTPUTS = st.sampled_from([2, 3])
VIEWS = OUTPUTS.flatmap(lambda n: st.lists(st.binary(min_size=n, max_size=n), min_size=1))


def seen(scores):
    """A view's scores as watch gives them."""
    return interpret(LABELS, int(scores[:2].argmax()), True, scores.tobytes())


@given(VIEWS, st.integers(1, 256), st.integers(0, 255))
def test_as_a_board_does_it(views, weight, threshold):
    scores = np.frombuffer(b"".join(views), np.int8).reshape(len(views), -1)
    smoother = Smoother(weight, threshold)
    found = [smoother.add(seen(row)) for row in scores]
    wanted = smooth(scores, weight)
    ours = [[round(p * 256) for p in each.probabilities.values()] for each in found]
    assert ours == wanted.tolist()
    other = wanted[:, 2] if scores.shape[1] == 3 else np.zeros(len(scores), int)
    for each, row, index, unknown in zip(
        found, wanted, believed(wanted, 2, threshold), other, strict=True
    ):
        is_known = index >= 0 and row[index] >= unknown
        assert each.label == (LABELS[index] if is_known else UNKNOWN)
        assert each.best_label == LABELS[int(row[:2].argmax())]
        assert each.probability == each.probabilities[each.best_label]


def test_one_odd_view_is_smoothed_away():
    cat, coffee = np.array([[100, -120, -128], [-120, 100, -128]], np.int8)
    smoother = Smoother(64, 0)
    labels = [smoother.add(seen(scores)).label for scores in (cat, cat, coffee, cat)]
    assert labels == ["cat"] * 4


def test_a_weight_of_one_changes_nothing():
    scores = np.array([[5, -30, 90]], np.int8)[0]
    assert Smoother(256, 0).add(seen(scores)).probabilities == seen(scores).probabilities
