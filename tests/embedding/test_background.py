"""The set of pictures of anything that an embedding brings along."""

import numpy as np
import pytest

from tinyteach.embedding.background import (
    background_path,
    load_background,
)
from tinyteach.embedding.recipe.background import IMAGES, SCENES, choose_images, write_background
from tinyteach.embedding.runtime import EMBEDDING_FILES, load_embedding
from tinyteach.errors import ModelError


def test_what_is_written_is_read(tmp_path):
    features = np.random.default_rng(0).integers(-128, 128, (9, 5)).astype(np.int8)
    write_background(tmp_path / "a.tflite", features, bytes(range(32)))
    found = load_background(tmp_path / "a.tflite", bytes(range(32)))
    np.testing.assert_array_equal(found, features)


def test_none_and_another_embeddings_are_none(tmp_path):
    assert load_background(tmp_path / "a.tflite", bytes(32)) is None
    write_background(tmp_path / "a.tflite", np.zeros((2, 5), np.int8), bytes(32))
    assert load_background(tmp_path / "a.tflite", bytes(range(32))) is None


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut short"])
def test_a_damaged_one_is_refused(tmp_path, content):
    background_path(tmp_path / "a.tflite").write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        load_background(tmp_path / "a.tflite", bytes(32))


def test_what_holds_other_arrays_is_damaged(tmp_path):
    write_background(tmp_path / "a.tflite", np.zeros((2, 5), np.float32), bytes(32))
    with pytest.raises(ModelError, match="damaged"):
        load_background(tmp_path / "a.tflite", bytes(32))


def test_the_same_features_make_the_same_file(tmp_path):
    features = np.random.default_rng(1).integers(-128, 128, (9, 5)).astype(np.int8)
    for name in ("a.tflite", "b.tflite"):
        write_background(tmp_path / name, features, bytes(range(32)))
    first, second = (background_path(tmp_path / name) for name in ("a.tflite", "b.tflite"))
    assert first.read_bytes() == second.read_bytes()


def test_half_of_the_images_are_changed_and_none_comes_twice():
    images = np.arange(1000, dtype=np.uint16).view(np.uint8).reshape(1000, 1, 1, 2)
    chosen = choose_images(images, lambda some: some[::-1])
    assert len(np.unique(chosen, axis=0)) == len(chosen) == IMAGES
    changed = choose_images(images, np.zeros_like)
    np.testing.assert_array_equal(changed[: IMAGES // 2], chosen[: IMAGES // 2])
    assert not changed[IMAGES // 2 :].any()


@pytest.mark.parametrize("name", EMBEDDING_FILES)
def test_what_ships_has_one(name):
    embedding = load_embedding(EMBEDDING_FILES[name])
    assert embedding.background.shape == (IMAGES + SCENES, embedding.features)
    assert len(np.unique(embedding.background, axis=0)) == IMAGES + SCENES
