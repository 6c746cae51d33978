"""From photographs to a head file."""

import numpy as np
import pytest

from tinyteach.embedding.preprocess import to_tensor
from tinyteach.errors import TrainingError
from tinyteach.head.fit.classes import check_classes
from tinyteach.head.format.examples import pack_examples
from tinyteach.head.format.head_file import load_head
from trained import train_head


def held_out(photo_set):
    """The last recording of each class apart from the others."""
    mask = np.array([burst.endswith("-3") for burst in photo_set[2]])
    return [
        tuple([part[i] for i in np.flatnonzero(side)] for part in photo_set)
        for side in (~mask, mask)
    ]


def test_recognises_a_recording_it_has_not_seen(photo_set, embedding):
    train, (photos, labels, _) = held_out(photo_set)
    head = train_head(*train, embedding).head
    features = embedding.embed(np.array([to_tensor(p, embedding.side) for p in photos]))
    best = [head.labels[head.best(scores)[0]] for scores in head.scores(features)]
    assert np.mean([found == label for found, label in zip(best, labels, strict=True)]) > 0.85


def test_the_file_says_whose_features_it_takes(trained, embedding, features):
    info = load_head(trained.head.content)
    assert info.embedding_fingerprint == embedding.fingerprint
    assert info.features == embedding.features
    assert info.labels == ("astronaut", "cat", "coffee", "rocket")
    vectors = {row.tobytes() for row in features}
    assert all(row.tobytes() in vectors for row in info.self_tests.features)
    assert len(info.self_tests.features) == 2


def test_the_file_is_small(trained):
    """But for the examples, 4 KB a class, and the novelty, 7 KB."""
    examples = len(pack_examples(trained.head.examples))
    assert examples < 16_500
    assert len(trained.head.content) - examples < 17_000


def test_same_photographs_and_seed_give_the_same_file(photo_set, embedding):
    part = tuple(column[::8] for column in photo_set)
    once, again = (train_head(*part, embedding) for _ in range(2))
    assert again.head.content == once.head.content
    np.testing.assert_array_equal(again.evaluation.scores, once.evaluation.scores)
    assert train_head(*part, embedding, seed=1).head.content != once.head.content


def test_progress_and_timings_name_the_same_steps(photo_set, embedding):
    heard = []
    part = tuple(column[::8] for column in photo_set)
    trained = train_head(*part, embedding, progress=lambda *told: heard.append(told))
    steps = list(dict.fromkeys(step for step, _, _ in heard))
    assert [*steps, "total"] == list(trained.timings)
    assert all(0 <= done <= total for _, done, total in heard)
    assert all((step, 1, 1) in heard for step in steps)


def test_order_of_the_classes_may_be_given(photo_set, embedding):
    order = ("rocket", "coffee", "astronaut", "cat")
    part = tuple(column[::4] for column in photo_set)
    trained = train_head(*part, embedding, classes=order, views=0)
    assert trained.head.labels == order
    assert trained.evaluation.labels == order


def test_one_photograph_a_class(photo_set, embedding):
    trained = train_head(*(column[::20] for column in photo_set), embedding)
    assert trained.evaluation.accuracy is None
    assert trained.evaluation.untested == trained.head.labels


@pytest.mark.parametrize(
    ("labels", "classes", "words"),
    [
        ([], None, "at least two"),
        (["cup"] * 3, None, "there is 'cup'"),
        (["cup", "mug"], ["cup", "mug", "glass"], "no photographs of 'glass'"),
        (["cup"], ["cup", "mug"], "no photographs of 'mug'"),
        ([f"class {n}" for n in range(65)], None, "at most 63"),
        (["cup", "m" * 64], None, "63 bytes"),
        (["cup", "two\nlines"], None, "printable"),
        (["cup", ""], None, "rename"),
        (["cup", "\ud800"], None, "rename"),
    ],
)
def test_photographs_that_no_head_can_come_of(labels, classes, words, embedding):
    photos = [np.zeros((64, 64, 3), np.uint8)] * len(labels)
    with pytest.raises(TrainingError, match=words) as caught:
        train_head(photos, labels, labels, embedding, classes=classes)
    assert str(caught.value).endswith(".")


def test_most_classes_and_longest_names():
    names = [f"{n:02}" + "é" * 30 for n in range(63)]
    assert check_classes(names, None) == tuple(names)
