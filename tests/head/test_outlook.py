"""What a training says of photographs still to be taken, and of odd ones among those there are."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tinyteach.data.drawing import demo_object
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.head.fit.background_alone import background_alone
from tinyteach.head.fit.evaluate import cross_validate
from tinyteach.head.fit.evaluation import Evaluation
from tinyteach.head.fit.learning_curve import LearningCurve, forecasts, learning_curve
from tinyteach.head.fit.mislabelled import mislabelled
from tinyteach.head.fit.outlook import look_ahead
from tinyteach.head.fit.related import MOST, related
from tinyteach.head.fit.samples import Samples

FEATURES = 48


def samples_of(features, targets, labels=None):
    targets = np.asarray(targets)
    names = labels or tuple(f"class {n}" for n in range(targets.max() + 1))
    views = np.empty((len(targets), 0, features.shape[1]), np.int8)
    return Samples(names, targets, features.astype(np.int8), views, 0.1, 0)


def clusters(per_class, classes=3, noise=40, seed=0):
    """Features around a middle of each class: the more noise, the more photographs it takes."""
    rng = np.random.default_rng(seed)
    middles = np.random.default_rng(99).normal(0, 12, (classes, FEATURES))
    targets = np.repeat(np.arange(classes), per_class)
    features = middles[targets] + rng.normal(0, noise, (len(targets), FEATURES))
    return samples_of(features.clip(-128, 127), targets)


def apart(samples):
    return [str(n) for n in range(len(samples.targets))]


def curve_of(samples, bursts=None):
    return learning_curve(related(samples, bursts or apart(samples)))


def error(samples, test):
    """Of a regression on all of ``samples``, on others."""
    both = replace(
        samples,
        targets=np.concatenate([samples.targets, test.targets]),
        features=np.concatenate([samples.features, test.features]),
    )
    photos, count = related(both, apart(both)), len(samples.targets)
    train, rest = np.arange(count), np.arange(count, len(both.targets))
    return np.mean(photos.taken_for(train, rest) != photos.targets[rest])


def test_the_curve_foretells_what_more_photographs_bring():
    test = clusters(60, seed=1)
    at_20, at_40 = (
        np.mean([error(clusters(count, seed=seed), test) for seed in range(2, 8)])
        for count in (20, 40)
    )
    exponent = np.mean([curve_of(clusters(20, seed=seed)).exponent for seed in range(6)])
    assert at_40 < at_20 - 0.04
    assert at_20 * 2**-exponent == pytest.approx(at_40, abs=0.04)


def test_more_of_what_cannot_be_told_apart_brings_nothing():
    samples = clusters(20)
    shuffled = np.random.default_rng(0).permutation(samples.targets)
    assert curve_of(replace(samples, targets=shuffled)).exponent < 0.15


def test_frames_of_a_recording_are_no_photographs_of_their_own():
    """Twenty of each class, that are copies of five: known apart, a part holds few recordings."""
    few = clusters(5)
    many = samples_of(np.repeat(few.features, 4, axis=0), np.repeat(few.targets, 4))
    bursts = [f"recording {n // 4}" for n in range(len(many.targets))]
    photos = related(many, bursts)
    for train, test in photos.folds():
        assert not {bursts[i] for i in train} & {bursts[i] for i in test}
    assert curve_of(many, bursts).exponent < curve_of(many).exponent


@pytest.mark.parametrize(("per_class", "is_told"), [(1, False), (7, False), (8, True)])
def test_too_few_for_a_curve(per_class, is_told):
    assert (curve_of(clusters(per_class)) is not None) == is_told


def test_the_same_photographs_give_the_same_curve():
    assert curve_of(clusters(12)) == curve_of(clusters(12))


def test_of_very_many_each_class_is_thinned_alike():
    samples = clusters(400)
    photos = related(samples, apart(samples))
    assert len(photos.indices) <= MOST + len(samples.labels)
    assert np.ptp(np.bincount(photos.targets)) <= 1


def test_photographs_of_unknown_are_none_of_a_class():
    samples = clusters(10)
    targets = np.array([0] * 10 + [1] * 10 + [2] * 10)
    unknown = replace(samples, labels=samples.labels[:2], targets=targets)
    assert related(unknown, apart(unknown)).targets.max() == 1


def told(accuracy, interval, exponent=0.5, spread=0.0, folds=5):
    """Forecasts of two classes with twenty photographs each."""
    right = round(accuracy * 40)
    targets = np.repeat([0, 1], 20)
    said = np.where(np.arange(40) < right, targets, 1 - targets)
    scores = np.where(np.arange(2) == said[:, None], 90, -100).astype(np.int8)
    evaluation = Evaluation(("a", "b"), np.arange(40), targets, scores, folds=folds)
    return forecasts(LearningCurve(exponent, spread), evaluation, interval, 40)


def test_the_error_falls_by_a_power_of_the_photographs():
    """The heads that were tested had learnt from 16 of each class's 20."""
    found = told(0.8, (0.7, 0.9))
    assert [each.more for each in found] == [5, 10, 20]
    assert [each.accuracy for each in found] == pytest.approx(
        [1 - 0.2 * (photos / 16) ** -0.5 for photos in (25, 30, 40)]
    )
    assert all(each.low < each.accuracy < each.high for each in found)


