"""Heads under test: what each learns from, what it has not seen, and what it says of that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.runtime import TfliteModel
from tinyteach.head.fit.regression import LinearHead
from tinyteach.head.fit.samples import Samples, fit_photos_each
from tinyteach.head.fit.splits import Splits
from tinyteach.head.fit.unknown import (
    Balance,
    FloatHead,
    Margins,
    quantise_photos,
    with_own_novelty,
)
from tinyteach.head.format.quantise import quantise
from tinyteach.head.format.tflite_writer import blank_card, write_head
from tinyteach.head.share import ClassWeights, weights_of


@dataclass(frozen=True)
class Fold:
    """One head under test: what it learnt from, and what it had not seen."""

    samples: Samples  # without the part of the background, or the class, that is tested on
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    strangers: NDArray[np.int8]  # int8 features of what is none of its classes

    def head(self, strength: float) -> LinearHead:
        """Fitted on what it learns from."""
        return self.heads((strength,))[0]

    def heads(self, strengths: Sequence[float]) -> list[LinearHead]:
        """The same with each of ``strengths``."""
        return fit_photos_each(self.samples, self.train, strengths)

    def cooled(self, linear: LinearHead, temperature: float) -> FloatHead:
        """That head, its logits divided by ``temperature``, with the novelty of its photographs."""
        return with_own_novelty(self.samples, self.train, linear.cooled(temperature))

    @property
    def is_known(self) -> NDArray[np.bool]:
        """Which of the photographs under test are of its classes (bool, n)."""
        known: NDArray[np.bool] = self.samples.targets[self.test] < len(self.samples.labels)
        return known

    def test_with(self, head: FloatHead) -> "FoldResult":
        """What the head says of them, before it is balanced."""
        photos = head.margins(self.samples, self.samples.features[self.test])
        return FoldResult(self, head, photos, head.margins(self.samples, self.strangers))


@dataclass(frozen=True)
class FoldResult:
    """A head of a fold, with the margins that it gives photographs and strangers."""

    fold: Fold
    head: FloatHead
    photos: Margins
    strangers: Margins

    @property
    def weights(self) -> ClassWeights:
        """By which it tells the classes apart."""
        samples, linear = self.fold.samples, self.head.linear
        # Which features are representative decides about logits, not about weights.
        one = samples.features[:1], samples.scale, samples.zero_point
        return weights_of(quantise(linear.weights, linear.bias, *one))

    def scores(self, balance: Balance) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """int8 scores, as a board computes them, of both."""
        fold = self.fold
        model = as_file(fold.samples, fold.train, self.head.balanced(balance))
        return model.run(fold.samples.features[fold.test]), model.run(fold.strangers)


def plan_folds(samples: Samples, splits: Splits) -> list[Fold]:
    """A head for each split; what is tested of the background is another part each time."""
    folds = []
    for number, (train, test) in enumerate(splits.folds):
        rest, away = samples.without_background_part(number, len(splits.folds))
        folds.append(Fold(rest, train, test, away))
    return folds


def as_file(samples: Samples, train: NDArray[np.intp], head: FloatHead) -> TfliteModel:
    """A head of the photographs ``train``, as a board would have it."""
    quantised = quantise_photos(samples, train, head)
    return TfliteModel(write_head(quantised, blank_card(samples.labels, quantised)))
