"""What LiteRT gives after each operator, as a board counts them."""

import numpy as np
import pytest

from foreign_ends import FOREIGN_ENDS
from tinyteach.embedding.layers import Layers
from tinyteach.embedding.runtime import EMBEDDING_FILES, load_embedding, open_embedding
from tinyteach.errors import ModelError


@pytest.mark.parametrize("name", EMBEDDING_FILES)
def test_of_an_embedding(name):
    embedding = load_embedding(EMBEDDING_FILES[name])
    layers = Layers(embedding.content)
    shape = (embedding.side, embedding.side, 3)
    example = np.random.default_rng(1).integers(-128, 128, shape, np.int8)
    results = layers.run(example)
    assert (layers.output == embedding.embed(example[None])[0]).all()
    assert (results[-1].reshape(-1) == layers.output).all()
    assert [r.shape for r in results] == [each.shape for each in layers.operators]
    assert [each.number for each in layers.operators] == list(range(1, len(results) + 1))


def test_what_computes_nothing_is_counted_and_not_run(trained_heads):
    head = trained_heads[0]
    layers = Layers(head.content)
    example = np.random.default_rng(2).integers(-128, 128, head.features).astype(np.int8)
    results = layers.run(example)
    assert (layers.output == head.scores(example[None])[0]).all() and len(results) == 7
    assert [each.number for each in layers.operators] == [1, 3, 4, 5, 6, 7, 8]  # 2: RESHAPE
    assert layers.operators[1].kernel == "average_pool_2d" and results[1].shape == (1, 1, 64)


def test_what_no_board_runs():
    with pytest.raises(ModelError):
        Layers(b"none")


@pytest.mark.parametrize("name", FOREIGN_ENDS)
def test_of_other_ends(name):
    embedding = open_embedding(FOREIGN_ENDS[name]())
    layers = Layers(embedding.content)
    image = np.random.default_rng(4).integers(-128, 128, (32, 32, 3)).astype(np.int8)
    results = layers.run(image)
    assert all(result.dtype == np.int8 for result in results)
    assert np.array_equal(layers.output, embedding.embed(image[None])[0])
