"""A network between int8: how LiteRT and exports take what the agent reads otherwise, too.

The agent leaves out a QUANTIZE of float32 that comes in and a DEQUANTIZE to float32 that goes out,
and takes uint8 for int8 of values 128 less. Here the same is done to the file.
"""

import copy
from typing import Any

import flatbuffers
import numpy as np

from tinyteach.embedding.litert import DAMAGED, UNUSABLE, builtin_code, schema_module
from tinyteach.errors import ModelError

_FILE_IDENTIFIER = b"TFL3"


def with_int8_ends(content: bytes) -> bytes:
    """A .tflite file's content that takes int8 and gives int8, as the agent does with this one.

    ``content`` is of a model of one input and one output, which the agent reads; where both are
    int8 it is the result. ModelError where the file is damaged.
    """
    schema = schema_module()
    try:
        if _end_types(schema.Model.GetRootAs(content, 0)) == {schema.TensorType.INT8}:
            return content
        return _between_int8(schema, content)
    except DAMAGED as error:
        raise ModelError(UNUSABLE) from error


def _between_int8(schema: Any, content: bytes) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    model.subgraphs, model.signatureDefs = model.subgraphs[:1], None
    _leave_out_floats(schema, model)
    _quantise_unsigned(schema, model)
    builder = flatbuffers.Builder(len(content) + 1024)
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _end_types(model: Any) -> set[int]:
    graph = model.Subgraphs(0)
    return {graph.Tensors(number).Type() for number in (graph.Inputs(0), graph.Outputs(0))}


def _leave_out_floats(schema: Any, model: Any) -> None:
    graph, kinds, left = model.subgraphs[0], schema.BuiltinOperator, []
    floats = {n for n, t in enumerate(graph.tensors) if t.type == schema.TensorType.FLOAT32}
    for each in graph.operators:
        code, (source, *_), target = _code(model, each), each.inputs, each.outputs[0]
        if code == kinds.QUANTIZE and source == graph.inputs[0] and source in floats:
            graph.inputs = [target]
        elif code == kinds.DEQUANTIZE and target == graph.outputs[0] and target in floats:
            graph.outputs = [source]
        else:
            left.append(each)
    graph.operators = left


def _code(model: Any, operator: Any) -> int:
    return builtin_code(model.operatorCodes[operator.opcodeIndex])


def _quantise_unsigned(schema: Any, model: Any) -> None:
    """Put a QUANTIZE, which changes no value, between int8 and an end of uint8."""
    graph, unsigned = model.subgraphs[0], schema.TensorType.UINT8
    image, vector = int(graph.inputs[0]), int(graph.outputs[0])
    if graph.tensors[image].type == unsigned:
        graph.inputs = [_signed(schema, graph, image)]
        graph.operators.insert(0, _quantise(schema, model, graph.inputs[0], image))
    if graph.tensors[vector].type == unsigned:
        graph.outputs = [_signed(schema, graph, vector)]
        graph.operators.append(_quantise(schema, model, vector, graph.outputs[0]))


def _signed(schema: Any, graph: Any, number: int) -> int:
    """The number of a new int8 tensor of the same values."""
    tensor = copy.deepcopy(graph.tensors[number])
    tensor.type, tensor.name = schema.TensorType.INT8, f"signed_{number}"
    tensor.quantization.zeroPoint = np.asarray(tensor.quantization.zeroPoint) - 128
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _quantise(schema: Any, model: Any, source: int, target: int) -> Any:
    code = schema.BuiltinOperator.QUANTIZE
    model.operatorCodes.append(
        schema.OperatorCodeT(deprecatedBuiltinCode=code, version=1, builtinCode=code)
    )
    return schema.OperatorT(
        opcodeIndex=len(model.operatorCodes) - 1,
        inputs=[source],
        outputs=[target],
        builtinOptionsType=schema.BuiltinOptions.QuantizeOptions,
        builtinOptions=schema.QuantizeOptionsT(),
    )
