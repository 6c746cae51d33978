"""What of many cases `make test` takes; `make soak` takes the rest."""

import pytest


def soak(*values):
    """A parameter set for `make soak`."""
    return pytest.param(*values, marks=pytest.mark.soak)


def few(cases, *kept):
    """All the cases, those for `make soak` that are not among ``kept``."""
    every = list(cases)
    assert set(kept) <= set(every), kept
    return [case if case in kept else soak(case) for case in every]
