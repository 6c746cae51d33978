"""The estimate of accuracy, and what is read from scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.head.fit.evaluate import cross_validate
from tinyteach.head.fit.evaluation import Evaluation, accuracy_interval
from tinyteach.head.fit.samples import Samples


def samples_of(features, photo_set, embedding, views=0):
    labels, targets = np.unique(photo_set[1], return_inverse=True)
    copies = np.repeat(features[:, None], views, axis=1)
    return Samples(
        tuple(labels.tolist()), targets, features, copies, embedding.scale, embedding.zero_point
    )


def test_unseen_recordings_of_real_things_are_recognised(features, photo_set, embedding):
    samples = samples_of(features, photo_set, embedding)
    trial = cross_validate(samples, photo_set[2])
    evaluation = trial.evaluation
    assert evaluation.accuracy > 0.85
    assert evaluation.folds == 4
    np.testing.assert_array_equal(evaluation.indices, np.arange(len(features)))
    assert (evaluation.optimistic, evaluation.untested) == ((), ())
    assert trial.strength > 0 and trial.temperature > 0


def test_what_only_a_burst_has_in_common_does_not_count(photo_set, embedding):
    """Features that name the burst, and nothing else, must not help."""
    bursts = np.unique(photo_set[2], return_inverse=True)[1]
    features = np.random.default_rng(0).integers(-128, 128, (16, 64)).astype(np.int8)[bursts]
    samples = samples_of(features, photo_set, embedding)
    honest = cross_validate(samples, photo_set[2]).evaluation
    photos = [f"photo {n}" for n in range(len(bursts))]
    leaking = cross_validate(samples, photos).evaluation
    assert honest.accuracy < 0.5
    assert leaking.accuracy == 1.0


def test_views_train_only_beside_their_photograph(features, photo_set, embedding):
    samples = samples_of(features, photo_set, embedding, views=3)
    rows, targets = samples.rows(np.array([2, 9]))
    np.testing.assert_array_equal(rows, np.repeat(features[[2, 9]], 4, axis=0))
    np.testing.assert_array_equal(targets, np.repeat(samples.targets[[2, 9]], 4))


def test_single_recordings_are_owned_up_to(features, photo_set, embedding):
    samples = samples_of(features, photo_set, embedding)
    bursts = ["one" if label == "coffee" else b for label, b in zip(*photo_set[1:], strict=True)]
    evaluation = cross_validate(samples, bursts).evaluation
    assert evaluation.optimistic == ("coffee",)


def test_one_photograph_each(features, photo_set, embedding):
    samples = samples_of(features[::20], tuple(part[::20] for part in photo_set), embedding)
    evaluation = cross_validate(samples, photo_set[2][::20]).evaluation
    assert evaluation.accuracy is None
    assert evaluation.worst() == []
    assert [c.recall for c in evaluation.classes] == [None] * 4


def random_evaluation(classes, count, seed):
    rng = np.random.default_rng(seed)
    return Evaluation(
        tuple(f"class {n}" for n in range(classes)),
        np.arange(count),
        rng.integers(0, classes, count),
        rng.integers(-128, 128, (count, classes)).astype(np.int8),
    )


@given(st.integers(2, 8), st.integers(1, 60), st.integers(0, 99))
def test_figures_are_scikit_learns(classes, count, seed):
    from sklearn import metrics

    evaluation = random_evaluation(classes, count, seed)
    truth, predicted = evaluation.targets, evaluation.predictions
    labels = list(range(classes))
    assert evaluation.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    np.testing.assert_array_equal(
        evaluation.confusion, metrics.confusion_matrix(truth, predicted, labels=labels)
    )
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=np.nan
    )
    for figures, column in zip((precision, recall, f1), ("precision", "recall", "f1"), strict=True):
        ours = [getattr(c, column) for c in evaluation.classes]
        np.testing.assert_allclose([np.nan if v is None else v for v in ours], figures)
    assert [c.support for c in evaluation.classes] == support.tolist()


@given(st.integers(2, 5), st.integers(1, 40), st.integers(0, 99))
def test_worst_photographs_come_first(classes, count, seed):
    photos = random_evaluation(classes, count, seed).worst(count)
    wrong = [p for p in photos if not p.correct]
    assert photos[: len(wrong)] == wrong
    sure = [p.probability for p in wrong]
    unsure = [p.probability for p in photos[len(wrong) :]]
    assert sure == sorted(sure, reverse=True)
    assert unsure == sorted(unsure)
    assert sorted(p.index for p in photos) == list(range(count))


def test_a_photographs_probabilities():
    evaluation = Evaluation(
        ("a", "b"), np.array([7]), np.array([0]), np.array([[-128 + 64, 127]], np.int8)
    )
    (photo,) = evaluation.worst()
    assert (photo.index, photo.label, photo.predicted, photo.correct) == (7, "a", "b", False)
    assert (photo.probability, photo.probability_of_label) == (255 / 256, 0.25)


def of(correct: list[bool]) -> Evaluation:
    """An evaluation of photographs of one class, right or wrong."""
    scores = np.array([[100, -100] if right else [-100, 100] for right in correct], np.int8)
    zeros = np.zeros(len(correct), int)
    return Evaluation(("cat", "dog"), np.arange(len(correct)), zeros, scores)


def test_the_interval_is_wilsons():
    """81 of 263: 25.5 % to 36.6 % (R. G. Newcombe, Statistics in Medicine 17, 1998, table I)."""
    correct = [True] * 81 + [False] * 182
    low, high = accuracy_interval(of(correct), [str(number) for number in range(263)])
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_photographs_of_one_recording_count_once():
    many = accuracy_interval(of([True] * 100), ["one"] * 50 + ["other"] * 50)
    assert many == accuracy_interval(of([True] * 2), ["one", "other"])
    assert many[0] == pytest.approx(2 / (2 + 1.96**2)) and many[1] == 1
    assert accuracy_interval(of([]), []) is None
