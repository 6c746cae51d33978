"""A model for virtual modules that tells how red, green and blue a frame is, also compiled.

The compiled one is what Vela's has the shape of: one operator for the NPU, whose first input holds
its commands. No NPU runs it.
"""

import struct

import flatbuffers
import numpy as np

from tinyteach.embedding.litert import schema_module
from tinyteach.virtual.at.compiled import CONFIG_WORD, remember

SIDE, CLASSES = 96, 3


def colour_model(side: int = SIDE) -> bytes:
    """int8 side×side×3 in, [1, 3] out: the mean of each channel, as a probability."""
    s = schema_module()
    pool = _operator(s, 0, [0], [1], s.BuiltinOptions.Pool2DOptions, s.Pool2DOptionsT())
    pool.builtinOptions.filterHeight = pool.builtinOptions.filterWidth = side
    pool.builtinOptions.strideH = pool.builtinOptions.strideW = 1
    pool.builtinOptions.padding = s.Padding.VALID
    reshape = _operator(s, 1, [1, 3], [2], s.BuiltinOptions.ReshapeOptions, s.ReshapeOptionsT())
    tensors = [
        _tensor(s, [1, side, side, 3]),
        _tensor(s, [1, 1, 1, CLASSES]),
        _tensor(s, [1, CLASSES]),
        _tensor(s, [2], 1, s.TensorType.INT32),
    ]
    shape = np.array([1, CLASSES], np.int32).tobytes()
    kinds = [s.BuiltinOperator.AVERAGE_POOL_2D, s.BuiltinOperator.RESHAPE]
    return _packed(s, [pool, reshape], [_code(s, kind) for kind in kinds], tensors, [shape], [0])


def compiled_model(
    side: int = SIDE,
    *,
    config_word: int = CONFIG_WORD,
    operator: bytes = b"ethos-u",
    output: tuple[int, ...] = (1, CLASSES),
    filler_bytes: int = 3000,
) -> bytes:
    """What a compiler makes of `colour_model`, for that NPU; ``filler_bytes`` stand for weights."""
    s = schema_module()
    stream = struct.pack("<4sII", b"COP1", 1, config_word)
    weights = np.random.default_rng(side).integers(0, 256, filler_bytes, np.uint8).tobytes()
    tensors = [
        _tensor(s, [len(stream)], 1, s.TensorType.UINT8),
        _tensor(s, [len(weights)], 2, s.TensorType.UINT8),
        _tensor(s, [1, side, side, 3]),
        _tensor(s, list(output)),
    ]
    npu = _operator(s, 0, [0, 1, 2], [3], s.BuiltinOptions.NONE, None)
    return _packed(s, [npu], [_code(s, s.BuiltinOperator.CUSTOM, operator)], tensors,
                   [stream, weights], [2])  # fmt: skip


def remembered(**how) -> bytes:
    """A compiled model whose original virtual modules know."""
    compiled = compiled_model(**how)
    remember(compiled, colour_model())
    return compiled


def _operator(s, code, inputs, outputs, kind, options):
    operator = s.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, outputs
    operator.builtinOptionsType, operator.builtinOptions = kind, options
    return operator


def _code(s, builtin, custom=None):
    code = s.OperatorCodeT()
    code.builtinCode = builtin
    code.deprecatedBuiltinCode = min(builtin, 127)
    code.customCode, code.version = custom, 1
    return code


def _tensor(s, shape, buffer=0, kind=None):
    tensor = s.TensorT()
    tensor.shape, tensor.buffer = shape, buffer
    tensor.type = s.TensorType.INT8 if kind is None else kind
    if kind is None:
        tensor.quantization = s.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [1 / 256], [-128]
    return tensor


def _packed(s, operators, codes, tensors, contents, inputs) -> bytes:
    graph, model = s.SubGraphT(), s.ModelT()
    graph.tensors, graph.operators = tensors, operators
    graph.inputs, graph.outputs = inputs, operators[-1].outputs
    model.version, model.subgraphs, model.operatorCodes = 3, [graph], codes
    model.buffers = [s.BufferT() for _ in range(len(contents) + 1)]
    for buffer, content in zip(model.buffers[1:], contents, strict=True):
        buffer.data = np.frombuffer(content, np.uint8)
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
