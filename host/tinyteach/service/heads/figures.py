"""How right a head is on photographs of one's own, by what was said of each."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinyteach.data.names import UNKNOWN
from tinyteach.head.fit.evaluation import Evaluation, accuracy_interval
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import SCORE_STEPS, SCORE_ZERO_POINT


@dataclass(frozen=True)
class Shown:
    """A photograph of a test: its folder as a class here, its recording, what was said of it."""

    name: str
    folder: str
    burst: str
    said: Recognised
    is_same: bool | None = None  # whether board and computer gave the same; None: not compared


@dataclass(frozen=True)
class Rate:
    """So many of so many photographs, with the 95 % interval of their share."""

    count: int
    of: int
    interval: tuple[float, float] | None

    @property
    def rate(self) -> float | None:
        """Their share; None of none."""
        return self.count / self.of if self.of else None

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {"rate": self.rate, **asdict(self)}

    def __str__(self) -> str:
        if self.rate is None or self.interval is None:
            return "none was shown"
        low, high = self.interval
        return f"{self.count} of {self.of} ({self.rate:.0%}, {low:.0%} to {high:.0%})"


@dataclass(frozen=True)
class _Said(Evaluation):
    """What was said, which for an unknown is not always the highest score."""

    said: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, int))  # int, n

    @cached_property
    def predictions(self) -> NDArray[np.intp]:
        """Index of what was said of each photograph."""
        return self.said


@dataclass(frozen=True)
class Figures:
    """What was said of ``photos`` beside what they show, by a head that has ``classes``.

    What is in a folder that is none of them is unknown, and must be called so.
    """

    classes: Sequence[str]
    photos: Sequence[Shown]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The head's classes and, last, unknown."""
        return (*(label for label in self.classes if label != UNKNOWN), UNKNOWN)

    @cached_property
    def evaluation(self) -> Evaluation:
        """True class, or unknown for all that is none, beside what was said."""
        said = [self._place(shown.said.label) for shown in self.photos]
        return self._evaluated(np.arange(len(self.photos)), np.array(said, int))

    @property
    def accuracy(self) -> Rate:
        """Photographs of the head's classes of which it said their class."""
        return self._rate(self._is_own, self.evaluation.predictions == self._targets)

    @property
    def best_class(self) -> Rate:
        """The same by the best class alone, whether it is believed or not."""
        return self._rate(self._is_own, self._where(lambda s: s.said.best_label == s.folder))

    @property
    def false_rejects(self) -> Rate:
        """Photographs of the head's classes that it called unknown."""
        return self._rate(self._is_own, ~self._is_believed)

    @property
    def false_accepts(self) -> Rate:
        """Photographs of anything else that it took for one of its classes."""
        return self._rate(~self._is_own, self._is_believed)

    @property
    def others(self) -> dict[str, Rate]:
        """The same by folder."""
        folders = sorted({shown.folder for shown in self.photos} - {*self.labels[:-1]})
        return {name: self._rate(self._of(name), self._is_believed) for name in folders}

    @property
    def untested(self) -> list[str]:
        """Classes of which there was no photograph."""
        there = {shown.folder for shown in self.photos}
        return [label for label in self.labels[:-1] if label not in there]

    @property
    def recordings(self) -> int:
        """How many the photographs are of, one in two classes counted twice."""
        return len({(self._place(shown.folder), shown.burst) for shown in self.photos})

    def _place(self, label: str) -> int:
        return self.labels.index(label if label in self.labels else UNKNOWN)

    def _where(self, holds: Callable[[Shown], bool]) -> NDArray[np.bool]:
        return np.array([holds(shown) for shown in self.photos], bool)

    def _of(self, folder: str) -> NDArray[np.bool]:
        return self._where(lambda shown: shown.folder == folder)

    @cached_property
    def _targets(self) -> NDArray[np.intp]:
        return np.array([self._place(shown.folder) for shown in self.photos], int)

    @cached_property
    def _is_own(self) -> NDArray[np.bool]:
        own: NDArray[np.bool] = self._targets < len(self.labels) - 1
        return own

    @cached_property
    def _is_believed(self) -> NDArray[np.bool]:
        believed: NDArray[np.bool] = self.evaluation.predictions < len(self.labels) - 1
        return believed

    def _rate(self, rows: NDArray[np.bool], hits: NDArray[np.bool]) -> Rate:
        """The share of ``hits`` in ``rows``, with the interval that a report would give."""
        wrong = len(self.labels)  # what is no class is never right
        counted = self._evaluated(np.flatnonzero(rows), np.where(hits, self._targets, wrong)[rows])
        interval = accuracy_interval(counted, [shown.burst for shown in self.photos])
        return Rate(int(hits[rows].sum()), int(rows.sum()), interval)

    def _evaluated(self, rows: NDArray[np.intp], said: NDArray[np.intp]) -> Evaluation:
        scores = [_scores(self.photos[row].said, self.labels) for row in rows]
        shaped = np.array(scores, np.int8).reshape(-1, len(self.labels))
        return _Said(self.labels, rows, self._targets[rows], shaped, said=said)


def _scores(said: Recognised, labels: Sequence[str]) -> list[int]:
    """Back from probabilities to int8 scores; an output that the head has not got has none."""
    found = (said.probabilities.get(label, 0.0) for label in labels)
    return [round(probability * SCORE_STEPS) + SCORE_ZERO_POINT for probability in found]
