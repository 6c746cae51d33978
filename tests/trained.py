"""Heads of squares in memory."""

from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory
from tinyteach.head.fit.train import train_source


def train_head(squares, labels, bursts, embedding, *, seed=0, **options):
    """`train_source` of them."""
    source = SquaresInMemory(squares, PhotoEmbedder(embedding, seed))
    return train_source(source, labels, bursts, embedding, seed=seed, **options)
