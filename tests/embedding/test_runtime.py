"""Running .tflite files: shapes, exactness between calls, and errors a user can act on."""

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tinyteach.embedding import litert
from tinyteach.embedding.runtime import EMBEDDING_FILE, Embedding, TfliteModel, load_embedding
from tinyteach.errors import MissingToolError, ModelError


@pytest.fixture(scope="module")
def embedding() -> Embedding:
    return load_embedding()


def tensors(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(-128, 128, (count, 64, 64, 3)).astype(np.int8)


def test_the_shipped_embedding_says_what_it_is(embedding):
    assert embedding.side == 64
    assert embedding.fingerprint == hashlib.sha256(EMBEDDING_FILE.read_bytes()).digest()
    assert embedding.content == EMBEDDING_FILE.read_bytes()
    assert embedding.scale > 0 and -128 <= embedding.zero_point <= 127


def test_features_do_not_depend_on_threads_or_company(embedding):
    many = tensors(50)
    together = embedding.embed(many)
    assert together.shape == (50, embedding.features) and together.dtype == np.int8
    alone = np.concatenate([embedding.embed(one[None]) for one in many])
    np.testing.assert_array_equal(together, alone)
    assert len(np.unique(together, axis=0)) > 1


def test_one_embedding_serves_several_threads(embedding):
    batches = [tensors(count) for count in (3, 5, 7, 9)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(embedding.embed, batches * 3))
    for features, batch in zip(together, batches * 3, strict=True):
        np.testing.assert_array_equal(features, embedding.embed(batch))


def test_nothing_in_nothing_out(embedding):
    assert embedding.embed(tensors(0)).shape == (0, embedding.features)


def test_optimised_kernels_differ_by_rounding_only(embedding):
    fast = TfliteModel(embedding.content, reference=False).run(tensors(20))
    exact = embedding.embed(tensors(20))
    difference = np.abs(fast.astype(int) - exact)
    # Each of 12 layers may round one step otherwise, and whitening makes small directions large:
    # features have a standard deviation of 1.
    assert difference.mean() * embedding.scale < 0.1
    assert difference.max() * embedding.scale < 3


def test_a_wrong_tensor_is_refused(embedding):
    with pytest.raises(ModelError, match=r"takes int8 \(64, 64, 3\)"):
        embedding.embed(np.zeros((1, 32, 32, 3), np.int8))
    with pytest.raises(ModelError, match="uint8"):
        embedding.embed(np.zeros((1, 64, 64, 3), np.uint8))


@pytest.mark.parametrize("kept", [0, 3, 8, 1000, -4096])
def test_a_cut_file_is_refused(kept):
    with pytest.raises(ModelError, match="damaged"):
        TfliteModel(EMBEDDING_FILE.read_bytes()[:kept])


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "photo.tflite"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    with pytest.raises(ModelError, match="no .tflite model that boards"):
        load_embedding(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="nothing-here.tflite"):
        load_embedding(tmp_path / "nothing-here.tflite")


def test_another_model_is_no_embedding():
    from tinyteach.embedding.recipe.teacher import cut_at_feature_map

    feature_map = cut_at_feature_map(EMBEDDING_FILE.read_bytes())
    with pytest.raises(ModelError, match="no TinyTeach embedding"):
        Embedding(feature_map)


def test_without_litert_the_sentence_says_what_to_install(monkeypatch):
    for name in ("interpreter", "schema_py_generated"):
        monkeypatch.setitem(sys.modules, f"ai_edge_litert.{name}", None)
    with pytest.raises(MissingToolError, match="pip install ai-edge-litert"):
        load_embedding()
    with pytest.raises(MissingToolError, match="pip install ai-edge-litert"):
        litert.schema_module()
