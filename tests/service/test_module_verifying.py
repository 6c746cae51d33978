"""Where a module does not say what its model says here, that is found."""

import pytest

from tinyteach.service.heads.module_verifying import (
    AGREE,
    MEAN_WITHIN,
    VIEWS,
    WHOLE,
    WITHIN,
    _Compared,
    _summary,
)
from tinyteach.service.heads.recognised import Recognised


def said(cat):
    latency_ms = {"model": 33.0}
    return Recognised("cat", cat, "cat", {"cat": cat, "dog": 1 - cat}, latency_ms)


@pytest.mark.parametrize(
    ("pairs", "failed"),
    [
        ([(0.99, 0.996)] * VIEWS, []),
        ([(0.99, 0.996)] * (VIEWS - 1) + [(0.7, 0.996)], [WITHIN]),
        ([(0.84, 0.996)] * VIEWS, [MEAN_WITHIN]),
        ([(0.99, 0.996)] * (VIEWS - 1) + [(0.1, 0.996)], [WITHIN, AGREE]),
        ([(0.45, 0.6)], [MEAN_WITHIN]),  # two classes that are as close as that may change places
        ([], [WHOLE]),
    ],
)
def test_each_check_fails_for_its_reason(pairs, failed):
    summary = _summary([_Compared(said(module), said(here)) for module, here in pairs])
    assert summary.failed == failed and summary.held == (not failed)
    assert all(each in summary.sentence() for each in failed)
