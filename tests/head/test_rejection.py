"""What is unknown: the threshold, the background, and that strangers are rejected."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.embedding.preprocess import to_tensor
from tinyteach.head.fit.calibration import best_temperature, calibration_error
from tinyteach.head.fit.unknown import FALSE_REJECTS_MAX, Balance, Margins, choose_balance
from tinyteach.head.format.head_file import Head
from tinyteach.head.format.metadata import Card
from tinyteach.head.format.rejection import (
    BACKGROUND,
    DEFAULT_THRESHOLD,
    LEFT_OUT,
    OWN,
    Rejection,
    rejection_of,
)
from trained import train_head


def rows(outputs, most=30):
    row = st.lists(st.integers(-128, 127), min_size=outputs, max_size=outputs)
    return st.lists(row, min_size=1, max_size=most).map(lambda found: np.array(found, np.int8))


@given(rows(4), rows(4), st.integers(3, 4))
def test_rates_are_what_the_head_says(own, other, labels):
    found = rejection_of(own, {"one": other, "none": other[:0]}, labels)
    assert found.threshold == (0 if labels == 3 else DEFAULT_THRESHOLD)
    card = Card(("a", "b", "c", "d")[:labels], b"", None, labels == 3, found.threshold)
    believed = [[Head.best(card, row)[1] for row in part] for part in (own, other)]
    assert found.false_rejects == pytest.approx(1 - np.mean(believed[0]))
    assert found.false_accepts == {"one": pytest.approx(np.mean(believed[1]))}
    low, high = found.false_rejects_interval
    assert low <= found.false_rejects <= high and high - low < 1
    # Of half as many recordings less is known.
    fewer = rejection_of(own, {"one": other}, labels, recordings=max(1, len(own) // 2))
    assert np.ptp(fewer.false_rejects_interval) >= high - low - 1e-9
    low, high = found.false_accepts_intervals["one"]
    assert low <= found.false_accepts["one"] <= high
    assert f"({low:.0%} to {high:.0%})" in found.sentence()


def test_where_nothing_can_be_tested():
    nothing, something = np.empty((0, 3), np.int8), np.zeros((3, 3), np.int8)
    for own, other in ((nothing, something), (something, nothing)):
        assert rejection_of(own, {"a": other}, 2) == Rejection(DEFAULT_THRESHOLD)
    assert Rejection(0).sentence() == "" and "could not" in Rejection(128).sentence()


@given(st.integers(0, 99), st.integers(0, 300), st.integers(1, 300))
def test_a_balance_rejects_few_of_the_own(seed, own_count, other_count):
    rng = np.random.default_rng(seed)
    own = Margins(rng.normal(3, 1, own_count), rng.normal(50, 9, own_count))
    other = Margins(rng.normal(0, 2, other_count), rng.normal(90, 30, other_count))
    found = choose_balance(own, {"one": other, "none": Margins(np.empty(0), np.empty(0))})
    rejected = own.known_by(found.gain) < found.offset
    assert found == Balance() if not own_count else np.mean(rejected) <= FALSE_REJECTS_MAX
    assert found.gain >= 0


def test_strangers_are_unknown_by_default(trained, embedding):
    """Noise, flat colours and an object that is no class: most are rejected."""
    rng = np.random.default_rng(0)
    flat = [np.full((64, 64, 3), rng.integers(0, 256, 3), np.uint8) for _ in range(20)]
    noise = [rng.integers(0, 256, (64, 64, 3), np.uint8) for _ in range(20)]
    features = embedding.embed(np.array([to_tensor(image, 64) for image in flat + noise]))
    believed = [trained.head.best(scores)[1] for scores in trained.head.scores(features)]
    assert np.mean(believed) < 0.3


def test_the_estimate_names_what_was_shown(trained, features):
    rejection = trained.rejection
    assert set(rejection.false_accepts) == {BACKGROUND, LEFT_OUT}
    assert trained.head.threshold == rejection.threshold == 0
    assert rejection.false_rejects <= FALSE_REJECTS_MAX
    assert rejection.false_accepts[BACKGROUND] < 0.2
    assert trained.head.scores(features[:1]).shape == (1, 5)  # four classes and anything else


def test_photographs_of_unknown_join_the_background(photo_set, embedding):
    photos, labels, bursts = photo_set
    renamed = ["unknown" if label == "rocket" else label for label in labels]
    trained = train_head(photos, renamed, bursts, embedding)
    assert trained.head.labels == ("astronaut", "cat", "coffee")
    assert trained.rejection.false_accepts[OWN] <= trained.trial.unaided <= 1
    rockets = embedding.embed(
        np.array([to_tensor(p, 64) for p, n in zip(photos, renamed, strict=True) if n == "unknown"])
    )
    believed = [trained.head.best(scores)[1] for scores in trained.head.scores(rockets)]
    assert np.mean(believed) < 0.1


def test_one_class_against_everything(photo_set, embedding):
    photos, labels, bursts = photo_set
    rows = [row for row, label in enumerate(labels) if label in ("rocket", "coffee")]
    names = ["unknown" if labels[row] == "rocket" else "coffee" for row in rows]
    trained = train_head([photos[r] for r in rows], names, [bursts[r] for r in rows], embedding)
    assert trained.head.labels == ("coffee",) and trained.evaluation.accuracy == 1.0
    assert 0 <= trained.trial.unaided <= 1


def test_nothing_is_said_of_photographs_that_are_not_there(trained):
    assert trained.trial.unaided is None


def test_temperature_mends_what_is_too_sure():
    rng = np.random.default_rng(1)
    targets = rng.integers(0, 3, 3000)
    logits = rng.normal(size=(3000, 3)) + 1.5 * np.eye(3)[targets]

    def error(scaled):
        odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        probabilities = odds / odds.sum(axis=1, keepdims=True)
        return calibration_error(probabilities.max(axis=1), scaled.argmax(axis=1) == targets)

    too_sure = 3 * logits
    assert error(too_sure / best_temperature(too_sure, targets)) < 0.03 < error(too_sure)
    assert best_temperature(np.empty((0, 3)), np.empty(0, int)) == 1.0
    assert calibration_error(np.empty(0), np.empty(0, bool)) is None
