"""Estimates how well a head will do on photographs of a recording it has not seen.

For every split a head is fitted, quantised and written as for a board, and run by
LiteRT's reference kernels on the photographs held out: the numbers that the scores
come from are the ones a board would compute. Views of a photograph train only where
the photograph itself does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.runtime import TfliteModel
from tinyteach.head.fit.calibration import best_temperature
from tinyteach.head.fit.evaluation import Evaluation
from tinyteach.head.fit.regression import DEFAULT_STRENGTH, STRENGTHS, LinearHead, balanced_log_loss
from tinyteach.head.fit.samples import Samples, fit_photos, quantise_photos
from tinyteach.head.fit.splits import Splits, plan_splits
from tinyteach.head.format.metadata import Card, SelfTests
from tinyteach.head.format.quantise import QuantisedHead, quantise
from tinyteach.head.format.rejection import BACKGROUND, LEFT_OUT, OWN, Rejection, choose_threshold
from tinyteach.head.format.tflite_writer import write_head
from tinyteach.head.share import ClassWeights, weights_of
from tinyteach.progress import Counted

# Views of a photograph that the heads under test learn from. More cost time and gain them about a
# point, which the deployed head has on top of the estimate.
TEST_VIEWS = 8

# Multiplications in one pass over the training data from which on trying several strengths
# takes longer (a second and more) than it gains (half a point).
COSTLY = 20_000_000

# Classes that are left out in turn to see what the head makes of them; each costs a fit.
LEFT_OUT_CLASSES = 8


@dataclass(frozen=True)
class Trial:
    """What testing on unseen recordings found, and the settings that it chose."""

    evaluation: Evaluation
    rejection: Rejection
    strength: float  # of regularisation: scikit-learn's C
    temperature: float  # that the logits are divided by
    # Which photographs each head under test was shown, int, and its weights.
    tested_by: tuple[tuple[NDArray[np.intp], ClassWeights], ...] = ()
    # Of the user's photographs of unknown, the share that would be taken for a class without them.
    unaided: float | None = None


@dataclass(frozen=True)
class _Fold:
    """One head under test: what it learnt from, and what it had not seen."""

    samples: Samples  # without the part of the background that is tested on
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    background: NDArray[np.int8]  # int8 features


def cross_validate(
    samples: Samples,
    bursts: Sequence[str],
    seed: int = 0,
    progress: Counted = lambda done, total: None,
) -> Trial:
    """Test every photograph with a head that knows nothing of its burst.

    Choosing strength, temperature and threshold by the same splits flatters the estimate by
    less than its own error.
    """
    samples = samples.few_views(TEST_VIEWS)
    splits = plan_splits(samples.targets, bursts, seed=seed)
    folds = _folds(samples, splits)
    strength, heads = _best_strength(samples, folds, progress)
    logits, targets = _held_out_logits(samples, folds, heads)
    temperature = best_temperature(logits, targets)
    scores = [
        _scores_on_board(fold, head.cooled(temperature))
        for fold, head in zip(folds, heads, strict=True)
    ]
    evaluation = _evaluation(samples, splits, [of_photos for of_photos, _ in scores])
    rejection = _rejection(samples, folds, scores, strength, temperature)
    tested_by = tuple(
        (fold.test, _weights(fold.samples, head.cooled(temperature)))
        for fold, head in zip(folds, heads, strict=True)
    )
    unaided = _unaided(samples, rejection, strength, temperature) if folds else None
    return Trial(evaluation, rejection, strength, temperature, tested_by, unaided)


def _weights(samples: Samples, head: LinearHead) -> ClassWeights:
    """As `_as_file` has them; which features represent the others is nothing to weights."""
    one = samples.features[:1]
    return weights_of(quantise(head.weights, head.bias, one, samples.scale, samples.zero_point))


def _folds(samples: Samples, splits: Splits) -> list[_Fold]:
    folds = []
    for number, (train, test) in enumerate(splits.folds):
        rest, away = samples.without_background_part(number, len(splits.folds))
        folds.append(_Fold(rest, train, test, away))
    return folds


def _best_strength(
    samples: Samples, folds: Sequence[_Fold], progress: Counted
) -> tuple[float, list[LinearHead]]:
    strengths = _strengths(samples, folds)
    best: tuple[float, float, list[LinearHead]] = (np.inf, DEFAULT_STRENGTH, [])
    for number, strength in enumerate(strengths):
        heads = []
        for fold in folds:
            heads.append(fit_photos(fold.samples, fold.train, strength))
            progress(number * len(folds) + len(heads), len(strengths) * len(folds))
        logits, targets = _held_out_logits(samples, folds, heads)
        loss = balanced_log_loss(logits, targets)
        if loss < best[0]:
            best = (loss, strength, heads)
    return best[1:]


def _strengths(samples: Samples, folds: Sequence[_Fold]) -> tuple[float, ...]:
    if not folds:
        return ()
    rows = len(samples.targets) * (1 + samples.views.shape[1])
    work = rows * samples.features.shape[1] * len(samples.labels)
    return (DEFAULT_STRENGTH,) if work > COSTLY else STRENGTHS


def _held_out_logits(
    samples: Samples, folds: Sequence[_Fold], heads: Sequence[LinearHead]
) -> tuple[NDArray[np.floating], NDArray[np.intp]]:
    """Logits of the photographs and background that a head had not seen, and their classes."""
    logits: list[NDArray[np.floating]] = [np.empty((0, 1))]
    targets: list[NDArray[np.intp]] = [np.empty(0, int)]
    for fold, head in zip(folds, heads, strict=True):
        seen = np.concatenate([samples.features[fold.test], _shaped(fold.background, samples)])
        unknown = np.full(len(fold.background), len(samples.labels))
        targets.append(np.concatenate([samples.targets[fold.test], unknown]))
        logits.append(head.logits(samples.values(seen)))
    return np.concatenate(logits[1:] or logits), np.concatenate(targets)


def _shaped(background: NDArray[np.int8], samples: Samples) -> NDArray[np.int8]:
    return background.reshape(len(background), samples.features.shape[1])


def _scores_on_board(fold: _Fold, head: LinearHead) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """int8 scores, as a board computes them, of the fold's photographs and background."""
    model = _as_file(fold.samples, fold.train, head)
    background = _shaped(fold.background, fold.samples)
    return model.run(fold.samples.features[fold.test]), model.run(background)


