"""What heads under test make of what is none of their classes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.threads import on_all_cores
from tinyteach.head.fit.folds import Fold, FoldResult, as_file
from tinyteach.head.fit.samples import Samples, fit_photos
from tinyteach.head.fit.unknown import (
    Balance,
    FloatHead,
    choose_balance,
    joined,
    with_own_novelty,
)
from tinyteach.head.format.rejection import (
    BACKGROUND,
    DEFAULT_THRESHOLD,
    LEFT_OUT,
    OWN,
    Rejection,
    are_known,
    rejection_of,
)

# Classes that are left out in turn to see what the head makes of them; each costs a fit.
LEFT_OUT_CLASSES = 8

# int8, of photographs and of strangers.
Scores = tuple[NDArray[np.int8], NDArray[np.int8]]


def balance_of(
    samples: Samples, tested: Sequence[FoldResult], left_out: Sequence[FoldResult]
) -> Balance:
    """What the heads under test say is best; none where heads have no output for anything else."""
    if not samples.has_background:
        return Balance()
    known = [each.photos.where(each.fold.is_known) for each in tested]
    others = {
        BACKGROUND: joined([each.strangers for each in tested]),
        OWN: joined([each.photos.where(~each.fold.is_known) for each in tested]),
        LEFT_OUT: joined([each.strangers for each in left_out]),
    }
    return choose_balance(joined(known), others)


def rejection_of_heads(
    samples: Samples,
    tested: Sequence[FoldResult],
    scores: Sequence[Scores],
    left_out: Sequence[Scores],
    recordings: int,
) -> Rejection:
    """How often the heads are wrong about unknown, by the ``scores`` that they gave.

    ``recordings``: of the classes, that were tested on.
    """
    outputs = len(samples.labels) + samples.has_background
    none = np.empty((0, outputs), np.int8)
    known, own, background = [none], [none], [none]
    for each, (of_photos, of_background) in zip(tested, scores, strict=True):
        known.append(of_photos[each.fold.is_known])
        own.append(of_photos[~each.fold.is_known])
        background.append(of_background)
    strangers = [np.empty((0, outputs - 1), np.int8), *(of_class for _, of_class in left_out)]
    sources = {BACKGROUND: background, OWN: own, LEFT_OUT: strangers}
    found = {name: np.concatenate(parts) for name, parts in sources.items()}
    return rejection_of(np.concatenate(known), found, len(samples.labels), recordings)


def leave_classes_out(samples: Samples, strength: float, temperature: float) -> list[FoldResult]:
    """Heads that lack a class, tested on its photographs."""
    classes = len(samples.labels)
    if classes < 3:
        return []
    bare = samples.few_views(0)

    def without(left_out: int) -> FoldResult:
        rest, train = bare.without_class(left_out)
        photos = bare.features[bare.targets == left_out]
        fold = Fold(rest, train, np.empty(0, int), photos)
        return fold.test_with(fold.cooled(fold.head(strength), temperature))

    chosen = np.unique(np.linspace(0, classes - 1, LEFT_OUT_CLASSES).astype(int))
    return list(on_all_cores(without, chosen.tolist()))


def unaided_accepts(
    samples: Samples, strength: float, temperature: float, balance: Balance
) -> float | None:
    """The share that a head which has seen none of the photographs of unknown accepts of them.

    None where there are none.
    """
    bare, known = samples.few_views(0), samples.known
    own = np.setdiff1d(np.arange(len(samples.targets)), known)
    has_background = len(samples.background) > 0
    if not len(own) or len(samples.labels) + has_background < 2:
        return None
    linear = fit_photos(bare, known, strength).cooled(temperature)
    head = FloatHead(linear)
    if has_background:
        head = with_own_novelty(bare, known, linear).balanced(balance)
    scores = as_file(bare, known, head).run(bare.features[own])
    threshold = 0 if has_background else DEFAULT_THRESHOLD
    return float(np.mean(are_known(scores, len(bare.labels), threshold)))
