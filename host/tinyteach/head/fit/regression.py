"""Fits the float head: multinomial logistic regression, by SciPy's L-BFGS-B."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.threads import one_blas_thread

# Inverse strength of the penalty per photograph (as scikit-learn's C; a photograph and its views
# count as one). On faces with and without masks and on hand signs, 5 to 50 photographs a class,
# the best by log loss lay between the ends, and 0.3 within half a point of the best accuracy.
STRENGTHS = (0.1, 0.3, 1.0)
DEFAULT_STRENGTH = 0.3


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
    return fit_each(values, targets, (strength,), views_per_photo, rows)[0]


def fit_each(
    values: NDArray[np.floating],
    targets: NDArray[np.intp],
    strengths: Sequence[float],
    views_per_photo: int = 1,
    rows: int | None = None,
) -> list[LinearHead]:
    """`fit` with each of ``strengths``."""
    # One scale for all features, so that the penalty means the same for every embedding. A scale
    # for each would raise the noise of features that hardly vary over a few photographs.
    share = _equal_shares(targets)
    mean = share @ values
    scaled = values - mean
    spread = float(np.sqrt(share @ np.mean(scaled**2, axis=1))) or 1.0
    scaled /= spread
    problem = SoftmaxRegression(scaled, targets, share)
    # The next one begins where the one before ended: a few steps are left to it.
    parameters = problem.nothing()
    heads = []
    for strength in strengths:
        penalty = views_per_photo / (strength * (rows or len(targets)))
        with one_blas_thread():
            parameters = _least(problem, penalty, parameters)
        found = _one_row_per_class(problem.by_class(parameters))
        weights = found[:, :-1] / spread
        heads.append(LinearHead(weights, found[:, -1] - weights @ mean))
    return heads


@dataclass(frozen=True)
class SoftmaxRegression:
    """What is made least: the weighted mean of −log of the true class's probability, and
    ``penalty`` / 2 times the squares of the weights.

    ``values`` are float32, N×F, of classes ``targets`` (int, N), with weights ``share`` (float32,
    N, sum 1). Parameters are float64, for each class the weights and then the bias; of two classes
    one row, the second's less the first's.
    """

    values: NDArray[np.float32]
    targets: NDArray[np.intp]
    share: NDArray[np.floating]

    @cached_property
    def _classes(self) -> int:
        return int(self.targets.max()) + 1

    def nothing(self) -> NDArray[np.float64]:
        """Parameters to begin with."""
        rows = self._classes if self._classes > 2 else 1
        return np.zeros(rows * (self.values.shape[1] + 1))

    def by_class(self, parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        """``parameters`` as rows of F weights and the bias."""
        return parameters.reshape(-1, self.values.shape[1] + 1)

    def loss(
        self, parameters: NDArray[np.float64], penalty: float
    ) -> tuple[float, NDArray[np.float64]]:
        """It, and its gradient by the parameters."""
        rows = self.by_class(parameters)
        narrow = rows.astype(self.values.dtype)
        logits = self.values @ narrow[:, :-1].T + narrow[:, -1]
        if self._classes == 2:
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        sums = odds.sum(axis=1, keepdims=True)
        true = np.arange(len(self.targets)), self.targets
        found = float(self.share @ (np.log(sums[:, 0]) - logits[true]))
        # The gradient by logits: the probability, less one for the true class.
        odds /= sums
        odds[true] -= 1
        odds *= self.share[:, None]
        by_logits = odds[:, -len(rows) :]
        gradient = np.empty_like(rows)
        gradient[:, :-1] = by_logits.T @ self.values + penalty * rows[:, :-1]
        gradient[:, -1] = by_logits.sum(axis=0)
        return found + penalty / 2 * float(np.sum(rows[:, :-1] ** 2)), gradient.ravel()


def _least(
    problem: SoftmaxRegression, penalty: float, start: NDArray[np.float64]
) -> NDArray[np.float64]:
    from scipy.optimize import minimize

    # Of 200 steps the last hardly move the scores.
    options = {"gtol": 1e-3, "ftol": 1e-14, "maxiter": 200, "maxls": 50}
    found = minimize(
        *(problem.loss, start, (penalty,)), method="L-BFGS-B", jac=True, options=options
    )
    least: NDArray[np.float64] = found.x
    return least


def _equal_shares(targets: NDArray[np.intp]) -> NDArray[np.floating]:
    """Weights of the rows (float32, sum 1) that give every class the same."""
    counts = np.bincount(targets)
    return (1 / (len(counts) * counts[targets])).astype(np.float32)


def _one_row_per_class(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two classes come as one difference; halves of it keep the logits small."""
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
