"""What hangs together is what all pairs say, and few of all pairs are compared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach import chains
from tinyteach.chains import chained

RADIUS = 1.0


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """A tree and several blocks also where there are few points."""
    monkeypatch.setattr(chains, "FEW", 8)
    monkeypatch.setattr(chains, "ROWS", 16)


def by_all_pairs(points, turned=None, also=None):
    """The same by comparing all with all, again and again until nothing changes."""
    queries = [points] if turned is None else [points, turned(points)]
    near = np.zeros((len(points),) * 2, bool)
    for each in queries:
        apart = np.linalg.norm(each[:, None].astype(float) - points[None], axis=2)
        near |= apart <= RADIUS
    everything = np.arange(len(points))
    if also:
        near &= also(everything, everything)
    near |= near.T | np.eye(len(points), dtype=bool)
    first = everything.copy()
    while True:
        lower = np.where(near, first, len(points)).min(axis=1)
        if np.array_equal(lower, first):
            return first
        first = lower


def scattered(seed: int, count: int, clusters: int, size: int = 20):
    """Clusters far apart, whose points are near some of the others, none at the radius itself."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(0, 20, (clusters, size))
    around = rng.normal(0, rng.uniform(0.05, 0.4), (count, size))
    return (middles[rng.integers(0, clusters, count)] + around).astype(np.float32)


def is_clear(points) -> bool:
    """Whether no two are so nearly at the radius that rounding decides."""
    both = np.concatenate([points, -points]).astype(float)
    apart = np.linalg.norm(both[:, None] - both[None], axis=2)
    return not np.any(np.abs(apart**2 - RADIUS**2) < 0.01)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 12))
def test_as_by_all_pairs(seed, count, clusters):
    points = scattered(seed, count, clusters)
    if not is_clear(points):
        return
    odd = np.arange(count) % 3 == 0

    def both_or_none(rows, columns):
        return odd[rows][:, None] == odd[columns]

    for turned in (None, np.negative):
        for also in (None, both_or_none):
            found = chained(points, RADIUS, turned, also)
            assert found.tolist() == by_all_pairs(points, turned, also).tolist()


def test_a_turned_one_hangs_together_with_what_it_becomes():
    points = np.float32([[5, 0], [-5.5, 0], [0, 9]])
    assert chained(points, RADIUS).tolist() == [0, 1, 2]
    assert chained(points, RADIUS, np.negative).tolist() == [0, 0, 2]


@pytest.mark.parametrize("count", [0, 1, 40])
def test_points_that_are_all_the_same(count):
    assert chained(np.ones((count, 3), np.float32), RADIUS).tolist() == [0] * count


def test_each_of_many_is_compared_with_as_few(monkeypatch):
    compared = []
    plain = chains._within
    monkeypatch.setattr(
        chains, "_within", lambda *asked: compared.append(plain(*asked).size) or plain(*asked)
    )

    def each(count: int) -> float:
        compared.clear()
        found = chained(scattered(1, count, count // 5), RADIUS)
        assert len(set(found.tolist())) > count // 10
        return sum(compared) / count

    few, many = each(400), each(3200)
    assert many < 2.5 * few < 100  # all with all: 3200 and 400
