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
from tinyteach.head.fit.evaluation import Evaluation, tested_recordings
from tinyteach.head.fit.regression import DEFAULT_STRENGTH, STRENGTHS, LinearHead, balanced_log_loss
from tinyteach.head.fit.samples import Samples, fit_photos
from tinyteach.head.fit.splits import Splits, plan_splits
from tinyteach.head.fit.unknown import (
    Balance,
    FloatHead,
    Margins,
    choose_balance,
    joined,
    quantise_photos,
    with_own_novelty,
)
from tinyteach.head.format.metadata import Card, SelfTests
from tinyteach.head.format.quantise import QuantisedHead, quantise
from tinyteach.head.format.rejection import (
    BACKGROUND,
    DEFAULT_THRESHOLD,
    LEFT_OUT,
    OWN,
    Rejection,
    are_known,
    measured,
)
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
    balance: Balance = Balance()  # of what is unknown
    # Which photographs each head under test was shown, int, and its weights.
    tested_by: tuple[tuple[NDArray[np.intp], ClassWeights], ...] = ()
    # Of the user's photographs of unknown, the share that would be taken for a class without them.
    unaided: float | None = None


@dataclass(frozen=True)
class _Fold:
    """One head under test: what it learnt from, and what it had not seen."""

    samples: Samples  # without the part of the background, or the class, that is tested on
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    strangers: NDArray[np.int8]  # int8 features of what is none of its classes

    def head(self, strength: float) -> LinearHead:
        return fit_photos(self.samples, self.train, strength)

    def cooled(self, linear: LinearHead, temperature: float) -> FloatHead:
        return with_own_novelty(self.samples, self.train, linear.cooled(temperature))

    @property
    def is_known(self) -> NDArray[np.bool]:
        """Which of the photographs under test are of its classes (bool, n)."""
        known: NDArray[np.bool] = self.samples.targets[self.test] < len(self.samples.labels)
        return known

    def tested(self, head: FloatHead) -> "_Tested":
        """What the head says of them, before it is balanced."""
        photos = head.margins(self.samples, self.samples.features[self.test])
        return _Tested(self, head, photos, head.margins(self.samples, self.strangers))


@dataclass(frozen=True)
class _Tested:
    """A head under test, with the margins of photographs and of strangers."""

    fold: _Fold
    head: FloatHead
    photos: Margins
    strangers: Margins

    def scores(self, balance: Balance) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """int8 scores, as a board computes them, of both."""
        fold = self.fold
        model = _as_file(fold.samples, fold.train, self.head.balanced(balance))
        return model.run(fold.samples.features[fold.test]), model.run(fold.strangers)


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
    tested = [
        fold.tested(fold.cooled(head, temperature)) for fold, head in zip(folds, heads, strict=True)
    ]
    left_out = _left_out(samples, strength, temperature) if folds else []
    balance = _balance(samples, tested, left_out)
    scores = [each.scores(balance) for each in tested]
    evaluation = _evaluation(samples, splits, [of_photos for of_photos, _ in scores])
    strangers = [each.scores(balance)[1] for each in left_out]
    recordings = tested_recordings(evaluation, bursts)
    rejection = _rejection(samples, folds, scores, strangers, recordings)
    tested_by = tuple(
        (fold.test, _weights(fold.samples, head.cooled(temperature)))
        for fold, head in zip(folds, heads, strict=True)
    )
    unaided = _unaided(samples, strength, temperature, balance) if folds else None
    return Trial(evaluation, rejection, strength, temperature, balance, tested_by, unaided)


def _weights(samples: Samples, head: LinearHead) -> ClassWeights:
    """As `_as_file` has them; which features represent the others is nothing to weights."""
    one = samples.features[:1]
    return weights_of(quantise(head.weights, head.bias, one, samples.scale, samples.zero_point))


def _folds(samples: Samples, splits: Splits) -> list[_Fold]:
    folds = []
    for number, (train, test) in enumerate(splits.folds):
        rest, away = samples.without_background_part(number, len(splits.folds))
        folds.append(_Fold(rest, train, test, away.reshape(len(away), samples.features.shape[1])))
    return folds