def test_a_slope_that_is_not_known_widens_the_band():
    sure, unsure = (told(0.8, (0.7, 0.9), spread=spread)[-1] for spread in (0.0, 0.2))
    assert unsure.accuracy == sure.accuracy
    assert unsure.low < sure.low and sure.high < unsure.high


def test_forecasts_stay_within_what_there_is():
    for each in told(1.0, (0.9, 1.0), exponent=1.0, spread=0.5):
        assert 0 <= each.low <= each.accuracy <= each.high <= 1


def test_no_forecast_of_what_was_not_tested():
    assert told(0.8, None) == [] and told(0.8, (0.7, 0.9), folds=0) == []


# Mislabelled


def scored(rows, targets):
    """An evaluation by probabilities, of three classes."""
    scores = (np.array(rows) * 256 - 128).clip(-128, 127).astype(np.int8)
    return Evaluation(("a", "b", "c"), np.arange(len(rows)) + 7, np.array(targets), scores, 5)


SURE = {0: [0.9, 0.05, 0.05], 1: [0.05, 0.9, 0.05], 2: [0.05, 0.05, 0.9]}


def test_a_photograph_that_is_surely_of_another_class_is_named():
    rows = [SURE[0], SURE[0], [0.0, 0.95, 0.05], SURE[1], SURE[1], SURE[2], SURE[2]]
    (doubt,) = mislabelled(scored(rows, [0, 0, 0, 1, 1, 2, 2]))
    assert (doubt.index, doubt.label, doubt.likely) == (9, "a", "b")
    assert doubt.probability == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("row", [[0.1, 0.85, 0.05], [0.0, 0.6, 0.4], SURE[0]])
def test_a_mistake_alone_is_no_doubt(row):
    rows = [SURE[0], SURE[0], row, SURE[1], SURE[1], SURE[2], SURE[2]]
    assert mislabelled(scored(rows, [0, 0, 0, 1, 1, 2, 2])) == []


@pytest.mark.parametrize("hard", [0, 1])
def test_of_classes_that_are_hard_to_tell_nothing_is_doubted(hard):
    """Not where its own class is seldom recognised, and not where the likely one is."""
    rows = [SURE[0], SURE[0], [0.0, 0.95, 0.05], SURE[1], SURE[1], SURE[2], SURE[2]]
    targets = [0, 0, 0, 1, 1, 2, 2]
    rows += [SURE[2]] * 3
    assert mislabelled(scored(rows, [*targets, hard, hard, hard]))[-1:] == []


def test_of_nothing_tested_nothing_is_doubted():
    assert mislabelled(scored(np.empty((0, 3)), np.empty(0, int))) == []


def test_planted_labels_are_found(features, photo_set, embedding):
    labels, targets = np.unique(photo_set[1], return_inverse=True)
    targets[[3, 41]] = targets[41], targets[3]
    evaluation = cross_validate(
        Samples(
            *(tuple(labels.tolist()), targets, features),
            *(features[:, None, :][:, :0], embedding.scale, embedding.zero_point),
        ),
        [str(n) for n in range(len(targets))],
    ).evaluation
    assert [doubt.index for doubt in mislabelled(evaluation)] in ([3, 41], [41, 3])


# Alike but for the background

THINGS = ("cat", "coffee", "rocket")
SIDE = 128


def wall(seed):
    """A surface with a pattern of its own, as large again as a photograph: uint8."""
    rng = np.random.default_rng(seed)
    down, across = rng.integers(5, 40, 2)
    patch = rng.normal(0, 30, (down, across, 1)) + rng.uniform(40, 220, 3)
    small = Image.fromarray(patch.clip(0, 255).astype(np.uint8))
    return np.asarray(small.resize((2 * SIDE, 2 * SIDE), Image.Resampling.BICUBIC))


def before_a_wall(thing, behind, rng):
    """A drawn thing, turned and of any colour, from nearer or further, before a part of a wall."""
    y, x = rng.integers(0, SIDE, 2)
    picture = behind[y : y + SIDE, x : x + SIDE].copy()
    size = int(rng.integers(58, 80))
    top, left = (SIDE - size) // 2 + rng.integers(-8, 9, 2)
    coloured = demo_object(thing)[60:340, 60:340] * rng.uniform(0.4, 1, 3)
    seen = Image.fromarray(coloured.astype(np.uint8)).rotate(rng.uniform(0, 360))
    picture[top : top + size, left : left + size] = np.asarray(seen.resize((size, size)))
    return (picture * rng.uniform(0.85, 1)).astype(np.uint8)


