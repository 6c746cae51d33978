"""Models: heads, embeddings of others."""

import numpy as np

from bad_heads import examples_of, head_file
from foreign_ends import quantised_at_both_ends
from fuzz.targets.target import Target
from little_embedding import little_embedding
from tinyteach.embedding.int8_ends import with_int8_ends
from tinyteach.embedding.requirements import arena_bytes
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.errors import ModelError
from tinyteach.head.format.head_file import read_head
from tinyteach.head.format.metadata import sealed_anew

FEATURES = 16


def decode_head(data: bytes) -> None:
    """As it is: the seal refuses nearly all that is damaged."""
    read_head(data).best(np.zeros(read_head(data).self_tests.scores.shape[1], np.int8))


def decode_sealed_head(data: bytes) -> None:
    """With the seal that belongs to it, as somebody makes it who means harm; then put to work."""
    head = read_head(sealed_anew(data))
    head.check()
    if head.examples:
        head.examples.rows()


def decode_embedding(data: bytes) -> None:
    """What a board would take is given int8 ends, and LiteRT."""
    arena_bytes.__wrapped__(data)
    TfliteModel(with_int8_ends(data))


def _heads() -> list[bytes]:
    rich = head_file(features=FEATURES, tests=1, examples=examples_of(FEATURES, 3))
    return [head_file(features=FEATURES, background=0, tests=1), rich]


TARGETS = (
    Target("heads", decode_head, _heads, (ModelError,)),
    Target("sealed_heads", decode_sealed_head, _heads, (ModelError,), (b"TINYTEACH_HEAD", b"TTH2")),
    Target(
        "embeddings",
        decode_embedding,
        lambda: [little_embedding(32), quantised_at_both_ends()],
        (ModelError,),
    ),
)
