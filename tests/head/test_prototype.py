"""The head of prototypes: its numbers by another way, its file by other tools."""

import io
import zipfile
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_prototype import (
    LOGIT_SCALE,
    THRESHOLD,
    UNKNOWN_STEPS,
    _float32,
    prototype_head,
)
from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.runtime import EMBEDDING_FILES, load_embedding
from tinyteach.errors import ModelError
from tinyteach.head.format.examples import Examples
from tinyteach.head.format.head_file import load_head, read_head

schema = schema_module()
LABELS = ("astronaut", "cat", "coffee", "rocket")


@pytest.fixture(scope="module")
def by_class(features, photo_set):
    return [features[[label == name for label in photo_set[1]]] for name in LABELS]


@pytest.fixture(scope="module")
def head(by_class, embedding):
    examples = Examples((*(rows[:10] for rows in by_class), by_class[0][:0]))
    return load_head(prototype_head(examples, LABELS, embedding))


def test_it_says_what_it_is(head, embedding, by_class):
    info = head
    assert info.labels == LABELS and info.has_background and info.threshold == THRESHOLD
    assert info.embedding_fingerprint == embedding.fingerprint
    assert info.examples.counts == (10, 10, 10, 10, 0)
    np.testing.assert_array_equal(info.self_tests.features, [by_class[0][0], by_class[3][9]])
    with zipfile.ZipFile(io.BytesIO(head.content)) as archive:
        assert archive.testzip() is None
        assert archive.read("labels.txt").decode().split() == [*LABELS, "unknown"]


def test_scores_are_those_of_floating_point(head, by_class, embedding):
    """Directions of the means and a softmax, in doubles; a few 256ths of rounding apart."""
    means = np.stack([rows[:10].mean(axis=0) - embedding.zero_point for rows in by_class])
    lengths = np.linalg.norm(means, axis=1)
    asked = np.concatenate([rows[10:] for rows in by_class])
    along = (asked.astype(float) - embedding.zero_point) @ (means / lengths[:, None]).T
    logits = np.column_stack([20 * along / lengths.mean(), np.full(len(asked), 9.0)])
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = weights / weights.sum(axis=1, keepdims=True)
    got = (head.scores(asked).astype(float) + 128) / 256
    assert np.abs(got - expected).max() < 0.06 and np.abs(got - expected).mean() < 0.005


def test_it_tells_apart_and_knows_strangers(head, by_class, embedding):
    scores = [head.scores(rows[10:]) for rows in by_class]
    right = np.mean([s[:, :4].argmax(axis=1) == n for n, s in enumerate(scores)])
    assert right > 0.75
    strangers = head.scores(embedding.background)[:, :4].max(axis=1).astype(int) + 128
    assert np.mean(strangers >= THRESHOLD) < 0.1


@pytest.mark.parametrize("name", EMBEDDING_FILES)
@pytest.mark.parametrize("classes", [1, 2, 63])
def test_any_number_of_classes(name, classes):
    embedding = load_embedding(EMBEDDING_FILES[name])
    rng = np.random.default_rng(classes)
    rows = [rng.integers(-128, 128, (1 + n % 3, embedding.features), np.int8)
            for n in range(classes + 1)]  # fmt: skip
    labels = [f"class {n}" if n % 2 else f"{n:3}" + "ü" * 30 for n in range(classes)]
    read = load_head(prototype_head(Examples(tuple(rows)), labels, embedding))
    assert read.labels == tuple(labels)
    np.testing.assert_array_equal(read.examples.vectors[-1], rows[-1])


def test_examples_that_say_nothing(embedding):
    """All at the zero point: a prototype without a direction makes no head that a board takes."""
    zeros = np.full((2, embedding.features), embedding.zero_point, np.int8)
    with pytest.raises(ModelError, match="Boards take no such head .a scale is too large"):
        load_head(prototype_head(Examples((zeros, zeros[:0])), ["grey"], embedding))


def test_damage_is_refused(head):
    for at in (40, 5000, len(head.content) // 2, len(head.content) - 200):
        damaged = bytearray(head.content)
        damaged[at] ^= 1
        with pytest.raises(ModelError):
            read_head(bytes(damaged))
    with pytest.raises(ModelError):
        read_head(head.content[:-1])


def test_the_layout_is_the_schema_s(head):
    """LiteRT's own classes read every field that was laid by hand."""
    model = schema.ModelT.InitFromPackedBuf(head.content, 0)
    graph = model.subgraphs[0]
    assert [t.name for t in graph.tensors] == [b"features", b"weights", b"bias", b"logits",
                                               b"scores"]  # fmt: skip
    assert [t.shape.tolist() for t in graph.tensors] == [
        [1, 1024], [5, 1024], [5], [1, 5], [1, 5],
    ]  # fmt: skip
    logits = graph.tensors[3].quantization
    assert (Fraction(float(logits.scale[0])), logits.zeroPoint[0]) == (LOGIT_SCALE, -128)
    scores = graph.tensors[4].quantization
    assert (scores.scale[0], scores.zeroPoint[0]) == (1 / 256, -128)
    weights, bias = (
        np.frombuffer(bytes(model.buffers[graph.tensors[n].buffer].data), kind)
        for n, kind in ((1, np.int8), (2, "<i4"))
    )
    assert bias.tolist() == [0, 0, 0, 0, UNKNOWN_STEPS]
    rows = np.abs(weights.reshape(5, 1024).astype(int))
    assert rows.max(axis=1).tolist() == [127] * 4 + [0]
    assert [code.builtinCode for code in model.operatorCodes] == [9, 25]
    assert graph.operators[1].builtinOptions.beta == 1.0


@given(st.integers(1, 1 << 80), st.integers(1, 1 << 80))
def test_float32_is_rounded_once(numerator, denominator):
    value = Fraction(numerator, denominator)
    got = _float32(value)
    gap = abs(Fraction(float(got)) - value)
    for other in (np.nextafter(got, np.float32(0)), np.nextafter(got, np.float32(np.inf))):
        further = abs(Fraction(float(other)) - value)
        assert gap < further or (gap == further and int(got.view(np.uint32)) % 2 == 0)
