"""Features of photographs and of their views, whoever keeps the photographs."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.preprocessing import TO_TENSOR
from tinyteach.embedding.runtime import Embedding, TfliteModel
from tinyteach.embedding.view_names import SQUARE
from tinyteach.head.fit.augment import augment

# Views are worth their time: on ten hand signs with 20 photographs each, 0, 8 and 32 views of every
# photograph gave 82, 88 and 89 % right. A small set gets many, a large one still some; a thousand
# take about a quarter of a second.
MAX_VIEWS_PER_PHOTO = 32
VIEWS_OF_SMALL_SETS = 800
WANTED_VIEWS_PER_PHOTO = 8
MAX_VIEWS = 4000
MAX_ROWS_AT_ONCE = 4000  # photographs and views that somebody who waits is to wait for


class PhotoSource(Protocol):
    """Photographs by number, as a training asks for them."""

    def __len__(self) -> int: ...

    def features(self, index: int) -> NDArray[np.int8]:
        """int8 [F], by the reference kernels, as the board computes them."""

    def views(self, index: int, count: int) -> NDArray[np.int8]:
        """Features of drawn views: int8 [count, F]."""


class PhotoEmbedder:
    """Embeds squares (uint8 [N, N, 3]); the same square and ``seed`` give the same views.

    Of more views the first are those that fewer would be, so that they can be kept and cut.
    ``preprocessing`` makes the photographs' tensors; drawn views are the agent's either way: the
    two are a quarter as far apart as a view and its photograph.
    """

    def __init__(self, embedding: Embedding, seed: int = 0, preprocessing: str = SQUARE) -> None:
        self.embedding = embedding
        self.preprocessing = preprocessing
        self._seed = seed

    @cached_property
    def _fast(self) -> TfliteModel:
        return TfliteModel(self.embedding.network, reference=False)

    def features(self, square: NDArray[np.uint8]) -> NDArray[np.int8]:
        """int8 [F], by the reference kernels."""
        return self._seen(square, self.preprocessing)

    def _seen(self, square: NDArray[np.uint8], preprocessing: str) -> NDArray[np.int8]:
        tensor = TO_TENSOR[preprocessing](square, self.embedding.side)
        of_photo: NDArray[np.int8] = self.embedding.embed(tensor[None])[0]
        return of_photo

    def views(
        self, square: NDArray[np.uint8], count: int, is_own_frame: bool = False
    ) -> NDArray[np.int8]:
        """int8 [count, F]: drawn ones, and before them, where the photographs' tensors are not the
        agent's, the agent's view of the photograph, unless it is a frame of the camera that they
        are for.
        """
        if not count or is_own_frame or self.preprocessing == SQUARE:
            return self._drawn(square, count)
        rest = self._drawn(square, count - 1)
        return np.concatenate([self._seen(square, SQUARE)[None], rest])

    def _drawn(self, square: NDArray[np.uint8], count: int) -> NDArray[np.int8]:
        """int8 [count, F], by LiteRT's optimised kernels, thirty times as fast as the reference.

        They are off by a quarter of a step on average, where views differ from their photograph
        by three; and views only train: what is reported and verified comes from photographs and
        the reference kernels.
        """
        if not count:
            return np.empty((0, self.embedding.features), np.int8)
        digest = hashlib.sha256(square.tobytes()).digest()
        rng = np.random.default_rng((self._seed, int.from_bytes(digest[:8], "little")))
        images = augment(square, self.embedding.side, count, rng)
        return self._fast.run((images ^ 0x80).view(np.int8))  # pixel − 128


class SquaresInMemory:
    """A `PhotoSource` of squares, uint8 [N, N, 3]."""

    def __init__(self, squares: Sequence[NDArray[np.uint8]], embedder: PhotoEmbedder) -> None:
        self._squares = squares
        self._embedder = embedder

    def __len__(self) -> int:
        return len(self._squares)

    def features(self, index: int) -> NDArray[np.int8]:
        return self._embedder.features(self._squares[index])

    def views(self, index: int, count: int) -> NDArray[np.int8]:
        return self._embedder.views(self._squares[index], count)


def views_per_photo(photos: int) -> int:
    """Views that each of so many photographs gets to train on."""
    wanted = max(VIEWS_OF_SMALL_SETS // max(photos, 1), WANTED_VIEWS_PER_PHOTO)
    return min(wanted, MAX_VIEWS // max(photos, 1), MAX_VIEWS_PER_PHOTO)


def views_at_once(photos: int) -> int:
    """The same for a head that somebody waits for: of thousands each is seen once."""
    return min(views_per_photo(photos), max(0, MAX_ROWS_AT_ONCE // max(photos, 1) - 1))
