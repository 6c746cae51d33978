"""Which embeddings' features are a map of the picture."""

import pytest

from foreign_models import large
from little_embedding import little_embedding
from tinyteach.embedding.feature_map import map_size
from tinyteach.embedding.runtime import EMBEDDING_FILES
from tinyteach.errors import ModelError


@pytest.mark.parametrize("name", EMBEDDING_FILES)
def test_those_that_ship(name):
    assert map_size(EMBEDDING_FILES[name].read_bytes()) == (4, 4)


def test_another_map():
    rows, columns = map_size(little_embedding())
    assert rows == columns > 4


def test_an_average_is_none():
    assert map_size(large(32, 8)) is None


def test_what_is_no_model():
    with pytest.raises(ModelError):
        map_size(b"TFL3")
