"""Writes a head as a .tflite file with LiteRT's schema classes; no TensorFlow.

The file is what TensorFlow's converter makes of a Dense and a Softmax layer: the same
operators in the same versions, the same tensor types. The same head always has the
same bytes. With a novelty more operators stand beside the two, and add to the last logit.
"""

from typing import Any

import flatbuffers
import numpy as np

from tinyteach.embedding.litert import schema_module
from tinyteach.head.format.examples import ENTRY, Examples, pack_examples
from tinyteach.head.format.metadata import (
    CARD_NAME,
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

schema = schema_module()

SCHEMA_VERSION = 3
FILE_IDENTIFIER = b"TFL3"
ALIGNMENT = 16  # FORCE_ALIGN of Buffer.data in TFLite's schema.fbs
# What TensorFlow 2.21 writes for int8, also with a scale per channel.
VERSIONS = {
    "FULLY_CONNECTED": 4,
    "SOFTMAX": 2,
    "RESHAPE": 1,
    "AVERAGE_POOL_2D": 2,
    "MUL": 2,
    "ADD": 2,
}
# The first runtime with all operators in these versions, in 16 bytes as TensorFlow pads it.
MIN_RUNTIME_VERSION = b"1.14.0".ljust(16, b"\0")


class _AlignedBuffer(schema.BufferT):  # type: ignore[misc, name-defined]  # LiteRT's schema has no types
    """A buffer aligned as the schema demands; the generated Pack aligns to single bytes."""

    def Pack(self, builder: flatbuffers.Builder) -> int:
        data = bytes(self.data)
        builder.StartVector(1, len(data), ALIGNMENT)
        start = builder.Head() - len(data)
        builder.head = start
        builder.Bytes[start : start + len(data)] = data
        vector = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, vector)
        return int(schema.BufferEnd(builder))


class _Buffers:
    """The model's list of buffers; number 0 is the empty one, as the schema demands."""

    def __init__(self) -> None:
        self.all: list[Any] = [schema.BufferT()]

    def add(self, data: bytes) -> int:
        self.all.append(_AlignedBuffer(data))
        return len(self.all) - 1


def write_head(head: QuantisedHead, card: Card, examples: Examples | None = None) -> bytes:
    """The head's .tflite file: int8 features in, int8 scores out, labels and self-tests inside.

    ``examples`` of its classes go with it.
    """
    graph = _Graph()
    scores = _classifier(graph, head)
    model = schema.ModelT(
        version=SCHEMA_VERSION,
        description="TinyTeach head",
        operatorCodes=graph.codes,
        subgraphs=[
            schema.SubGraphT(
                name="head",
                tensors=graph.tensors,
                inputs=[0],
                outputs=[scores],
                operators=graph.operators,
            )
        ],
        metadata=_metadata(card, examples, graph.buffers),
        buffers=graph.buffers.all,
    )
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return append_labels(bytes(builder.Output()), file_labels(card))


def blank_card(labels: tuple[str, ...], head: QuantisedHead) -> Card:
    """A card without self-tests, for a head that only runs here."""
    nothing = SelfTests(np.empty((0, head.features), np.int8), np.empty((0, head.classes), np.int8))
    return Card(labels, bytes(32), nothing, has_background=head.classes > len(labels))


class _Graph:
    """Tensors and operators in the order in which they are added."""

    def __init__(self) -> None:
        self.buffers = _Buffers()
        self.tensors: list[Any] = []
        self.operators: list[Any] = []
        self.codes: list[Any] = []

    def tensor(
        self, name: str, shape: list[int], scales: Any, zero_point: int = 0, data: Any = None
    ) -> int:
        """Add an int8 tensor, or a constant one of ``data`` (int8 or int32); its number."""
        kinds = schema.TensorType
        kind = kinds.INT8 if data is None or data.dtype == np.int8 else kinds.INT32
        little = None if data is None else data.astype(data.dtype.newbyteorder("<"))
        buffer = 0 if little is None else self.buffers.add(little.tobytes())
        self.tensors.append(_tensor(name, shape, kind, scales, zero_point, buffer))
        return len(self.tensors) - 1

    def operator(self, name: str, inputs: list[int], output: int, options: Any = None) -> int:
        """Add an operator by its schema's name; the number of its output."""
        code = _operator_code(name)
        if code.builtinCode not in [known.builtinCode for known in self.codes]:
            self.codes.append(code)
        codes = [known.builtinCode for known in self.codes]
        kind = type(options).__name__.removesuffix("T")
        self.operators.append(
            schema.OperatorT(
                opcodeIndex=codes.index(code.builtinCode),
                inputs=inputs,
                outputs=[output],
                builtinOptionsType=getattr(schema.BuiltinOptions, kind),
                builtinOptions=options,
            )
        )
        return output


def _operator_code(name: str) -> Any:
    code = getattr(schema.BuiltinOperator, name)
    version = VERSIONS[name]
    return schema.OperatorCodeT(deprecatedBuiltinCode=code, version=version, builtinCode=code)


def _classifier(graph: _Graph, head: QuantisedHead) -> int:
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
    graph: _Graph, head: QuantisedHead, novelty: QuantisedNovelty, features: int, logits: int
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


def _averaged(graph: _Graph, head: QuantisedHead, novelty: QuantisedNovelty, features: int) -> int:
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
    graph: _Graph, head: QuantisedHead, novelty: QuantisedNovelty, squares: int, logits: int
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


def _tensor(name: str, shape: list[int], kind: int, scales: Any, zero: int, buffer: int = 0) -> Any:
    quantisation = schema.QuantizationParametersT(
        scale=np.asarray(scales, np.float32),
        zeroPoint=np.full(len(scales), zero, np.int64),
        quantizedDimension=0,
    )
    return schema.TensorT(
        shape=shape, type=kind, buffer=buffer, name=name, quantization=quantisation, hasRank=True
    )


def _metadata(card: Card, examples: Examples | None, buffers: _Buffers) -> list[Any]:
    description = f"Tells {len(card.labels)} classes apart by the features of a photograph."
    entries = {
        "min_runtime_version": MIN_RUNTIME_VERSION,
        "TFLITE_METADATA": model_metadata(description),
        CARD_NAME: pack_card(card),
    }
    if examples is not None:
        entries[ENTRY] = pack_examples(examples)
    return [schema.MetadataT(name=name, buffer=buffers.add(data)) for name, data in entries.items()]
