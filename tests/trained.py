"""Heads of squares in memory."""

from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory, views_per_photo
from tinyteach.head.fit.train import train_source


def train_head(squares, labels, bursts, embedding, *, seed=0, views=None, **options):
    """`train_source` of them, with as many views of each as a project's photographs get."""
    source = SquaresInMemory(squares, PhotoEmbedder(embedding, seed))
    views = views_per_photo(len(squares)) if views is None else views
    return train_source(source, labels, bursts, embedding, views, seed=seed, **options)
