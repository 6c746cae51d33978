"""The float head, and its quantisation, on real features."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.head.fit.regression import fit, log_loss
from tinyteach.head.format.quantise import dequantise, quantise


@pytest.fixture(scope="module")
def values(features, embedding):
    return dequantise(features, embedding.scale, embedding.zero_point)


@pytest.fixture(scope="module")
def targets(photo_set):
    return np.unique(photo_set[1], return_inverse=True)[1]


def test_one_photograph_a_class_is_enough(values, targets):
    _, first = np.unique(targets, return_index=True)
    head = fit(values[first], targets[first], 1.0)
    assert np.mean(head.logits(values).argmax(axis=1) == targets) > 0.6
    np.testing.assert_array_equal(head.logits(values[first]).argmax(axis=1), [0, 1, 2, 3])


def test_scale_of_the_features_does_not_matter(values, targets):
    one, thousand = fit(values, targets, 1.0), fit(values * 1000, targets, 1.0)
    assert np.abs(one.logits(values) - thousand.logits(values * 1000)).max() < 0.1


def test_classes_weigh_the_same(values, targets):
    """Thirty copies of one class's photographs weigh like more photographs of both."""
    plain = fit(values[targets < 2], targets[targets < 2], 1.0)
    rows = np.concatenate([np.flatnonzero(targets == 0), *[np.flatnonzero(targets == 1)] * 30])
    heavy = fit(values[rows], targets[rows], 40 / len(rows))
    others = values[targets >= 2]
    shift = heavy.logits(others) - plain.logits(others)
    assert np.abs(shift).max() < 0.25
    assert np.abs(plain.logits(others)).max() > 1


def test_weaker_penalty_makes_surer(values, targets):
    losses = [log_loss(fit(values, targets, c).logits(values), targets).mean() for c in (0.01, 1)]
    assert losses[0] > losses[1]


def test_two_classes_mirror_each_other(values, targets):
    two = targets < 2
    head = fit(values[two], targets[two], 1.0)
    np.testing.assert_array_equal(head.weights[0], -head.weights[1])
    assert head.logits(values).shape == (len(values), 2)


def test_photographs_without_a_difference(values):
    head = fit(np.repeat(values[:1], 4, axis=0), np.array([0, 1, 0, 1]), 1.0)
    assert np.abs(np.diff(head.logits(values[:1]))).max() < 1e-3
    quantised = quantise(head.weights, head.bias, np.zeros((1, values.shape[1]), np.int8), 1.0, 0)
    assert np.isfinite(quantised.weight_scales).all()


def test_log_loss_by_hand():
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]) + [[3], [-700]]
    np.testing.assert_allclose(log_loss(logits, np.array([0, 1])), -np.log([0.5, 0.1]))


@given(st.integers(2, 9), st.integers(1, 40), st.floats(-50, 50), st.integers(0, 99))
def test_quantised_numbers_stay_within_half_a_step(classes, features, offset, seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1, (classes, features)) * rng.choice([0, 1e-4, 1], (classes, 1))
    bias = rng.normal(offset, 1, classes)
    vectors = rng.integers(-128, 128, (5, features)).astype(np.int8)
    head = quantise(weights, bias, vectors, 0.03, -7)
    scales = head.weight_scales.astype(float)
    assert (np.abs(head.weights * scales[:, None] - weights) <= scales[:, None] * 0.5001).all()
    assert (np.abs(head.bias * scales * 0.03 - bias) <= scales * 0.03 * 0.5001).all()
    logits = dequantise(vectors, 0.03, -7) @ weights.T + bias
    low, high = ((edge - head.logit_zero_point) * head.logit_scale for edge in (-128, 127))
    assert low - head.logit_scale <= logits.min() and logits.max() <= high + head.logit_scale
    assert low <= 0 <= high
