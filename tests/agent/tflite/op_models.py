"""Writes small int8 .tflite files with LiteRT's schema classes, one operator at a time.

TensorFlow's converter picks scales and zero points itself; a file written by
hand can have any, so the tests reach saturation, left shifts and odd paddings.
"""

from dataclasses import dataclass, field

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

Op = schema.BuiltinOperator
Options = schema.BuiltinOptions
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3
SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
TYPES = {
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.uint8): schema.TensorType.UINT8,
    np.dtype(np.int16): schema.TensorType.INT16,
    np.dtype(np.float32): schema.TensorType.FLOAT32,
}


@dataclass
class Tensor:
    """A tensor to write: a shape, or constant ``data``; scale(s) and zero point."""

    shape: tuple[int, ...]
    scale: float | np.ndarray = 1.0
    zero_point: int = 0
    data: np.ndarray | None = None
    axis: int = 0
    dtype: type = np.int8

    def __post_init__(self) -> None:
        if self.data is not None:
            self.shape, self.dtype = self.data.shape, self.data.dtype.type


@dataclass
class Operator:
    """An operator on tensors named by their index; ``options`` is (type, object)."""

    code: int
    inputs: list[int]
    outputs: list[int]
    options: tuple[int, object] | None = None


@dataclass
class Graph:
    """Tensors and operators of a one-subgraph model."""

    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)

    def add(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1


def quantisation(tensor: Tensor) -> schema.QuantizationParametersT:
    params = schema.QuantizationParametersT()
    params.scale = np.atleast_1d(np.asarray(tensor.scale, np.float32))
    params.zeroPoint = np.full(params.scale.shape, tensor.zero_point, np.int64)
    params.quantizedDimension = tensor.axis
    return params


def add_buffer(model: schema.ModelT, data: bytes) -> int:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(data, np.uint8)
    model.buffers.append(buffer)
    return len(model.buffers) - 1


def write_tensor(model: schema.ModelT, tensor: Tensor, index: int) -> schema.TensorT:
    out = schema.TensorT()
    out.name = f"t{index}".encode()
    out.shape = np.asarray(tensor.shape, np.int32)
    out.type = TYPES[np.dtype(tensor.dtype)]
    out.buffer = 0 if tensor.data is None else add_buffer(model, tensor.data.tobytes())
    out.quantization = quantisation(tensor)
    return out


def operator_code(model: schema.ModelT, code: int) -> int:
    for index, known in enumerate(model.operatorCodes):
        if known.builtinCode == code:
            return index
    new = schema.OperatorCodeT()
    new.builtinCode, new.deprecatedBuiltinCode = code, min(code, 127)
    new.version = 1 if code in (Op.RESHAPE, Op.SQUEEZE, Op.EXPAND_DIMS) else 3
    model.operatorCodes.append(new)
    return len(model.operatorCodes) - 1


def write_operator(model: schema.ModelT, operator: Operator) -> schema.OperatorT:
    out = schema.OperatorT()
    out.opcodeIndex = operator_code(model, operator.code)
    out.inputs = np.asarray(operator.inputs, np.int32)
    out.outputs = np.asarray(operator.outputs, np.int32)
    if operator.options:
        out.builtinOptionsType, out.builtinOptions = operator.options
    return out


def write(graph: Graph, inputs: list[int], outputs: list[int], metadata=()) -> bytes:
    """The graph as a .tflite file; ``metadata`` is pairs of a name and bytes."""
    model = schema.ModelT()
    model.version, model.description = 3, b"test"
    model.buffers, model.operatorCodes, model.metadata = [schema.BufferT()], [], []
    subgraph = schema.SubGraphT()
    subgraph.tensors = [write_tensor(model, t, i) for i, t in enumerate(graph.tensors)]
    subgraph.operators = [write_operator(model, op) for op in graph.operators]
    subgraph.inputs, subgraph.outputs = np.int32(inputs), np.int32(outputs)
    model.subgraphs = [subgraph]
    for name, data in metadata:
        entry = schema.MetadataT()
        entry.name, entry.buffer = name, add_buffer(model, data)
        model.metadata.append(entry)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def one_operator(
    code: int, tensors: list[Tensor], output: Tensor, options=None, metadata=()
) -> bytes:
    """A model of one operator; inputs are the ``tensors`` that have no data."""
    graph = Graph()
    indices = [graph.add(t) for t in tensors]
    result = graph.add(output)
    graph.operators.append(Operator(code, indices, [result], options))
    inputs = [i for i, t in zip(indices, tensors, strict=True) if t.data is None]
    return write(graph, inputs, [result], metadata)
