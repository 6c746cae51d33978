"""The statistics of baselines: how often they are wrong, by simulation with fixed seeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.hil.drift import RUNS_MIN, drift_of
from tinyteach.hil.noise import beyond_noise, change_of, change_of_pairs

RUNS, ROUNDS, TIMES = 6, 6, 150
CHANCE = 0.01
NUMBERS = st.floats(-1e6, 1e6)
ROUND_LISTS = st.lists(NUMBERS, min_size=1, max_size=8)


def some_runs(rng, count: int, between: float, within: float, slower: float = 1.0):
    """Milliseconds of a busy computer: some rounds are disturbed, and only ever for the worse."""
    levels = 10 * slower * (1 + between * rng.normal(size=count))
    odd = rng.random((count, ROUNDS)) < 0.1
    noise = within * rng.normal(size=(count, ROUNDS)) + odd * rng.exponential(0.1, (count, ROUNDS))
    return [list(level * (1 + each)) for level, each in zip(levels, noise, strict=True)]


def found(rng, slower: float, between: float, within: float) -> int:
    """How many of TIMES new runs are told to be slower, each beside a baseline of its own."""
    chances = []
    for _ in range(TIMES):
        before = some_runs(rng, RUNS, between, within)
        (now,) = some_runs(rng, 1, between, within, slower)
        chances.append(change_of(before, now, more_is_worse=True).chance)
    return sum(chance <= CHANCE for chance in chances)


@pytest.mark.parametrize(("between", "within"), [(0.0, 0.02), (0.01, 0.02), (0.02, 0.005)])
def test_noise_alone_is_seldom_told_and_a_slowdown_is(between, within):
    rng = np.random.default_rng(7)
    assert found(rng, 1.0, between, within) <= 0.02 * TIMES
    assert found(rng, 1.1, between, within) >= 0.7 * TIMES


def test_runs_that_are_always_the_same_have_no_noise():
    same = [[5.0] * 4] * 3
    assert change_of(same, [5.0] * 4, True).chance == 1
    assert change_of(same, [5.1] * 4, True).chance == 0
    assert change_of(same, [4.9] * 4, True).chance == 1
    assert change_of(same, [4.9] * 4, False).chance == 0


def test_a_step_of_the_clock_is_no_change():
    same = [[0.020] * 4] * 3
    assert change_of(same, [0.021] * 4, True, resolution=0.001).chance > 0.001
    assert change_of(same, [0.030] * 4, True, resolution=0.001).chance < 0.001


@given(st.lists(ROUND_LISTS, min_size=1, max_size=6), ROUND_LISTS, st.booleans())
def test_any_rounds_give_a_chance_and_an_interval_around_the_change(before, now, more_is_worse):
    change = change_of(before, now, more_is_worse)
    assert 0 <= change.chance <= 1
    assert change.low <= change.new - change.old <= change.high


def test_photographs_that_change_by_chance_are_seldom_told():
    rng, told = np.random.default_rng(3), 0
    for _ in range(TIMES):
        truth = rng.random(200)
        before, now = (rng.random(200) < 0.5 + truth / 2 for _ in range(2))
        told += change_of_pairs(before, now).chance <= CHANCE
    assert told <= 0.02 * TIMES


def test_three_points_lost_of_four_hundred_photographs_are_told():
    right = np.arange(400) % 20 > 0
    worse = right & (np.arange(400) % 33 > 0)
    change = change_of_pairs(right, worse)
    assert 0.025 < change.old - change.new < 0.035 and change.chance < 0.001
    assert change.low < change.new - change.old < change.high < 0
    assert change_of_pairs(worse, right).chance > 0.99
    assert change_of_pairs(right, right).chance == 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_any_photographs_give_a_chance(pairs):
    before, now = zip(*pairs, strict=True)
    change = change_of_pairs(before, now)
    assert 0 < change.chance <= 1 and change.low <= change.high
    assert change.old - change.new == pytest.approx(np.mean(before) - np.mean(now))


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0.001, 0.2))
def test_the_more_is_compared_the_less_is_believed(chances, chance):
    told = beyond_noise(chances, chance)
    for each, is_told in zip(chances, told, strict=True):
        assert is_told or each > chance / len(chances)
        assert not is_told or each <= chance
    assert sum(beyond_noise([*chances, 1.0], chance)) <= sum(told)


# Drift


def test_a_slow_drift_is_told_although_no_run_is_beyond_the_noise():
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 0.05, 30)
    drift = drift_of(10 + noise + 0.01 * np.arange(30), more_is_worse=True)
    assert drift and drift.runs == 30 and 0 < drift.low < 0.01 < drift.high
    assert 9.9 < drift.first < drift.last < 10.5
    assert drift_of(10 + noise, more_is_worse=True) is None
    assert drift_of(10 + noise - 0.01 * np.arange(30), more_is_worse=True) is None
    assert drift_of(10 + noise - 0.01 * np.arange(30), more_is_worse=False)


def test_no_drift_is_seldom_told():
    rng = np.random.default_rng(6)
    told = [drift_of(rng.normal(10, 1, 12), more_is_worse=True) for _ in range(TIMES)]
    assert sum(each is not None for each in told) <= 0.01 * TIMES


@given(st.lists(NUMBERS, max_size=12), st.booleans())
def test_any_levels_drift_or_do_not(levels, more_is_worse):
    drift = drift_of(levels, more_is_worse)
    assert drift is None or len(levels) >= RUNS_MIN
    assert drift is None or (drift.per_run >= 0) == more_is_worse or drift.per_run == 0
