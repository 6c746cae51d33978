"""Photographs that probably stand in the wrong class: confident learning.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal
of Artificial Intelligence Research 70 (2021). A photograph is confidently of a class if its
probability reaches what photographs of that class reach on average, by heads that had not seen
it. Of hard classes that alone names too many: it must be nearly nothing of its own class, too,
and both be classes whose photographs are usually recognised.
`bench/forecast.py` measures which of planted ones are found.
"""

from dataclasses import dataclass

import numpy as np

from tinyteach.head.fit.evaluation import Evaluation

LIKELY = 0.7  # probability of the other class, at least
UNLIKELY = 0.02  # of its own, at most
USUAL = 0.5  # that photographs of both classes reach on average, at least


@dataclass(frozen=True)
class Doubt:
    """A photograph whose ``label`` is doubted; ``index`` is its place among all given."""

    index: int
    label: str
    likely: str
    probability: float  # of the likely class, among the known ones


def mislabelled(evaluation: Evaluation) -> list[Doubt]:
    """The doubtful ones, the surest first."""
    targets, labels = evaluation.targets, evaluation.labels
    if not len(targets):
        return []
    shares = evaluation.scores.astype(float) + 128
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    own = shares[np.arange(len(targets)), targets]
    counts = np.bincount(targets, minlength=len(labels))
    usual = np.bincount(targets, own, len(labels)) / np.maximum(counts, 1)
    likely = np.where((shares >= usual) & (usual >= USUAL), shares, 0).argmax(axis=1)
    sure = shares[np.arange(len(targets)), likely]
    doubted = (
        (sure >= LIKELY) & (own <= UNLIKELY) & (np.minimum(usual[likely], usual[targets]) >= USUAL)
    )
    order = sorted(np.flatnonzero(doubted).tolist(), key=lambda row: -sure[row])
    return [
        Doubt(
            int(evaluation.indices[row]),
            labels[targets[row]],
            labels[likely[row]],
            float(sure[row]),
        )
        for row in order
    ]
