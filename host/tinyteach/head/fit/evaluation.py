"""What scores say about a head: accuracy, per class and per photograph."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinyteach.head.fit.calibration import calibration_error
from tinyteach.head.format.rejection import wilson


@dataclass(frozen=True)
class ClassResult:
    """How one class fared; None where nothing was counted that it could be computed from."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class PhotoResult:
    """One photograph's outcome; ``index`` is its place among the photographs given."""

    index: int
    label: str
    predicted: str
    probability: float  # of the predicted class
    probability_of_label: float

    @property
    def correct(self) -> bool:
        """Whether the predicted class is the photograph's."""
        return self.label == self.predicted


@dataclass(frozen=True)
class Evaluation:
    """Scores of photographs that the head had not seen, beside their classes.

    ``optimistic`` names classes whose score is probably too good, ``untested`` those
    with nothing to test on, ``folds`` how often a head was fitted (0: once, elsewhere).
    """

    labels: tuple[str, ...]
    indices: NDArray[np.intp]  # int, n: which photographs were tested
    targets: NDArray[np.intp]  # int, n: their classes
    scores: NDArray[np.int8]  # int8, n × classes
    folds: int = 0
    optimistic: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    believed: NDArray[np.bool] | None = None  # bool, n: not called unknown; None: all

    @cached_property
    def predictions(self) -> NDArray[np.intp]:
        """Index of the highest score of each photograph, the first where several are highest."""
        best: NDArray[np.intp] = self.scores.argmax(axis=1)
        return best

    @property
    def accuracy(self) -> float | None:
        """Fraction recognised, or None where nothing was tested."""
        if not len(self.targets):
            return None
        return float(np.mean(self.predictions == self.targets))

    @property
    def calibration_error(self) -> float | None:
        """Expected calibration error of the predictions; None where nothing was tested."""
        probabilities = (self.scores.max(axis=1, initial=-128).astype(int) + 128) / 256
        return calibration_error(probabilities, self.predictions == self.targets)

    @cached_property
    def confusion(self) -> NDArray[np.intp]:
        """Counts, int, true class × predicted class."""
        counts = np.zeros((len(self.labels),) * 2, int)
        np.add.at(counts, (self.targets, self.predictions), 1)
        return counts

    @cached_property
    def confusion_with_unknown(self) -> NDArray[np.intp]:
        """Counts, int, true class × what is said: a class or, in the last column, unknown."""
        counts = np.zeros((len(self.labels), len(self.labels) + 1), int)
        said = self.predictions
        if self.believed is not None:
            said = np.where(self.believed, said, len(self.labels))
        np.add.at(counts, (self.targets, said), 1)
        return counts

    @cached_property
    def classes(self) -> list[ClassResult]:
        """Precision, recall, F1 and number of photographs of each class."""
        right = np.diag(self.confusion)
        true, predicted = self.confusion.sum(axis=1), self.confusion.sum(axis=0)
        return [
            ClassResult(
                label,
                precision=_ratio(right[c], predicted[c]),
                recall=_ratio(right[c], true[c]),
                f1=_ratio(2 * right[c], true[c] + predicted[c]),
                support=int(true[c]),
            )
            for c, label in enumerate(self.labels)
        ]

    def worst(self, count: int = 12) -> list[PhotoResult]:
        """The photographs worth a look: wrong and sure of it first, then right but unsure."""
        return sorted(self.photos, key=_worse_first)[:count]

    @cached_property
    def photos(self) -> list[PhotoResult]:
        """Every tested photograph's outcome, in the order of their indices."""
        return [self._photo(row) for row in range(len(self.targets))]

    def _photo(self, row: int) -> PhotoResult:
        target, predicted = int(self.targets[row]), int(self.predictions[row])
        probabilities = (self.scores[row].astype(int) + 128) / 256
        return PhotoResult(
            int(self.indices[row]),
            self.labels[target],
            self.labels[predicted],
            float(probabilities[predicted]),
            float(probabilities[target]),
        )


def tested_recordings(evaluation: Evaluation, bursts: Sequence[str]) -> int:
    """How many were tested on, each class's for itself; ``bursts`` are all photographs'."""
    tested = zip(evaluation.indices, evaluation.targets, strict=True)
    return len({(int(target), bursts[index]) for index, target in tested})


def accuracy_interval(evaluation: Evaluation, bursts: Sequence[str]) -> tuple[float, float] | None:
    """Wilson's 95 % interval of the accuracy; None where nothing was tested.

    Recordings are counted, not photographs: those of one recording resemble each other, so a
    hundred of them say little more than one. ``bursts`` are those of all photographs given.
    """
    if evaluation.accuracy is None:
        return None
    return wilson(evaluation.accuracy, tested_recordings(evaluation, bursts))


def _worse_first(photo: PhotoResult) -> tuple[int, float, int]:
    if photo.correct:
        return (1, photo.probability, photo.index)
    return (0, -photo.probability, photo.index)


def _ratio(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
