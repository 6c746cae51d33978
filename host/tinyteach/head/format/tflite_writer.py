"""Writes a head as a .tflite file with LiteRT's schema classes; no TensorFlow.

The file is what TensorFlow's converter makes of a Dense and a Softmax layer: the same
operators in the same versions, the same tensor types. The same head always has the
same bytes. With a novelty more operators stand beside the two, and add to the last logit.
"""

import numpy as np

from tinyteach.embedding.view_names import SQUARE
from tinyteach.head.format.examples import ENTRY, Examples, pack_examples
from tinyteach.head.format.graph import MIN_RUNTIME_VERSION, Graph, packed_model, schema
from tinyteach.head.format.metadata import (
    CARD_NAME,
    VIEW_NAME,
    Card,
    SelfTests,
    append_labels,
    file_labels,
    model_metadata,
    pack_card,
)
from tinyteach.head.format.quantise import (
    SCORE_SCALE,
    SCORE_ZERO_POINT,
    QuantisedHead,
    QuantisedNovelty,
)


def write_head(
    head: QuantisedHead,
    card: Card,
    examples: Examples | None = None,
    preprocessing: str = SQUARE,
) -> bytes:
    """The head's .tflite file: int8 features in, int8 scores out, labels and self-tests inside.

    ``examples`` of its classes go with it, and which ``preprocessing`` its views have.
    """
    graph = Graph()
    scores = _classifier(graph, head)
    content = packed_model(
        graph, ("head", "TinyTeach head"), (0, scores), _metadata(card, examples, preprocessing)
    )
    return append_labels(content, file_labels(card))


def blank_card(
    labels: tuple[str, ...], head: QuantisedHead, embedding: bytes = bytes(32), threshold: int = 0
) -> Card:
    """A card without self-tests, for a head that only runs here.

    ``embedding`` is the fingerprint of the one that it is for.
    """
    nothing = SelfTests(np.empty((0, head.features), np.int8), np.empty((0, head.classes), np.int8))
    return Card(labels, embedding, nothing, head.classes > len(labels), threshold)


def _classifier(graph: Graph, head: QuantisedHead) -> int:
    """Add what makes scores of features; the number of the scores' tensor."""
    rows, columns = head.classes, head.features
    features = graph.tensor("features", [1, columns], [head.input_scale], head.input_zero_point)
    bias_scales = head.weight_scales * np.float32(head.input_scale)
    weights = graph.tensor("weights", [rows, columns], head.weight_scales, data=head.weights)
    bias = graph.tensor("bias", [rows], bias_scales, data=head.bias)
    logits = graph.tensor("logits", [1, rows], [head.logit_scale], head.logit_zero_point)
    graph.operator(
        "FULLY_CONNECTED", [features, weights, bias], logits, schema.FullyConnectedOptionsT()
    )
    if head.novelty:
        logits = _with_novelty(graph, head, head.novelty, features, logits)
    scores = graph.tensor("scores", [1, rows], [SCORE_SCALE], SCORE_ZERO_POINT)
    return graph.operator("SOFTMAX", [logits], scores, schema.SoftmaxOptionsT(beta=1.0))


def _with_novelty(
    graph: Graph, head: QuantisedHead, novelty: QuantisedNovelty, features: int, logits: int
) -> int:
    """Add what the last logit gets besides; the number of the tensor of the sums."""
    averages = _averaged(graph, head, novelty, features)
    count, numbers = novelty.directions.shape
    rows = [novelty.direction_scale]
    directions = graph.tensor("directions", [count, numbers], rows, data=novelty.directions)
    at = [novelty.direction_scale * head.input_scale]
    bias = graph.tensor("directions_bias", [count], at, data=novelty.bias)
    away = graph.tensor("away", [1, count], [novelty.scale])
    graph.operator(
        "FULLY_CONNECTED", [averages, directions, bias], away, schema.FullyConnectedOptionsT()
    )
    squares = graph.tensor("squares", [1, count], [novelty.square_scale], -128)
    graph.operator("MUL", [away, away], squares, schema.MulOptionsT())
    return _sums(graph, head, novelty, squares, logits)


def _averaged(graph: Graph, head: QuantisedHead, novelty: QuantisedNovelty, features: int) -> int:
    height, width = novelty.places
    numbers = head.features // (height * width)
    quantisation = [head.input_scale], head.input_zero_point
    shape = [1, height, width, numbers]
    places = graph.tensor("map", shape, *quantisation)
    graph.operator("RESHAPE", [features], places, schema.ReshapeOptionsT(newShape=shape))
    averages = graph.tensor("averages", [1, 1, 1, numbers], *quantisation)
    options = schema.Pool2DOptionsT(
        padding=schema.Padding.VALID,
        strideW=width,
        strideH=height,
        filterWidth=width,
        filterHeight=height,
    )
    return graph.operator("AVERAGE_POOL_2D", [places], averages, options)


def _sums(
    graph: Graph, head: QuantisedHead, novelty: QuantisedNovelty, squares: int, logits: int
) -> int:
    rows = np.zeros((head.classes, len(novelty.signs)), np.int8)
    rows[-1] = novelty.signs
    signs = graph.tensor("signs", list(rows.shape), [1.0], data=rows)
    added = graph.tensor(
        "novelty", [1, head.classes], [novelty.added_scale], novelty.added_zero_point
    )
    graph.operator("FULLY_CONNECTED", [squares, signs], added, schema.FullyConnectedOptionsT())
    total = graph.tensor(
        "all_logits", [1, head.classes], [novelty.total_scale], novelty.total_zero_point
    )
    return graph.operator("ADD", [logits, added], total, schema.AddOptionsT())


def _metadata(card: Card, examples: Examples | None, preprocessing: str) -> dict[str, bytes]:
    description = f"Tells {len(card.labels)} classes apart by the features of a photograph."
    entries = {
        "min_runtime_version": MIN_RUNTIME_VERSION,
        "TFLITE_METADATA": model_metadata(description),
        CARD_NAME: pack_card(card),
    }
    if examples is not None:
        entries[ENTRY] = pack_examples(examples)
    if preprocessing != SQUARE:
        entries[VIEW_NAME] = preprocessing.encode()
    return entries
