"""What a head carries of its classes: packed, summarised, joined with photographs."""

import numpy as np
import pytest

from tinyteach.errors import TrainingError
from tinyteach.head.format.examples import (
    CARRIED,
    CARRIED_IN_ALL,
    Examples,
    Learnt,
    join_learnt,
    pack_examples,
    summarise,
    without_known,
)
from tinyteach.head.format.head_file import load_head
from trained import train_head


def some(seed, rows, features=12):
    return np.random.default_rng(seed).integers(-128, 128, (rows, features), np.int8)


def test_packed():
    examples = Examples((some(1, 3), some(2, 1), some(3, 0)))
    data = pack_examples(examples)
    assert data[:10] == b"TTE1\x0c\x00\x03\x03\x01\x00"
    assert data[10:] == some(1, 3).tobytes() + some(2, 1).tobytes()
    rows, numbers = examples.rows()
    assert rows.shape == (4, 12) and numbers.tolist() == [0, 0, 0, 1]


def test_means_of_equal_parts():
    """Their mean is the class's, within rounding, and parts that lie apart are told apart."""
    rows = np.concatenate([some(4, 8) // 4 - 60, some(5, 8) // 4 + 60])
    found = summarise(rows, np.zeros(16, int), 2)
    assert found.counts == (CARRIED, 0)
    means = found.vectors[0].astype(float)
    assert np.abs(means.mean(axis=0) - rows.mean(axis=0)).max() <= 1
    assert sorted(np.sign(means.mean(axis=1))) == [-1, -1, 1, 1]


def test_few_rows_and_many_classes():
    rows = some(6, 130)
    assert summarise(rows[:3], np.array([0, 1, 1]), 3).counts == (1, 2, 0)
    alone = summarise(rows[:1], np.array([0]), 1)
    np.testing.assert_array_equal(alone.vectors[0], rows[:1])
    many = summarise(rows, np.arange(130) % 32, 33)
    assert set(many.counts) == {CARRIED_IN_ALL // 33, 0}
    assert set(summarise(rows, np.arange(130) % 63, 64).counts) == {1, 0}


def test_a_trained_head_carries_them(trained, features, photo_set):
    head = load_head(trained.head.content)
    assert head.examples.counts == (CARRIED,) * 4 + (0,)
    _, labels, _ = photo_set
    for number, label in enumerate(head.labels):
        own = features[[other == label for other in labels]]
        gap = head.examples.vectors[number].astype(float).mean(axis=0) - own.mean(axis=0)
        assert np.abs(gap).max() <= 1


def test_rows_that_are_known_are_left_out():
    rows = some(7, 4)
    known = {rows[2].tobytes()}
    np.testing.assert_array_equal(
        without_known(np.concatenate([rows, rows[:1]]), known), rows[[0, 1, 3]]
    )
    joined = join_learnt([("a", rows[:3]), ("b", rows[:1]), ("a", rows[2:])], 12)
    assert joined.labels == ("a", "a", "a", "b", "a")
    assert len(set(joined.bursts)) == 2 and joined.features.shape == (5, 12)
    assert join_learnt([], 12).features.shape == (0, 12)


def test_trained_on_what_has_no_photographs(photo_set, features, embedding, trained):
    """Half of the classes by photographs, half by features: the same classes are told apart."""
    photos, labels, bursts = photo_set
    rows = [n for n, label in enumerate(labels) if label in ("astronaut", "rocket")]
    others = [n for n in range(len(labels)) if n not in rows]
    learnt = Learnt(
        features[others], tuple(labels[n] for n in others), tuple(bursts[n] for n in others)
    )
    half = train_head(
        [photos[n] for n in rows], [labels[n] for n in rows], [bursts[n] for n in rows],
        embedding, learnt=learnt,
    )  # fmt: skip
    assert half.head.labels == trained.head.labels
    found = half.head.scores(features)[:, :4].argmax(axis=1)
    assert np.mean(found == [half.head.labels.index(label) for label in labels]) > 0.95
    assert half.evaluation.accuracy > 0.8
    only = train_head([], [], [], embedding, learnt=learnt)
    assert only.head.labels == ("cat", "coffee")
    with pytest.raises(TrainingError):
        train_head([], [], [], embedding, classes=("cat", "mug"), learnt=learnt)
