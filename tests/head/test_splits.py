"""Splits for testing: bursts stay whole, every class is learnt, every photograph tested once."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach.head.fit.splits import plan_splits


@st.composite
def recordings(draw, min_bursts=1):
    """Targets and bursts of 2 to 6 classes, each of some bursts of some photographs, shuffled."""
    rows = []
    for target in range(draw(st.integers(2, 6))):
        for burst in range(draw(st.integers(min_bursts, 7))):
            rows += [(target, f"{target}/{burst}")] * draw(st.integers(1, 12))
    order = draw(st.randoms(use_true_random=False))
    order.shuffle(rows)
    return np.array([target for target, _ in rows]), [burst for _, burst in rows]


@settings(deadline=None, max_examples=40)
@given(recordings(), st.integers(0, 5))
def test_every_photograph_is_tested_once_by_a_head_that_knows_every_class(recorded, seed):
    targets, bursts = recorded
    splits = plan_splits(targets, bursts, seed=seed)
    tested = np.concatenate([np.empty(0, int), *(test for _, test in splits.folds)])
    expected = [i for i, target in enumerate(targets) if target not in splits.untested]
    assert sorted(tested.tolist()) == expected
    for train, test in splits.folds:
        assert set(targets[train]) == set(targets)
        assert not set(train) & set(test)
        assert len(test)


@settings(deadline=None, max_examples=40)
@given(recordings(), st.integers(0, 5))
def test_no_burst_stands_on_both_sides(recorded, seed):
    targets, bursts = recorded
    splits = plan_splits(targets, bursts, seed=seed)
    for train, test in splits.folds:
        shared = {bursts[i] for i in train} & {bursts[i] for i in test}
        assert {int(burst.split("/")[0]) for burst in shared} <= splits.cut
    several = {t for t in set(targets) if len({b for b in bursts if b[0] == str(t)}) > 1}
    assert not splits.cut & several


@settings(deadline=None, max_examples=40)
@given(recordings(min_bursts=2), st.data())
def test_a_burst_of_several_classes_stays_whole_or_is_owned_up_to(recorded, data):
    targets, bursts = recorded
    merged = ["one recording" if data.draw(st.booleans()) else burst for burst in bursts]
    splits = plan_splits(targets, merged)
    for train, test in splits.folds:
        assert set(targets[train]) == set(targets)
        for burst in {merged[i] for i in train} & {merged[i] for i in test}:
            members = {int(t) for t, b in zip(targets, merged, strict=True) if b == burst}
            assert members & splits.cut


def test_a_single_burst_is_cut_into_neighbours():
    targets, bursts = np.repeat([0, 1], 20), ["only"] * 20 + [f"b{n // 4}" for n in range(20)]
    splits = plan_splits(targets, bursts)
    assert splits.cut == {0}
    for _, test in splits.folds:
        held = test[targets[test] == 0]
        assert held.tolist() == list(range(held[0], held[-1] + 1))


def test_one_photograph_each_leaves_nothing_to_test():
    splits = plan_splits(np.arange(3), ["a", "b", "c"])
    assert (splits.folds, splits.untested) == ([], {0, 1, 2})


def test_a_class_of_one_photograph_is_always_learnt():
    targets = np.array([0] * 6 + [1])
    splits = plan_splits(targets, ["a", "a", "b", "b", "c", "c", "d"])
    assert splits.untested == {1}
    assert len(splits.folds) == 3
    assert all(6 in train for train, _ in splits.folds)
