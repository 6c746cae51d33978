"""Writes a head as a .tflite file with LiteRT's schema classes; no TensorFlow.

The file is what TensorFlow's converter makes of a Dense and a Softmax layer: the same
operators in the same versions, the same tensor types. The same head always has the
same bytes.
"""

from typing import Any

import flatbuffers
import numpy as np

from tinyteach.embedding.litert import schema_module
from tinyteach.head.format.examples import ENTRY, Examples, pack_examples
from tinyteach.head.format.metadata import (
    CARD_NAME,
    Card,
    append_labels,
    file_labels,
    model_metadata,
    pack_card,
)
from tinyteach.head.format.quantise import SCORE_SCALE, SCORE_ZERO_POINT, QuantisedHead

schema = schema_module()

SCHEMA_VERSION = 3
FILE_IDENTIFIER = b"TFL3"
ALIGNMENT = 16  # FORCE_ALIGN of Buffer.data in TFLite's schema.fbs
# What TensorFlow 2.21 writes for int8, also with a scale per channel.
FULLY_CONNECTED_VERSION = 4
SOFTMAX_VERSION = 2
# The first runtime with both operators in these versions, in 16 bytes as TensorFlow pads it.
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
    buffers = _Buffers()
    model = schema.ModelT(
        version=SCHEMA_VERSION,
        description="TinyTeach head",
        operatorCodes=[
            _operator_code(schema.BuiltinOperator.FULLY_CONNECTED, FULLY_CONNECTED_VERSION),
            _operator_code(schema.BuiltinOperator.SOFTMAX, SOFTMAX_VERSION),
        ],
        subgraphs=[_subgraph(head, buffers)],
        metadata=_metadata(card, examples, buffers),
        buffers=buffers.all,
    )
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return append_labels(bytes(builder.Output()), file_labels(card))


def _operator_code(code: int, version: int) -> Any:
    return schema.OperatorCodeT(deprecatedBuiltinCode=code, version=version, builtinCode=code)


def _subgraph(head: QuantisedHead, buffers: _Buffers) -> Any:
    features, weights, bias, logits, scores = range(5)
    return schema.SubGraphT(
        name="head",
        tensors=_tensors(head, buffers),
        inputs=[features],
        outputs=[scores],
        operators=[
            schema.OperatorT(
                opcodeIndex=0,
                inputs=[features, weights, bias],
                outputs=[logits],
                builtinOptionsType=schema.BuiltinOptions.FullyConnectedOptions,
                builtinOptions=schema.FullyConnectedOptionsT(),
            ),
            schema.OperatorT(
                opcodeIndex=1,
                inputs=[logits],
                outputs=[scores],
                builtinOptionsType=schema.BuiltinOptions.SoftmaxOptions,
                builtinOptions=schema.SoftmaxOptionsT(beta=1.0),
            ),
        ],
    )


def _tensors(head: QuantisedHead, buffers: _Buffers) -> list[Any]:
    int8, int32 = schema.TensorType.INT8, schema.TensorType.INT32
    rows, columns = head.classes, head.features
    bias_scales = head.weight_scales * np.float32(head.input_scale)
    weights = buffers.add(head.weights.tobytes())
    bias = buffers.add(head.bias.astype("<i4").tobytes())
    return [
        _tensor("features", [1, columns], int8, [head.input_scale], head.input_zero_point),
        _tensor("weights", [rows, columns], int8, head.weight_scales, 0, weights),
        _tensor("bias", [rows], int32, bias_scales, 0, bias),
        _tensor("logits", [1, rows], int8, [head.logit_scale], head.logit_zero_point),
        _tensor("scores", [1, rows], int8, [SCORE_SCALE], SCORE_ZERO_POINT),
    ]


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
