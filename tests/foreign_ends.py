"""Embeddings as other tools export them: uint8 or float32 at both ends, or uint8 throughout."""

import copy

import numpy as np

from foreign_models import large, packed, schema
from little_embedding import little_embedding

KINDS = schema.TensorType
Op = schema.BuiltinOperator


def quantised_at_both_ends() -> bytes:
    """As Teachable Machine's: QUANTIZE from uint8, and to uint8 of another scale."""
    model = _read(little_embedding(32))
    image, vector = _ends(model)
    outer = _outer(model, image, KINDS.UINT8, 128)
    scores = _outer(model, vector, KINDS.UINT8, 128, times=1.5)
    _between(model, Op.QUANTIZE, outer, image, 0)
    _between(model, Op.QUANTIZE, vector, scores, len(model.subgraphs[0].operators))
    return _written(model, outer, scores)


def floats_at_both_ends() -> bytes:
    """As a converter leaves them that was not told of int8 at the ends."""
    model = _read(little_embedding(32))
    image, vector = _ends(model)
    outer, scores = (_outer(model, each, KINDS.FLOAT32, 0) for each in (image, vector))
    _between(model, Op.QUANTIZE, outer, image, 0)
    _between(model, Op.DEQUANTIZE, vector, scores, len(model.subgraphs[0].operators))
    return _written(model, outer, scores)


def of_uint8() -> bytes:
    """As tools of before int8 made them; its weights have a zero point of their own."""
    model = _read(large(32, 8))
    rng = np.random.default_rng(5)
    for number, tensor in enumerate(model.subgraphs[0].tensors):
        if tensor.type == KINDS.INT8:
            is_weights = tensor.buffer > 0
            tensor.type = KINDS.UINT8
            tensor.quantization.zeroPoint = [113 if is_weights else 128]
            if is_weights:
                size = int(np.prod(tensor.shape))
                model.buffers[tensor.buffer].data = rng.integers(0, 256, size).astype(np.uint8)
        if number in (2, 3, 5):
            tensor.quantization.scale = np.array([1 / 300], np.float32)
    return packed(model)


def _read(content):
    return schema.ModelT.InitFromPackedBuf(content, 0)


def _ends(model):
    graph = model.subgraphs[0]
    return int(graph.inputs[0]), int(graph.outputs[0])


def _outer(model, number, kind, more, times=1.0):
    """A tensor like that one of another type: its zero point ``more``, its scale ``times`` it."""
    tensor = copy.deepcopy(model.subgraphs[0].tensors[number])
    tensor.type = kind
    if kind == KINDS.FLOAT32:
        tensor.quantization = None
    else:
        known = tensor.quantization
        known.zeroPoint = np.asarray(known.zeroPoint) + more
        known.scale = (np.asarray(known.scale) * times).astype(np.float32)
    model.subgraphs[0].tensors.append(tensor)
    return len(model.subgraphs[0].tensors) - 1


def _between(model, code, source, target, place):
    model.operatorCodes.append(schema.OperatorCodeT(deprecatedBuiltinCode=code, builtinCode=code))
    model.operatorCodes[-1].version = 1
    operator = schema.OperatorT(len(model.operatorCodes) - 1, [source], [target])
    model.subgraphs[0].operators.insert(place, operator)


def _written(model, image, vector) -> bytes:
    model.subgraphs[0].inputs, model.subgraphs[0].outputs = [image], [vector]
    return packed(model)


# Name → what makes the file.
FOREIGN_ENDS = {
    "QUANTIZE at both ends": quantised_at_both_ends,
    "float32 at both ends": floats_at_both_ends,
    "uint8 throughout": of_uint8,
}
