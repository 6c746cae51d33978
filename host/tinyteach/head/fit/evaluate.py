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

from tinyteach.embedding.threads import on_all_cores
from tinyteach.head.fit.calibration import best_temperature
from tinyteach.head.fit.evaluation import Evaluation, tested_recordings
from tinyteach.head.fit.folds import Fold, plan_folds
from tinyteach.head.fit.regression import DEFAULT_STRENGTH, STRENGTHS, LinearHead, balanced_log_loss
from tinyteach.head.fit.samples import Samples
from tinyteach.head.fit.splits import Splits, plan_splits
from tinyteach.head.fit.strangers import (
    balance_of,
    leave_classes_out,
    rejection_of_heads,
    unaided_accepts,
)
from tinyteach.head.fit.unknown import Balance
from tinyteach.head.format.rejection import Rejection, are_known
from tinyteach.head.share import ClassWeights
from tinyteach.progress import Counted

# Views of a photograph that the heads under test learn from. More cost time and gain them about a
# point, which the deployed head has on top of the estimate.
TEST_VIEWS = 8

# Multiplications in one pass over the training data from which on trying several strengths
# takes longer (a second and more) than it gains (half a point).
COSTLY = 20_000_000


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
    folds = plan_folds(samples, splits)
    strength, heads = _best_strength(samples, folds, progress)
    temperature = best_temperature(*_held_out_logits(samples, folds, heads))
    tested = [
        fold.test_with(fold.cooled(head, temperature))
        for fold, head in zip(folds, heads, strict=True)
    ]
    left_out = leave_classes_out(samples, strength, temperature) if folds else []
    balance = balance_of(samples, tested, left_out)
    scores, of_left_out = ([each.scores(balance) for each in some] for some in (tested, left_out))
    evaluation = _evaluation(samples, splits, [of_photos for of_photos, _ in scores])
    recordings = tested_recordings(evaluation, bursts)
    return Trial(
        evaluation,
        rejection_of_heads(samples, tested, scores, of_left_out, recordings),
        *(strength, temperature, balance),
        tested_by=tuple((each.fold.test, each.weights) for each in tested),
        unaided=unaided_accepts(samples, strength, temperature, balance) if folds else None,
    )


def _best_strength(
    samples: Samples, folds: Sequence[Fold], progress: Counted
) -> tuple[float, list[LinearHead]]:
    strengths = _strengths(samples, folds)
    if not strengths:
        return DEFAULT_STRENGTH, []
    fitted = []
    for heads in on_all_cores(lambda fold: fold.heads(strengths), folds):
        fitted.append(heads)
        progress(len(fitted), len(folds))
    by_strength = [list(heads) for heads in zip(*fitted, strict=True)]
    losses = [balanced_log_loss(*_held_out_logits(samples, folds, heads)) for heads in by_strength]
    best = int(np.argmin(losses))
    return strengths[best], by_strength[best]


def _strengths(samples: Samples, folds: Sequence[Fold]) -> tuple[float, ...]:
    if not folds:
        return ()
    rows = len(samples.targets) * (1 + samples.views.shape[1])
    work = rows * samples.features.shape[1] * len(samples.labels)
    return (DEFAULT_STRENGTH,) if work > COSTLY else STRENGTHS


def _held_out_logits(
    samples: Samples, folds: Sequence[Fold], heads: Sequence[LinearHead]
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
        believed=are_known(every[order], classes) if samples.has_background else None,
        folds=len(splits.folds),
        optimistic=_names(samples, splits.cut),
        untested=_names(samples, splits.untested),
    )


def _names(samples: Samples, classes: frozenset[int]) -> tuple[str, ...]:
    return tuple(samples.labels[c] for c in sorted(classes) if c < len(samples.labels))
