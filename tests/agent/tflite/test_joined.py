"""A joined model on the agent's own interpreter under MicroPython equals LiteRT's reference."""

import numpy as np
import pytest
from model_cases import NATIVE, Case

from paired import views_of
from slices import few
from tinyteach.embedding import stretched
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import EMBEDDING_FILES, load_embedding
from tinyteach.head.format.joined import join
from trained import quick_trainings, train_head

THINGS = ("cat", "coffee")


@pytest.fixture(scope="module", params=EMBEDDING_FILES)
def pair(request):
    embedding = load_embedding(EMBEDDING_FILES[request.param])
    squares = [v for name in THINGS for seed in (1, 2) for v in views_of(name, 2, seed=seed)]
    labels = [name for name in THINGS for _ in range(4)]
    with quick_trainings():
        return embedding, train_head(squares, labels, labels, embedding, views=1).head


@pytest.mark.parametrize("compare", few(NATIVE, *NATIVE[:2]), indirect=True, ids="-".join)
def test_alone(pair, compare):
    embedding, head = pair
    pictures = [v for name in THINGS for v in views_of(name, 2, seed=5)]
    vectors = [[to_tensor(picture, embedding.side)[None]] for picture in pictures]
    vectors.append([np.random.default_rng(1).integers(-128, 128, vectors[0][0].shape, np.int8)])
    compare([Case(join(embedding, head), vectors)])


@pytest.mark.soak
@pytest.mark.parametrize("compare", NATIVE, indirect=True, ids="-".join)
def test_a_thousand_views(pair, compare):
    embedding, head = pair
    pictures = [v for name in THINGS for v in views_of(name, 500, seed=7)]
    vectors = [[to_tensor(picture, embedding.side)[None]] for picture in pictures]
    compare([Case(join(embedding, head), vectors)])


@pytest.mark.parametrize("compare", few(NATIVE, *NATIVE[:2]), indirect=True, ids="-".join)
def test_with_the_picture_averaged_in_front(pair, compare):
    embedding, head = pair
    model = join(embedding, head, stretched.input_side(embedding.side))
    pictures = [v for name in THINGS for v in views_of(name, 1, seed=6, side=240)]
    vectors = [[stretched.to_input(picture, embedding.side)[None]] for picture in pictures]
    vectors.append([np.random.default_rng(2).integers(-128, 128, vectors[0][0].shape, np.int8)])
    compare([Case(model, vectors)])