def _best_strength(
    samples: Samples, folds: Sequence[_Fold], progress: Counted
) -> tuple[float, list[LinearHead]]:
    strengths = _strengths(samples, folds)
    best: tuple[float, float, list[LinearHead]] = (np.inf, DEFAULT_STRENGTH, [])
    for number, strength in enumerate(strengths):
        heads = []
        for fold in folds:
            heads.append(fold.head(strength))
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
        seen = np.concatenate([samples.features[fold.test], fold.strangers])
        unknown = np.full(len(fold.strangers), len(samples.labels))
        targets.append(np.concatenate([samples.targets[fold.test], unknown]))
        logits.append(head.logits(samples.values(seen)))
    return np.concatenate(logits[1:] or logits), np.concatenate(targets)


def _as_file(samples: Samples, train: NDArray[np.intp], head: FloatHead) -> TfliteModel:
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
        believed=are_known(every[order], 0) if samples.has_background else None,
        folds=len(splits.folds),
        optimistic=_names(samples, splits.cut),
        untested=_names(samples, splits.untested),
    )


def _names(samples: Samples, classes: frozenset[int]) -> tuple[str, ...]:
    return tuple(samples.labels[c] for c in sorted(classes) if c < len(samples.labels))


def _balance(samples: Samples, tested: Sequence[_Tested], left_out: Sequence[_Tested]) -> Balance:
    if not samples.has_background:
        return Balance()
    known = [_some(each.photos, each.fold.is_known) for each in tested]
    others = {
        BACKGROUND: joined([each.strangers for each in tested]),
        OWN: joined([_some(each.photos, ~each.fold.is_known) for each in tested]),
        LEFT_OUT: joined([each.strangers for each in left_out]),
    }
    return choose_balance(joined(known), others)


def _some(margins: Margins, chosen: NDArray[np.bool]) -> Margins:
    return Margins(margins.logits[chosen], margins.novelty[chosen])


def _rejection(
    samples: Samples,
    folds: Sequence[_Fold],
    scores: Sequence[tuple[NDArray[np.int8], NDArray[np.int8]]],
    left_out: Sequence[NDArray[np.int8]],
    recordings: int,
) -> Rejection:
    outputs = len(samples.labels) + samples.has_background
    none = np.empty((0, outputs), np.int8)
    known, own, background = [none], [none], [none]
    for fold, (of_photos, of_background) in zip(folds, scores, strict=True):
        known.append(of_photos[fold.is_known])
        own.append(of_photos[~fold.is_known])
        background.append(of_background)
    strangers = [np.empty((0, outputs - 1), np.int8), *left_out]
    sources = {BACKGROUND: background, OWN: own, LEFT_OUT: strangers}
    found = {name: np.concatenate(parts) for name, parts in sources.items()}
    return measured(np.concatenate(known), found, len(samples.labels), recordings)


def _left_out(samples: Samples, strength: float, temperature: float) -> list[_Tested]:
    """Heads that lack a class, tested on its photographs."""
    classes = len(samples.labels)
    if classes < 3:
        return []
    bare = samples.few_views(0)
    found = []
    for left_out in np.unique(np.linspace(0, classes - 1, LEFT_OUT_CLASSES).astype(int)):
        rest, photos = bare.without_class(int(left_out))
        fold = _Fold(rest, np.arange(len(rest.targets)), np.empty(0, int), photos)
        found.append(fold.tested(fold.cooled(fold.head(strength), temperature)))
    return found


def _unaided(
    samples: Samples, strength: float, temperature: float, balance: Balance
) -> float | None:
    """What a head that has seen none of the photographs of unknown accepts of them."""
    bare, known = samples.few_views(0), samples.known
    own = np.setdiff1d(np.arange(len(samples.targets)), known)
    has_background = len(samples.background) > 0
    if not len(own) or len(samples.labels) + has_background < 2:
        return None
    linear = fit_photos(bare, known, strength).cooled(temperature)
    head = FloatHead(linear)
    if has_background:
        head = with_own_novelty(bare, known, linear).balanced(balance)
    scores = _as_file(bare, known, head).run(bare.features[own])
    return float(np.mean(are_known(scores, 0 if has_background else DEFAULT_THRESHOLD)))


def blank_card(labels: tuple[str, ...], head: QuantisedHead) -> Card:
    """A card without self-tests, for a head that only runs here."""
    nothing = SelfTests(np.empty((0, head.features), np.int8), np.empty((0, head.classes), np.int8))
    return Card(labels, bytes(32), nothing, has_background=head.classes > len(labels))
