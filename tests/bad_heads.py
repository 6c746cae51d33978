"""Heads that no board may put to work, and damaged ones of which nobody knows."""

import random
import struct
from dataclasses import replace
from functools import lru_cache

import flatbuffers
import numpy as np

from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.runtime import TfliteModel, load_embedding
from tinyteach.head.format import metadata
from tinyteach.head.format.examples import Examples
from tinyteach.head.format.metadata import Card, SelfTests
from tinyteach.head.format.quantise import QuantisedHead, QuantisedNovelty
from tinyteach.head.format.tflite_writer import write_head

WORDS = (0, 1, 2, 63, 64, 255, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def head_file(
    labels=("cat", "coffee"), features=None, background=1, tests=2, outputs=None, **changed
):
    """A whole head with weights by chance, whose self-tests pass as far as they fit its graph.

    ``changed`` are numbers of `QuantisedHead`.
    """
    embedding, rng = load_embedding(), np.random.default_rng(7)
    features = embedding.features if features is None else features
    outputs = len(labels) + background if outputs is None else outputs
    numbers = QuantisedHead(
        weights=rng.integers(-127, 128, (outputs, features), np.int8),
        weight_scales=np.full(outputs, 0.01, np.float32),
        bias=np.zeros(outputs, np.int32),
        input_scale=embedding.scale,
        input_zero_point=embedding.zero_point,
        logit_scale=0.1,
        logit_zero_point=0,
    )
    examples, numbers = changed.pop("examples", None), replace(numbers, **changed)
    blank = Card(tuple(labels), embedding.fingerprint, self_tests(features, tests), background)
    vectors = self_tests(features, tests, TfliteModel(write_head(numbers, blank)), blank.outputs)
    return write_head(numbers, replace(blank, self_tests=vectors), examples)


def self_tests(features, count, model=None, outputs=0):
    vectors = np.random.default_rng(8).integers(-128, 128, (count, features), np.int8)
    scores = np.zeros((count, outputs), np.int8)
    if model and count:
        given = model.run(vectors)[:, :outputs]
        scores[:, : given.shape[1]] = given
    return SelfTests(vectors, scores)


def novelty(directions, places=(4, 4), numbers=64):
    """Of so many directions, by chance."""
    rng = np.random.default_rng(9)
    return QuantisedNovelty(
        *(places, rng.integers(-127, 128, (directions, numbers), np.int8), 0.01),
        *(np.zeros(directions, np.int32), 0.05, 0.2, np.ones(directions, np.int8)),
        *(0.3, -128, 0.2, 20),
    )


def examples_of(features, classes):
    return Examples(tuple(np.zeros((2, features), np.int8) for _ in range(classes)))


def graph_changed(change, **of_head):
    """A head whose model ``change(model, schema)`` has altered."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(head_file(tests=0, **of_head), 0)
    change(model, schema)
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _two_inputs(model, schema):
    model.subgraphs[0].inputs = [0, 3]


def _scores_of_the_dense_layer(model, schema):
    model.subgraphs[0].outputs = [3]


def _another_operator(model, schema):
    code = schema.BuiltinOperator.RESHAPE
    model.operatorCodes[1].builtinCode = model.operatorCodes[1].deprecatedBuiltinCode = code


def _without_squares(model, schema):
    code = schema.BuiltinOperator.RESHAPE
    (mul,) = [c for c in model.operatorCodes if c.builtinCode == schema.BuiltinOperator.MUL]
    mul.builtinCode = mul.deprecatedBuiltinCode = code


def _wide_squares(model, schema):
    """Directions whose squares would have another shape."""
    model.subgraphs[0].tensors[9].shape = [1, 40]


def _not_int8(model, schema):
    model.subgraphs[0].tensors[0].type = schema.TensorType.UINT8


def _relabelled(old, new):
    size = bytes([len(new)])
    return head_file(labels=(old.decode(), "cup")).replace(size + old, size + new)


@lru_cache
def bad_heads():
    """What it is → the file. None may reach a board's work."""
    own = load_embedding().features
    numbered = [f"class {number}" for number in range(255)]
    return {
        "fewer features": head_file(features=own - 4),
        "more features": head_file(features=own + 4),
        "no feature": head_file().replace(struct.pack("<HH", 2, own), struct.pack("<HH", 2, 0)),
        "long label": head_file(labels=("a" * 64, "b")),
        "labels that fill no answer": head_file(labels=[n.ljust(255, ".") for n in numbered]),
        "empty label": head_file(labels=("", "cat")),
        "the same label twice": head_file(labels=("cat", "cat")),
        "label with an escape sequence": head_file(labels=("cat\x1b[2J", "b")),
        "label of two lines": head_file(labels=("cat\nb", "b")),
        "label that is no UTF-8": _relabelled(b"abc", b"\xff\xff\xff"),
        "label that is a surrogate": _relabelled(b"abc", b"\xed\xa0\x80"),
        "label in more bytes than it needs": _relabelled(b"abc", b"\xe0\x81\x81"),
        "label beyond Unicode": _relabelled(b"four", b"\xf7\xbf\xbf\xbf"),
        "no label": head_file(labels=(), outputs=1),
        "one score": head_file(labels=("cat",), background=0),
        "65 scores": head_file(labels=numbered[:64]),
        "255 scores for anything else": head_file(background=255),
        "two scores for anything else": head_file(background=2),
        "more scores than labels": head_file(outputs=9),
        "self-tests without end": head_file(tests=462_000 // (own + 3)),
        "nine self-tests": head_file(tests=9),
        "another input scale": head_file(input_scale=load_embedding().scale * 2),
        "another zero point": head_file(input_zero_point=load_embedding().zero_point + 1),
        "examples of other features": head_file(examples=examples_of(own - 1, 3)),
        "examples of other classes": head_file(examples=examples_of(own, 2)),
        "examples cut short": head_file(examples=examples_of(own, 3)).replace(
            b"\x03\x02\x02\x02", b"\x03\x02\x02\xff"
        ),
        "two inputs": graph_changed(_two_inputs),
        "scores of the dense layer": graph_changed(_scores_of_the_dense_layer),
        "another operator": graph_changed(_another_operator),
        "input of another type": graph_changed(_not_int8),
        "a novelty of more directions than features": head_file(novelty=novelty(own + 1)),
        "a novelty that loses its squares": graph_changed(_without_squares, novelty=novelty(8)),
        "a novelty whose shapes differ": graph_changed(_wide_squares, novelty=novelty(32)),
        "more than a megabyte": head_file() + bytes(1 << 20),
    }


def damaged_heads(content, count, seed):
    """``count`` heads of which one to three places were changed, most of them where it matters."""
    rng = random.Random(seed)
    card = content.index(metadata.CARD_MAGIC)
    examples = content.find(b"TTE1")
    places = [(card, 80), (card - 2000, 2000), (0, len(content))] + [(examples, 16)] * (
        examples >= 0
    )
    for _ in range(count):
        copy = bytearray(content)
        for _ in range(rng.randint(1, 3)):
            start, size = rng.choice(places)
            at = min(max(0, start) + rng.randrange(size), len(copy) - 4)
            _change(copy, at, rng)
        yield bytes(copy)


def _change(copy, at, rng):
    kind = rng.randrange(3)
    if kind == 0:
        copy[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        copy[at] = rng.choice((0, 1, 2, 64, 127, 128, 255))
    else:
        struct.pack_into("<I", copy, at - at % 4, rng.choice(WORDS))
