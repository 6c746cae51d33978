"""Estimates how well a head will do on photographs of a recording it has not seen.

For every split a head is fitted, quantised and written as for a board, and run by
LiteRT's reference kernels on the photographs held out: the numbers that the scores
come from are the ones a board would compute. Views of a photograph train only where
the photograph itself does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyteach.embedding.runtime import TfliteModel
from tinyteach.head.evaluation import Evaluation
from tinyteach.head.fit import DEFAULT_STRENGTH, STRENGTHS, LinearHead, fit, log_loss
from tinyteach.head.metadata import Card, SelfTests
from tinyteach.head.quantise import QuantisedHead, dequantise, quantise
from tinyteach.head.splits import Splits, plan_splits
from tinyteach.head.tflite_writer import write_head

# Views of a photograph that the heads under test learn from. More cost time and gain them about a
# point, which the deployed head has on top of the estimate.
TEST_VIEWS = 8

# Multiplications in one pass over the training data from which on trying several strengths
# takes longer (a second and more) than it gains (half a point).
COSTLY = 20_000_000


@dataclass(frozen=True)
class Samples:
    """Features of photographs and of their views, with the embedding's quantisation."""

    labels: tuple[str, ...]
    targets: np.ndarray  # int, N: index into labels
    features: np.ndarray  # int8, N × F, by the reference kernels
    views: np.ndarray  # int8, N × views × F
    scale: float
    zero_point: int

    def rows(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features (int8) and classes to train on: those photographs and their views."""
        features = np.concatenate([self.features[indices, None], self.views[indices]], axis=1)
        targets = np.repeat(self.targets[indices], features.shape[1])
        return features.reshape(len(targets), -1), targets

    def values(self, features: np.ndarray) -> np.ndarray:
        """Real values (float32) of int8 ``features``."""
        return dequantise(features, self.scale, self.zero_point)


def fit_photos(samples: Samples, indices: np.ndarray, strength: float) -> LinearHead:
    """Fit a float head on the photographs ``indices`` and their views."""
    features, targets = samples.rows(indices)
    return fit(samples.values(features), targets, strength, 1 + samples.views.shape[1])


def quantise_photos(samples: Samples, indices: np.ndarray, head: LinearHead) -> QuantisedHead:
    """Quantise ``head`` with the photographs ``indices`` and their views as representatives."""
    features, _ = samples.rows(indices)
    return quantise(head.weights, head.bias, features, samples.scale, samples.zero_point)


def cross_validate(
    samples: Samples,
    bursts: Sequence[str],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Evaluation, float]:
    """Test every photograph with a head that knows nothing of its burst.

    Returns the evaluation and the strength of regularisation that did best: choosing
    among three by the same splits flatters the estimate by less than its own error.
    """
    samples = replace(samples, views=samples.views[:, :TEST_VIEWS])
    splits = plan_splits(samples.targets, bursts, seed=seed)
    strengths = _strengths(samples, splits)
    best: tuple[float, float, list[LinearHead]] = (np.inf, DEFAULT_STRENGTH, [])
    for number, strength in enumerate(strengths):
        heads = []
        for train, _ in splits.folds:
            heads.append(fit_photos(samples, train, strength))
            done = number * len(splits.folds) + len(heads)
            progress(done, len(strengths) * len(splits.folds))
        loss = _loss(samples, splits, heads)
        if loss < best[0]:
            best = (loss, strength, heads)
    _, strength, heads = best
    return _evaluation(samples, splits, heads), strength


def _strengths(samples: Samples, splits: Splits) -> tuple[float, ...]:
    if not splits.folds:
        return ()
    rows = len(samples.targets) * (1 + samples.views.shape[1])
    work = rows * samples.features.shape[1] * len(samples.labels)
    return (DEFAULT_STRENGTH,) if work > COSTLY else STRENGTHS


def _loss(samples: Samples, splits: Splits, heads: list[LinearHead]) -> float:
    """Mean over the classes of the photographs' log loss when held out."""
    losses: dict[int, list[float]] = {}
    for head, (_, test) in zip(heads, splits.folds, strict=True):
        targets = samples.targets[test]
        values = log_loss(head.logits(samples.values(samples.features[test])), targets)
        for target, value in zip(targets.tolist(), values.tolist(), strict=True):
            losses.setdefault(target, []).append(value)
    return float(np.mean([np.mean(values) for values in losses.values()]))


def _evaluation(samples: Samples, splits: Splits, heads: list[LinearHead]) -> Evaluation:
    tested = [test for _, test in splits.folds]
    scores = [
        _scores_on_board(samples, train, test, head)
        for head, (train, test) in zip(heads, splits.folds, strict=True)
    ]
    indices = np.concatenate([np.empty(0, int), *tested])
    order = np.argsort(indices)
    empty = np.empty((0, len(samples.labels)), np.int8)
    return Evaluation(
        samples.labels,
        indices[order],
        samples.targets[indices[order]],
        np.concatenate([empty, *scores])[order],
        folds=len(splits.folds),
        optimistic=tuple(samples.labels[c] for c in sorted(splits.cut)),
        untested=tuple(samples.labels[c] for c in sorted(splits.untested)),
    )


def _scores_on_board(
    samples: Samples, train: np.ndarray, test: np.ndarray, head: LinearHead
) -> np.ndarray:
    quantised = quantise_photos(samples, train, head)
    return TfliteModel(write_head(quantised, blank_card(samples.labels, quantised))).run(
        samples.features[test]
    )


def blank_card(labels: tuple[str, ...], head: QuantisedHead) -> Card:
    """A card without self-tests, for a head that only runs here."""
    nothing = SelfTests(np.empty((0, head.features), np.int8), np.empty((0, head.classes), np.int8))
    return Card(labels, bytes(32), nothing)
