"""Fits the float head: multinomial logistic regression by scikit-learn."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.threads import one_blas_thread

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

# Inverse strength of the penalty per photograph (scikit-learn's C; a photograph and its views
# count as one). On faces with and without masks and on hand signs, 5 to 50 photographs a class,
# the best by log loss lay between the ends, and 0.3 within half a point of the best accuracy.
STRENGTHS = (0.1, 0.3, 1.0)
DEFAULT_STRENGTH = 0.3
MAX_STEPS = 200
_ROWS = 2048  # whose squares there are at once


@dataclass(frozen=True)
class LinearHead:
    """Logits = weights · value + bias, of the real values of the features."""

    weights: NDArray[np.float64]  # float64, classes × features
    bias: NDArray[np.float64]  # float64, classes

    def logits(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Logits of ``values`` (float, N×features): float, N×classes."""
        return values @ self.weights.T + self.bias

    def cooled(self, temperature: float) -> "LinearHead":
        """The head whose logits are divided by ``temperature``."""
        return LinearHead(self.weights / temperature, self.bias / temperature)


def fit(
    values: NDArray[np.floating],
    targets: NDArray[np.intp],
    strength: float,
    views_per_photo: int = 1,
    rows: int | None = None,
) -> LinearHead:
    """Fit on ``values`` (float32, N×features) of classes ``targets`` (int, N, 0…classes−1).

    Classes weigh the same whatever their number of photographs; every class up to the
    largest target needs at least one. ``views_per_photo`` rows share one photograph's weight.
    All together weigh as much as ``rows`` rows, by default as many as there are.
    """
    return fit_each(values.copy(), targets, (strength,), views_per_photo, rows)[0]


def fit_each(
    values: NDArray[np.floating],
    targets: NDArray[np.intp],
    strengths: Sequence[float],
    views_per_photo: int = 1,
    rows: int | None = None,
    start: LinearHead | None = None,
) -> list[LinearHead]:
    """`fit` with each of ``strengths``; the first begins at ``start``, if it has these classes.

    ``values`` are overwritten: of many photographs there is no room for them twice.
    """
    from sklearn.linear_model import LogisticRegression

    # One scale for all features, so that the penalty means the same for every embedding. A scale
    # for each would raise the noise of features that hardly vary over a few photographs.
    share = _equal_shares(targets)
    mean = share @ values
    scaled = values
    scaled -= mean
    spread = float(np.sqrt(share @ _mean_squares(scaled))) or 1.0
    scaled /= spread
    # The next one begins where the one before ended: a few steps are left to it.
    model = LogisticRegression(tol=1e-3, max_iter=MAX_STEPS, warm_start=True)
    if start is not None and start.weights.shape == (int(targets.max()) + 1, values.shape[1]):
        _begin_at(model, start, mean, spread)
    heads = []
    for strength in strengths:
        model.set_params(C=strength / views_per_photo)
        with one_blas_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of 200 steps the last hardly move the scores
            model.fit(scaled, targets, sample_weight=share * (rows or len(targets)))
        weights = _one_row_per_class(model.coef_.astype(np.float64)) / spread
        bias: NDArray[np.float64] = (
            _one_row_per_class(model.intercept_.astype(np.float64)) - weights @ mean
        )
        heads.append(LinearHead(weights, bias))
    return heads


def _mean_squares(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Of each row: float, N."""
    starts = range(0, len(values), _ROWS)
    return np.concatenate([np.mean(values[s : s + _ROWS] ** 2, axis=1) for s in starts])


def _begin_at(
    model: "LogisticRegression", start: LinearHead, mean: NDArray[np.floating], spread: float
) -> None:
    """What `fit_each` makes of a model, backwards."""
    weights, bias = start.weights * spread, start.bias + start.weights @ mean
    if len(weights) == 2:
        weights, bias = weights[1:] - weights[:1], bias[1:] - bias[:1]
    model.coef_, model.intercept_ = weights.astype(np.float32), bias.astype(np.float32)


def _equal_shares(targets: NDArray[np.intp]) -> NDArray[np.floating]:
    """Weights of the rows (float32, sum 1) that give every class the same."""
    counts = np.bincount(targets)
    return (1 / (len(counts) * counts[targets])).astype(np.float32)


def _one_row_per_class(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two classes come from scikit-learn as one difference; halves of it keep the logits small."""
    if len(parameters) > 1:
        return parameters
    return np.concatenate([-parameters / 2, parameters / 2])


def log_loss(logits: NDArray[np.floating], targets: NDArray[np.intp]) -> NDArray[np.floating]:
    """−log of the probability of each row's true class: float, N."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    loss: NDArray[np.floating] = (
        np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(targets)), targets]
    )
    return loss


def balanced_log_loss(logits: NDArray[np.floating], targets: NDArray[np.intp]) -> float:
    """Mean of `log_loss` in which every class that is there weighs the same."""
    weights = 1.0 / np.bincount(targets)[targets]
    return float(np.average(log_loss(logits, targets), weights=weights))
