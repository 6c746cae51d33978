"""The first layer of the shipped embedding `tiny` alone: an embedding of 2 KB.

For what is about files and ports, where a whole one takes most of a pairing's bytes.
"""

from functools import cache

import flatbuffers
import numpy as np

from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.runtime import EMBEDDING_FILES


@cache
def little_embedding(side: int = 64) -> bytes:
    """A .tflite file that every board takes, and runs."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(EMBEDDING_FILES["tiny"].read_bytes(), 0)
    graph = model.subgraphs[0]
    first, last = graph.operators[0], graph.operators[-1]
    last.inputs = [first.outputs[0], last.inputs[1]]
    graph.operators = [first, last]
    _see(graph, side)
    features = int(np.prod(graph.tensors[first.outputs[0]].shape))
    _reshape_to(model, last, features)
    _quantise_as(graph, last.outputs[0], first.outputs[0])
    _forget_the_rest(model)
    model.signatureDefs = None
    builder = flatbuffers.Builder(1 << 13)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _see(graph, side: int) -> None:
    """Pictures of another size; the layer's stride stays."""
    before = int(graph.tensors[graph.inputs[0]].shape[1])
    for number in (graph.inputs[0], graph.operators[0].outputs[0]):
        count, size, _, channels = graph.tensors[number].shape
        size = -(-side * size // before)
        graph.tensors[number].shape = np.array([count, size, size, channels], np.int32)


def _reshape_to(model, operator, features: int) -> None:
    graph = model.subgraphs[0]
    shape = np.array([1, features], np.int32)
    model.buffers[graph.tensors[operator.inputs[1]].buffer].data = shape.view(np.uint8)
    graph.tensors[operator.outputs[0]].shape = shape


def _quantise_as(graph, tensor: int, other: int) -> None:
    graph.tensors[tensor].quantization = graph.tensors[other].quantization


def _forget_the_rest(model) -> None:
    """Tensors and contents that no operator has."""
    graph = model.subgraphs[0]
    used = sorted({int(t) for op in graph.operators for t in (*op.inputs, *op.outputs)})
    number = {old: new for new, old in enumerate(used)}
    tensors = [graph.tensors[old] for old in used]
    for op in graph.operators:
        op.inputs, op.outputs = ([number[int(t)] for t in of] for of in (op.inputs, op.outputs))
    graph.inputs, graph.outputs = (
        [number[int(t)] for t in of] for of in (graph.inputs, graph.outputs)
    )
    kept = [model.buffers[tensor.buffer] for tensor in tensors]
    model.buffers = [schema_module().BufferT(), *kept]
    for place, tensor in enumerate(tensors, 1):
        tensor.buffer = place
    graph.tensors, model.metadata = tensors, None