def _as_file(samples: Samples, train: NDArray[np.intp], head: LinearHead) -> TfliteModel:
    quantised = quantise_photos(samples, train, head)
    return TfliteModel(write_head(quantised, blank_card(samples.labels, quantised)))


def _evaluation(samples: Samples, splits: Splits, scores: Sequence[NDArray[np.int8]]) -> Evaluation:
    """Of the known classes among themselves; what is unknown is the rejection's."""
    classes = len(samples.labels)
    indices = np.concatenate([np.empty(0, int), *(test for _, test in splits.folds)])
    order = np.argsort(indices)
    order = order[samples.targets[indices[order]] < classes]
    outputs = classes + samples.has_background
    every = np.concatenate([np.empty((0, outputs), np.int8), *scores])
    return Evaluation(
        samples.labels,
        indices[order],
        samples.targets[indices[order]],
        every[order][:, :classes],
        folds=len(splits.folds),
        optimistic=_names(samples, splits.cut),
        untested=_names(samples, splits.untested),
    )


def _names(samples: Samples, classes: frozenset[int]) -> tuple[str, ...]:
    return tuple(samples.labels[c] for c in sorted(classes) if c < len(samples.labels))


def _rejection(
    samples: Samples,
    folds: Sequence[_Fold],
    scores: Sequence[tuple[NDArray[np.int8], NDArray[np.int8]]],
    strength: float,
    temperature: float,
) -> Rejection:
    classes = len(samples.labels)
    known, own, background = [np.empty(0, np.int8)], [np.empty(0, np.int8)], [np.empty(0, np.int8)]
    for fold, (of_photos, of_background) in zip(folds, scores, strict=True):
        best = of_photos[:, :classes].max(axis=1)
        is_known = samples.targets[fold.test] < classes
        known.append(best[is_known])
        own.append(best[~is_known])
        background.append(of_background[:, :classes].max(axis=1))
    left_out = _left_out_scores(samples, strength, temperature) if folds else known[0]
    sources = {BACKGROUND: np.concatenate(background), OWN: np.concatenate(own), LEFT_OUT: left_out}
    return choose_threshold(np.concatenate(known), sources)


def _left_out_scores(samples: Samples, strength: float, temperature: float) -> NDArray[np.int8]:
    """Best scores that heads give photographs of a class that they do not have."""
    classes = len(samples.labels)
    if classes < 3:
        return np.empty(0, np.int8)
    bare = samples.few_views(0)
    chosen = np.unique(np.linspace(0, classes - 1, LEFT_OUT_CLASSES).astype(int))
    found = []
    for left_out in chosen:
        rest, photos = bare.without_class(int(left_out))
        everything = np.arange(len(rest.targets))
        head = fit_photos(rest, everything, strength).cooled(temperature)
        scores = _as_file(rest, everything, head).run(photos)
        found.append(scores[:, : classes - 1].max(axis=1))
    return np.concatenate(found)


def _unaided(
    samples: Samples, rejection: Rejection, strength: float, temperature: float
) -> float | None:
    """What a head that has seen none of the photographs of unknown accepts of them."""
    bare, known = samples.few_views(0), samples.known
    own = np.setdiff1d(np.arange(len(samples.targets)), known)
    if not len(own) or len(samples.labels) + bool(len(samples.background)) < 2:
        return None
    head = fit_photos(bare, known, strength).cooled(temperature)
    scores = _as_file(bare, known, head).run(bare.features[own])[:, : len(samples.labels)]
    return float(np.mean(scores.max(axis=1).astype(int) + 128 >= rejection.threshold))


def blank_card(labels: tuple[str, ...], head: QuantisedHead) -> Card:
    """A card without self-tests, for a head that only runs here."""
    nothing = SelfTests(np.empty((0, head.features), np.int8), np.empty((0, head.classes), np.int8))
    return Card(labels, bytes(32), nothing, has_background=head.classes > len(labels))
