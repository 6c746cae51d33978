"""The cases of the guard-band runs: each a seed's, so that it can be made again."""

from functools import lru_cache
from random import Random

import degenerate_models
import numpy as np
from damaged_models import damaged
from guarded import NOISE, Guarded, inputs_at
from litert_oracle import reference_outputs
from mobile_net import mobile
from op_models import schema
from small_network import every_operator

from tinyteach.embedding.runtime import EMBEDDING_FILES
from tinyteach.head.format.metadata import Card, SelfTests
from tinyteach.head.format.quantise import QuantisedHead
from tinyteach.head.format.tflite_writer import write_head

SIGNED = len(NOISE)


def place_of(seed: int) -> int:
    """Where in the noise a seed's inputs begin."""
    return Random(seed).randrange(SIGNED)


def kernel_case(seed: int) -> bytes:
    """One operator of a shape at its limits."""
    return degenerate_models.model_of(Random(seed))


def damaged_case(seed: int) -> bytes:
    """A shipped embedding, a head or a small model, damaged."""
    choices = Random(seed)
    kind = choices.randrange(8)
    if kind < 4:
        whole = degenerate_models.model_of(choices)
    else:
        whole = choices.choice((every_operator, mobile_network, head, head, *EMBEDDINGS))()
    return damaged(choices, whole)


mobile_network = lru_cache(mobile)
EMBEDDINGS = [lru_cache(path.read_bytes) for path in EMBEDDING_FILES.values()]


@lru_cache
def head() -> bytes:
    """A head of three classes, its weights by chance."""
    rng = np.random.default_rng(1)
    features, classes = 96, 4
    numbers = QuantisedHead(
        rng.integers(-127, 128, (classes, features), np.int8),
        np.full(classes, 0.01, np.float32),
        np.zeros(classes, np.int32),
        0.05,
        -3,
        0.1,
        0,
    )
    tests = SelfTests(
        rng.integers(-128, 128, (2, features), np.int8), np.zeros((2, classes), np.int8)
    )
    return write_head(numbers, Card(("cat", "coffee", "rocket"), bytes(32), tests))


def wanted(model: bytes, at: int) -> bytes:
    """What LiteRT's reference computes for a model of one int8 output."""
    graph = schema.ModelT.InitFromPackedBuf(model, 0).subgraphs[0]
    shapes = [graph.tensors[number].shape for number in graph.inputs]
    taken = inputs_at(at, [int(np.prod(shape)) for shape in shapes])
    vector = [each.reshape(shape) for each, shape in zip(taken, shapes, strict=True)]
    return reference_outputs(model, [vector])[0].tobytes()


def wrong_with_kernel(run: Guarded, model: bytes, at: int) -> str:
    """What is wrong about a model of one operator that is valid; empty if nothing."""
    answer = run(model, at)
    if answer.verdict != "ran":
        return f"{answer.verdict}: {answer.sentence}"
    return "" if answer.output == wanted(model, at) else "other than LiteRT's reference"
