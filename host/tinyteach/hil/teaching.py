"""The head of a run: trained on its photographs, at work on the board."""

from tinyteach.api.board import Board
from tinyteach.api.head import Head
from tinyteach.data.project import DEFAULT_EMBEDDING
from tinyteach.embedding.runtime import Embedding
from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory
from tinyteach.head.fit.train import train_source
from tinyteach.hil.photographs import Photos
from tinyteach.hil.reference import put_to_work
from tinyteach.service.projects.embeddings import load_named, name_of


def embedding_of(board: Board, expected: str | None = None) -> Embedding:
    """The one that the board has; the default one where it ships with nobody."""
    return load_named(expected or name_of(board.client.info().embedding) or DEFAULT_EMBEDDING)


def head_at_work(board: Board, photos: Photos, embedding: Embedding) -> Head:
    """Trained on the photographs to train on, each a recording of its own, and deployed."""
    squares = [photo.square for photo in photos.training]
    labels = [photo.label for photo in photos.training]
    bursts = [str(number) for number in range(len(squares))]
    source = SquaresInMemory(squares, PhotoEmbedder(embedding))
    file = train_source(source, labels, bursts, embedding).head
    put_to_work(board, file, embedding, squares[0])
    return Head(file, embedding)
