"""What is unlike all photographs: the distance, and the operators that compute it in a head."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paired import views_of
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.head.fit import novelty
from tinyteach.head.fit.novelty import Novelty, fit_novelty
from tinyteach.head.fit.regression import LinearHead
from tinyteach.head.fit.samples import Samples
from tinyteach.head.fit.unknown import Balance, FloatHead, quantise_photos
from tinyteach.head.format.tflite_writer import blank_card, write_head
from trained import train_head

SCALE, ZERO_POINT = 0.05, -9


def covariance(rows, middle):
    return (rows - middle).T @ (rows - middle) / len(rows)


def inverse(matrix, shrinkage):
    ball = np.trace(matrix) / len(matrix) * np.eye(len(matrix))
    return np.linalg.inv((1 - shrinkage) * matrix + shrinkage * ball)


@given(st.integers(0, 99), st.integers(2, 9), st.booleans())
def test_it_is_the_relative_mahalanobis_distance(seed, numbers, with_background):
    """But for what is the same for every view; all directions are kept where they are few."""
    from scipy.spatial.distance import mahalanobis

    rng = np.random.default_rng(seed)
    own, targets = rng.normal(1, 0.5, (30, numbers)), np.arange(30) % 3
    background = rng.normal(0, 2, (40 if with_background else 0, numbers))
    asked = rng.normal(0, 3, (10, numbers))
    middle = own.mean(axis=0)
    if with_background:
        mean = background.mean(axis=0)
        far, prior = covariance(background, mean), novelty.PRIOR_PHOTOS
        spread = (30 * covariance(own, middle) + prior * far) / (30 + prior)
        near = inverse(spread, novelty.OWN_SHRINKAGE)
        far = inverse(far, novelty.BACKGROUND_SHRINKAGE)
    else:
        near = inverse(covariance(own, middle), novelty.SHRINKAGE)
    expected = np.array([mahalanobis(row, middle, near) ** 2 for row in asked])
    if with_background:
        expected -= 0.5 * np.array([mahalanobis(row, mean, far) ** 2 for row in asked])
    found = fit_novelty(own, targets, background).of(asked)
    np.testing.assert_allclose(found - found[0], expected - expected[0], rtol=1e-6, atol=1e-6)


def test_a_gain_multiplies_it():
    rng = np.random.default_rng(0)
    of = Novelty(rng.normal(size=(3, 5)), np.array([1.0, -1, 1]), rng.normal(size=5), np.ones(5))
    rows = rng.normal(size=(8, 5))
    np.testing.assert_allclose(of.times(0.3).of(rows), 0.3 * of.of(rows))


def head_and_samples(classes, places, numbers, seed):
    """A float head with a novelty, and what it was made from."""
    rng = np.random.default_rng(seed)
    features = places * places * numbers
    middles = rng.integers(-60, 60, (classes, features))
    targets = np.arange(12 * classes) % classes
    rows = (middles[targets] + rng.normal(0, 12, (len(targets), features))).clip(-128, 127)
    anything = rng.integers(-128, 128, (60, features)).astype(np.int8)
    samples = Samples(
        *(tuple("abcdefgh"[:classes]), targets, rows.astype(np.int8)),
        np.empty((len(targets), 0, features), np.int8),
        *(SCALE, ZERO_POINT, anything, (places, places)),
    )
    linear = LinearHead(rng.normal(0, 0.02, (classes + 1, features)), rng.normal(0, 1, classes + 1))
    averages = samples.averages(samples.values(samples.features))
    background = samples.averages(samples.values(anything))
    return FloatHead(linear, fit_novelty(averages, targets, background).times(0.1)), samples


@pytest.mark.parametrize(("places", "numbers"), [(1, 5), (2, 16), (4, 64)])
def test_the_file_computes_it(places, numbers):
    """The last logit against the others is the float head's, as near as bytes allow."""
    head, samples = head_and_samples(3, places, numbers, seed=places)
    asked = np.concatenate([samples.features, samples.background])
    # So that half of them are known.
    middle = np.median(head.margins(samples, asked).known_by(1.0))
    head = head.balanced(Balance(1.0, middle))
    everything = np.arange(len(samples.targets))
    quantised = quantise_photos(samples, everything, head)
    assert quantised.novelty.places == (places, places)
    model = TfliteModel(write_head(quantised, blank_card(samples.labels, quantised)))
    scores = model.run(asked).astype(int) + 128
    known = head.margins(samples, asked).known_by(1.0)
    clear = np.abs(known) > 4 * (quantised.novelty.total_scale + quantised.novelty.added_scale)
    assert np.mean(clear) > 0.5 and 0 < np.mean(known > 0) < 1
    says = scores[:, :-1].max(axis=1) >= scores[:, -1]
    np.testing.assert_array_equal(says[clear], (known > 0)[clear])


def test_a_recording_of_a_few_frames_is_not_all_there_is(embedding):
    """Frames of a hand that holds still, then the same things elsewhere: few are unknown."""
    names = ("cat", "coffee", "rocket")
    views = {name: views_of(name, 60) for name in names}
    squares = [view for name in names for view in views[name][:6]]
    bursts = [str(number) for number in range(len(squares))]
    head = train_head(squares, [name for name in names for _ in range(6)], bursts, embedding).head
    later = [to_tensor(view, embedding.side) for name in names for view in views[name][30:]]
    scores = head.scores(embedding.embed(np.stack(later)))
    assert np.mean([head.best(row)[1] for row in scores]) > 0.9


def test_tensorflow_runs_it_alike():
    import tensorflow as tf

    head, samples = head_and_samples(4, 4, 64, seed=1)
    quantised = quantise_photos(samples, np.arange(len(samples.targets)), head)
    content = write_head(quantised, blank_card(samples.labels, quantised))
    kind = tf.lite.experimental.OpResolverType.BUILTIN_REF
    interpreter = tf.lite.Interpreter(
        model_content=content, experimental_op_resolver_type=kind, num_threads=1
    )
    interpreter.allocate_tensors()
    source, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    asked = np.concatenate([samples.features, samples.background])
    for row, expected in zip(asked, TfliteModel(content).run(asked), strict=True):
        interpreter.set_tensor(source["index"], row[None])
        interpreter.invoke()
        np.testing.assert_array_equal(interpreter.get_tensor(scores["index"])[0], expected)
