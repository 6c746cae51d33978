"""Results smoothed on the host, against the board's reference."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reference_smoothing import smooth
from tinyteach.service.heads.recognition import interpret
from tinyteach.service.heads.smoothing import Smoother

SCORES = arrays.arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(2, 5)))


@given(SCORES, st.integers(1, 256), st.integers(0, 255))
def test_as_a_board_smooths_and_believes(scores, weight, threshold):
    """The last output is that of anything else."""
    labels = [f"class {number}" for number in range(scores.shape[1] - 1)]
    smoother, expected = Smoother(weight), smooth(scores, weight)
    for row, steps in zip(scores, expected, strict=True):
        seen = smoother.add(interpret(labels, 0, True, row.tobytes()), threshold / 256)
        assert [round(256 * p) for p in seen.probabilities.values()] == steps.tolist()
        best = int(steps[:-1].argmax())
        known = steps[best] >= max(threshold, steps[-1])
        assert (seen.best_label, seen.label) == (labels[best], labels[best] if known else "unknown")


def test_other_classes_begin_anew():
    smoother = Smoother(1)
    smoother.add(interpret(["cat", "cup"], 0, True, bytes([127, 128])), 0)
    seen = smoother.add(interpret(["cat", "dog"], 1, True, bytes([128, 127])), 0)
    assert seen.label == "dog" and seen.probability > 0.99


def test_one_odd_view_is_smoothed_away():
    cat, coffee = bytes([100, 136, 128]), bytes([136, 100, 128])
    smoother = Smoother(64)
    seen = [interpret(["cat", "coffee"], 0, True, view) for view in (cat, cat, coffee, cat)]
    assert [smoother.add(each, 0).label for each in seen] == ["cat"] * 4