def photographed(embedding, walls, count=20):
    """Samples of THINGS; ``walls(class, number)`` is what is behind that photograph."""
    rng = np.random.default_rng(5)
    squares = [
        before_a_wall(thing, walls(c, number), rng)
        for c, thing in enumerate(THINGS)
        for number in range(count)
    ]
    features = embedding.embed(np.array([to_tensor(s, embedding.side) for s in squares]))
    samples = samples_of(features, np.repeat(np.arange(len(THINGS)), count), THINGS)
    return replace(samples, grid=embedding.grid)


def test_a_class_before_one_wall_is_named(embedding):
    """The others were photographed in many places."""
    walls = [wall(seed) for seed in range(60)]
    samples = photographed(embedding, lambda c, n: walls[0] if c == 1 else walls[c * 20 + n])
    assert background_alone(samples, apart(samples)) == ("coffee",)


def test_each_class_before_a_wall_of_its_own_is_named(embedding):
    walls = [wall(seed) for seed in range(3)]
    samples = photographed(embedding, lambda c, _: walls[c])
    assert background_alone(samples, apart(samples)) == THINGS


def test_things_in_many_places_are_not(embedding):
    walls = [wall(seed) for seed in range(60)]
    samples = photographed(embedding, lambda c, n: walls[c * 20 + n])
    assert background_alone(samples, apart(samples)) == ()


def test_things_that_all_stand_before_the_same_wall_are_not(embedding):
    one = wall(0)
    samples = photographed(embedding, lambda c, n: one)
    assert background_alone(samples, apart(samples)) == ()


@pytest.mark.parametrize("grid", [(1, 1), (2, 8)])
def test_a_map_without_inner_cells_says_nothing_of_backgrounds(embedding, grid):
    walls = [wall(seed) for seed in range(3)]
    samples = replace(photographed(embedding, lambda c, _: walls[c]), grid=grid)
    assert background_alone(samples, apart(samples)) == ()


# The class to photograph next


def evaluated(samples, predicted):
    scores = np.full((len(predicted), len(samples.labels)), -100, np.int8)
    scores[np.arange(len(predicted)), predicted] = 50 + np.arange(len(predicted)) % 20
    indices = np.arange(len(predicted))
    return Evaluation(samples.labels, indices, samples.targets, scores, 5)


def test_the_worst_class_comes_next_with_its_nearest_rival():
    samples = clusters(10)
    predicted = samples.targets.copy()
    predicted[[10, 11, 12, 13, 25]] = 2, 2, 2, 0, 1
    found = look_ahead(samples, evaluated(samples, predicted), apart(samples)).next_class
    assert (found.label, found.rival) == ("class 1", "class 2")
    assert (found.missed, found.taken, found.tested, found.photo) == (4, 3, 10, 12)
    apart_of = ((samples.features[20:].astype(int) - samples.features[12]) ** 2).sum(axis=1)
    assert found.rival_photo == 20 + apart_of.argmin()


def test_where_nothing_was_mistaken_none_comes_next():
    samples = clusters(10)
    outlook = look_ahead(samples, evaluated(samples, samples.targets), apart(samples))
    assert outlook.next_class is None and outlook.curve is not None


@pytest.mark.parametrize("per_class", [1, 2, 16])
def test_one_class_beside_what_is_unknown(per_class):
    samples = clusters(per_class, classes=2)
    alone = replace(samples, labels=("class 0",))
    right = evaluated(samples_of(samples.features[:per_class], [0] * per_class), [0] * per_class)
    outlook = look_ahead(alone, right, apart(alone))
    assert outlook.next_class is None and outlook.one_background == ()
    assert (outlook.curve is None) == (per_class < 8)


@pytest.mark.parametrize("counts", [(1, 1), (1, 20), (2, 30), (20, 15)])
def test_classes_of_any_size(counts):
    samples = clusters(max(counts), classes=2)
    kept = [n for n, t in enumerate(samples.targets) if n % max(counts) < counts[t]]
    few = samples_of(samples.features[kept], samples.targets[kept])
    outlook = look_ahead(few, evaluated(few, few.targets), apart(few))
    assert (outlook.curve is not None) == (min(counts) >= 8)


def test_all_photographs_the_same():
    samples = samples_of(np.zeros((40, FEATURES)), np.repeat([0, 1], 20))
    outlook = look_ahead(samples, evaluated(samples, samples.targets), apart(samples))
    assert outlook.one_background == () and 0 <= outlook.curve.exponent <= 1
