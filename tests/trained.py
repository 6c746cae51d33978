"""Heads of squares in memory."""

from contextlib import contextmanager

import pytest

from tinyteach.head.fit import evaluate
from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory
from tinyteach.head.fit.regression import DEFAULT_STRENGTH
from tinyteach.head.fit.train import train_source


@contextmanager
def one_strength():
    """Which regularisation is best tests/head asks; trying them is a third of a training's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "STRENGTHS", (DEFAULT_STRENGTH,))
        yield


def train_head(squares, labels, bursts, embedding, *, seed=0, **options):
    """`train_source` of them."""
    source = SquaresInMemory(squares, PhotoEmbedder(embedding, seed))
    return train_source(source, labels, bursts, embedding, seed=seed, **options)
