"""How unlike everything that was shown a view is, which no line between the classes tells.

What the camera sees is compared by the mean of its map's places (64 numbers with the embeddings
that ship). Of the classes' own photographs, together, and of the background set mean and covariance
are taken; the novelty of a view is its squared Mahalanobis distance from the first less half of
that from the second (relative Mahalanobis distance: Ren et al. 2021, "A Simple Fix to Mahalanobis
Distance for Improving Near-OOD Detection"). Decision 0037 has what else was tried.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The own photographs' covariance is that of the background for a beginning, as if so many
# photographs had it: those of one recording vary far less than what is seen next.
PRIOR_PHOTOS = 100
# Of covariances, towards their mean variance; the first where there is no background.
SHRINKAGE = 0.3
OWN_SHRINKAGE = 0.05
BACKGROUND_SHRINKAGE = 0.1
# How much the distance from the background counts.
BACKGROUND_WEIGHT = 0.5
# So many are compared along, each of them a row of numbers in the head.
DIRECTIONS = 32
# Features that no map can be averaged to so few are not compared: the head would weigh too much.
MOST_NUMBERS = 256


def averaged(values: NDArray[np.floating], places: int) -> NDArray[np.floating]:
    """The mean of a map's ``places``: ``values`` float, N × (places · P) to N × P."""
    by_place = values.reshape(len(values), places, values.shape[1] // places)
    mean: NDArray[np.floating] = by_place.mean(axis=1)
    return mean


@dataclass(frozen=True)
class Novelty:
    """signs · (directions · (p − centre))² + slope · (p − centre), of averaged values p."""

    directions: NDArray[np.float64]  # R × P
    signs: NDArray[np.float64]  # R, 1 or −1
    centre: NDArray[np.float64]  # P
    slope: NDArray[np.float64]  # P

    def of(self, averages: NDArray[np.floating]) -> NDArray[np.floating]:
        """The novelty of ``averages`` (float, N×P): float, N; high where unlike."""
        away = averages - self.centre
        found: NDArray[np.floating] = (away @ self.directions.T) ** 2 @ self.signs
        return found + away @ self.slope

    def times(self, gain: float) -> "Novelty":
        """The novelty multiplied by ``gain``, at least 0."""
        directions = np.sqrt(gain) * self.directions
        return Novelty(directions, self.signs, self.centre, gain * self.slope)


def fit_novelty(
    own: NDArray[np.floating], targets: NDArray[np.intp], background: NDArray[np.floating]
) -> Novelty:
    """From averages (float, N×P and B×P) of the classes ``targets`` (int, N) and of anything.

    Classes weigh the same. There may be no background.
    """
    middle = np.mean([own[targets == c].mean(axis=0) for c in np.unique(targets)], axis=0)
    spread, slope = _covariance(own, middle), np.zeros(len(middle))
    if len(background) < 2:
        precision = _inverse(spread, SHRINKAGE)
    else:
        mean = background.mean(axis=0)
        anything = _covariance(background, mean)
        spread = (len(own) * spread + PRIOR_PHOTOS * anything) / (len(own) + PRIOR_PHOTOS)
        others = BACKGROUND_WEIGHT * _inverse(anything, BACKGROUND_SHRINKAGE)
        precision = _inverse(spread, OWN_SHRINKAGE) - others
        # (p − mean)² seen from the own middle: a square about it, a slope, and what stays the same.
        slope = 2 * others @ (mean - middle)
    values, vectors = np.linalg.eigh(precision)
    # Those that tell most of what is not one's own.
    all_of_it = background if len(background) > 1 else own
    told = np.abs(values) * np.mean(((all_of_it - middle) @ vectors) ** 2, axis=0)
    kept = np.argsort(told)[-DIRECTIONS:]
    values, vectors = values[kept], vectors[:, kept]
    directions = np.sqrt(np.abs(values))[:, None] * vectors.T
    return Novelty(directions, np.where(values < 0, -1.0, 1.0), middle, slope)


def _covariance(rows: NDArray[np.floating], middle: NDArray[np.floating]) -> NDArray[np.float64]:
    away = rows.astype(np.float64) - middle
    return away.T @ away / len(rows)


def _inverse(covariance: NDArray[np.float64], shrinkage: float) -> NDArray[np.float64]:
    """Of the covariance, shrunk towards that of a ball."""
    size = len(covariance)
    ball = max(float(np.trace(covariance)) / size, 1e-12)
    shrunk = (1 - shrinkage) * covariance + shrinkage * ball * np.eye(size)
    return np.asarray(np.linalg.inv(shrunk), np.float64)
