"""What a head is trained on: features of photographs, of their views, and of anything else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.view_names import SQUARE
from tinyteach.head.fit.novelty import MOST_NUMBERS, averaged
from tinyteach.head.fit.regression import LinearHead, fit_each
from tinyteach.head.format.quantise import dequantise, in_parts


def _nothing() -> NDArray[np.int8]:
    return np.empty((0, 0), np.int8)


@dataclass(frozen=True)
class Samples:
    """Features of photographs and of their views, with the embedding's quantisation.

    ``targets`` of len(labels) are the user's own photographs of what is unknown.
    """

    labels: tuple[str, ...]  # the classes that are to be known
    targets: NDArray[np.intp]  # int, N: index into labels
    features: NDArray[np.int8]  # int8, N × F, by the reference kernels
    views: NDArray[np.int8]  # int8, N × views × F
    scale: float
    zero_point: int
    # int8, B × F: pictures of anything
    background: NDArray[np.int8] = field(default_factory=_nothing)
    grid: tuple[int, int] = (1, 1)  # height and width of the map that the features are
    preprocessing: str = SQUARE  # what made the photographs' tensors

    @property
    def has_background(self) -> bool:
        """Whether the head gets an output for what is unknown."""
        return len(self.background) > 0 or bool(np.any(self.targets == len(self.labels)))

    @property
    def known(self) -> NDArray[np.intp]:
        """Indices of the photographs of known classes."""
        return np.flatnonzero(self.targets < len(self.labels))

    def rows(self, indices: NDArray[np.intp]) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
        """Features (int8) and classes to train on: those photographs, their views, background."""
        features = np.concatenate([self.features[indices, None], self.views[indices]], axis=1)
        targets = np.repeat(self.targets[indices], features.shape[1])
        features = features.reshape(len(targets), -1)
        if not len(self.background):
            return features, targets
        unknown = np.full(len(self.background), len(self.labels))
        return np.concatenate([features, self.background]), np.concatenate([targets, unknown])

    @property
    def row_count(self) -> int:
        """Of `rows`, of all photographs."""
        return len(self.features) * (1 + int(self.views.shape[1])) + len(self.background)

    def values(self, features: NDArray[np.int8]) -> NDArray[np.float32]:
        """Real values (float32) of int8 ``features``."""
        return dequantise(features, self.scale, self.zero_point)

    @property
    def can_be_averaged(self) -> bool:
        """Whether the mean over the map is of so few numbers that views can be compared by it."""
        return bool(self.features.shape[1] // math.prod(self.grid) <= MOST_NUMBERS)

    def averages(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """The means over the map's places of real ``values``: float, N×F to N×P."""
        return averaged(values, math.prod(self.grid))

    def averages_of(self, features: NDArray[np.int8]) -> NDArray[np.floating]:
        """The same of int8 ``features``, N×F to N×P."""
        return in_parts(features, lambda some: self.averages(self.values(some)))

    def background_rows(self) -> NDArray[np.int8]:
        """The background set: int8, B×F, also where it is empty."""
        return self.background.reshape(len(self.background), self.features.shape[1])

    def few_views(self, views: int) -> "Samples":
        """The same with at most so many views of each photograph."""
        return replace(self, views=self.views[:, :views])

    def without_background_part(self, part: int, parts: int) -> tuple["Samples", NDArray[np.int8]]:
        """The same without every ``parts``-th row of the background, and those rows."""
        away = np.arange(len(self.background)) % parts == part
        return replace(self, background=self.background[~away]), self.background_rows()[away]

    def without_class(self, left_out: int) -> tuple["Samples", NDArray[np.intp]]:
        """The same without one class, and which photographs are left to train on.

        Its photographs stay among the features, which are not copied, as of no class: −1.
        """
        stays = self.targets != left_out
        rest = replace(
            self,
            labels=self.labels[:left_out] + self.labels[left_out + 1 :],
            targets=np.where(stays, self.targets - (self.targets > left_out), -1),
        )
        return rest, np.flatnonzero(stays)


def fit_photos(
    samples: Samples,
    indices: NDArray[np.intp],
    strength: float,
    start: LinearHead | None = None,
) -> LinearHead:
    """Fit a float head on the photographs ``indices``, their views and the background.

    ``start`` is one that is probably near, which saves steps.
    """
    return fit_photos_each(samples, indices, (strength,), start)[0]


def fit_photos_each(
    samples: Samples,
    indices: NDArray[np.intp],
    strengths: Sequence[float],
    start: LinearHead | None = None,
) -> list[LinearHead]:
    """The same with each of ``strengths``."""
    features, targets = samples.rows(indices)
    views = 1 + samples.views.shape[1]
    rows = len(indices) * views
    return fit_each(samples.values(features), targets, strengths, views, rows, start)
