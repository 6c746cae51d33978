"""Heads of squares in memory."""

from contextlib import contextmanager

import pytest

from tinyteach.head.fit import evaluate, photo_features
from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory
from tinyteach.head.fit.regression import DEFAULT_STRENGTH
from tinyteach.head.fit.train import train_source


@contextmanager
def quick_trainings():
    """With one regularisation and few views of each photograph, in a third of the time.

    Which regularisation is best, and what many views bring, tests/head asks.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "STRENGTHS", (DEFAULT_STRENGTH,))
        patch.setattr(photo_features, "MAX_VIEWS_PER_PHOTO", 4)
        yield


def train_head(squares, labels, bursts, embedding, *, seed=0, **options):
    """`train_source` of them."""
    source = SquaresInMemory(squares, PhotoEmbedder(embedding, seed))
    return train_source(source, labels, bursts, embedding, seed=seed, **options)
