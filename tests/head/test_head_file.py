"""Reading head files: whole ones, and everything else."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bad_heads import graph_changed
from tinyteach.embedding.runtime import EMBEDDING_FILE, TfliteModel
from tinyteach.errors import ModelError
from tinyteach.head.fit.regression import LinearHead
from tinyteach.head.format.head_file import load_head, read_head, with_threshold
from tinyteach.head.format.metadata import Card, SelfTests, append_labels, sealed_anew
from tinyteach.head.format.quantise import quantise
from tinyteach.head.format.tflite_writer import blank_card, write_head

LABELS = ("cat", "coffee", "unknown")


def small_head(classes=3, features=8):
    rng = np.random.default_rng(0)
    vectors = rng.integers(-128, 128, (4, features)).astype(np.int8)
    linear = LinearHead(rng.normal(0, 1, (classes, features)), np.zeros(classes))
    return quantise(linear.weights, linear.bias, vectors, 0.05, 0), vectors[:2]


@pytest.fixture(scope="module")
def small():
    """A complete head file of 3 classes and 8 features."""
    quantised, vectors = small_head()
    labels = ("cup", "no cup", "café ☕")
    scores = TfliteModel(write_head(quantised, blank_card(labels, quantised))).run(vectors)
    return write_head(quantised, Card(labels, b"\x07" * 32, SelfTests(vectors, scores)))


@pytest.mark.parametrize("threshold", [0, 1, 255])
def test_another_threshold_is_the_same_head(small, threshold):
    head = with_threshold(load_head(small), threshold)
    assert head.threshold == read_head(head.content).threshold == threshold
    assert len(head.content) == len(small)
    both = enumerate(zip(head.content, small, strict=True))
    differing = [at for at, (ours, theirs) in both if ours != theirs]
    # One byte, and the seal at the end.
    assert threshold == 0 or len([at for at in differing if at < len(small) - 64]) == 1
    assert with_threshold(head, load_head(small).threshold).content == small


def test_reads_what_was_written(small):
    info = read_head(small)
    assert info.labels == ("cup", "no cup", "café ☕")
    assert info.embedding_fingerprint == b"\x07" * 32
    assert info.features == 8
    assert info.self_tests.features.shape == (2, 8)
    assert info.fingerprint == hashlib.sha256(small).digest()
    assert load_head(small).labels == info.labels


def test_cut_short_anywhere(small):
    for length in range(len(small)):
        with pytest.raises(ModelError):
            load_head(small[:length])


@given(st.data())
def test_damaged_anywhere(small, data):
    position = data.draw(st.integers(0, len(small) - 1))
    damaged = bytearray(small)
    damaged[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ModelError):
        load_head(bytes(damaged))


@settings(max_examples=150)
@given(st.data())
def test_damage_under_a_fitting_digest_is_no_crash(small, data):
    """A tool that writes nonsense and seals it: read_head refuses or reads, nothing else."""
    end = small.index(b"PK\x03\x04")
    damaged = bytearray(small[:end])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(8, end - 1))] = data.draw(st.integers(0, 255))
    try:
        info = read_head(append_labels(bytes(damaged), ("cup", "no cup", "café ☕")))
    except ModelError:
        return
    assert info.labels == ("cup", "no cup", "café ☕")


def _softmax(**changed):
    """An unsealed head whose SOFTMAX has another beta or says that its options are others'."""

    def change(model, schema):
        operator = model.subgraphs[0].operators[-1]
        operator.builtinOptions.beta = changed.get("beta", 1.0)
        operator.builtinOptionsType = changed.get("kind", operator.builtinOptionsType)

    return graph_changed(change)


def _misnamed(model, schema):
    model.subgraphs[0].tensors[0].name = b"\xff"


# LiteRT ends the process by the first three and its Python raises on the fourth.
@pytest.mark.parametrize(
    "model",
    [_softmax(beta=1e-20), _softmax(kind=0), _softmax(kind=7), graph_changed(_misnamed)],
    ids=["beta", "options of no kind", "options of another kind", "name"],
)
def test_what_litert_cannot_take_is_refused_before(model):
    assert load_head(append_labels(_softmax(), LABELS))
    with pytest.raises(ModelError):
        load_head(append_labels(model, LABELS))


def test_labels_that_are_cut_short_in_their_zip():
    """The zip's directory says that there are more."""
    model = append_labels(_softmax(), LABELS)
    at = model.rindex(b"PK\x01\x02") + 20  # the sizes, packed and unpacked
    longer = model[:at] + b"\xff\xff\0\0" * 2 + model[at + 8 :]
    with pytest.raises(ModelError, match="parts"):
        load_head(sealed_anew(longer))


@pytest.mark.parametrize(
    "content",
    [b"", b"TFL3", bytes(2000), b"\x1c\0\0\0TFL3" + bytes(3000), b"PK\x03\x04" + bytes(100)],
)
def test_other_files(content):
    with pytest.raises(ModelError, match="no TinyTeach head"):
        read_head(content)


def test_other_models():
    with pytest.raises(ModelError, match="no TinyTeach head"):
        read_head(EMBEDDING_FILE.read_bytes())


def test_labels_that_contradict_each_other(small):
    model = small[: small.index(b"PK\x03\x04")]
    with pytest.raises(ModelError, match="do not fit together"):
        read_head(append_labels(model, ("cup", "no cup", "mug")))


@pytest.mark.parametrize(("classes", "features"), [(2, 8), (3, 7)])
def test_card_that_contradicts_the_graph(classes, features):
    quantised, _ = small_head()
    other, vectors = small_head(classes, features)
    scores = np.zeros((2, classes), np.int8)
    card = Card(
        blank_card(("a", "b", "c")[:classes], other).labels, bytes(32), SelfTests(vectors, scores)
    )
    with pytest.raises(ModelError, match="do not fit its labels"):
        read_head(write_head(quantised, card))


def test_wrong_self_test(small):
    quantised, vectors = small_head()
    scores = TfliteModel(small).run(vectors)
    scores[1, 2] ^= 1
    card = Card(("a", "b", "c"), bytes(32), SelfTests(vectors, scores))
    content = write_head(quantised, card)
    assert read_head(content).labels == ("a", "b", "c")
    with pytest.raises(ModelError, match="self-test"):
        load_head(content)


def test_another_embedding(small):
    head = load_head(small)
    head.check_embedding(b"\x07" * 32)
    with pytest.raises(ModelError, match="070707070707, and here is 080808080808; train again"):
        head.check_embedding(b"\x08" * 32)


def test_features_of_another_length(small):
    with pytest.raises(ModelError):
        load_head(small).scores(np.zeros((1, 9), np.int8))
