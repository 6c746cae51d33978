"""The oracle: LiteRT's reference kernels, reached through its Python interpreter."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def reference_interpreter(model: bytes, *, every_tensor: bool = False) -> Interpreter:
    """LiteRT's interpreter on reference kernels only, tensors allocated.

    ``every_tensor``: those between operators keep their values, too.
    """
    interpreter = Interpreter(
        model_content=model,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=every_tensor,
        num_threads=1,
    )
    interpreter.allocate_tensors()
    return interpreter


def reference_outputs(model: bytes, vectors: list[list[np.ndarray]]) -> list[np.ndarray]:
    """What LiteRT computes from each vector (one int8 array for each graph input), as int8.

    An int8 array stands for a uint8 one of values 128 more, and for the floats that are quantised
    to it; so do results.
    """
    interpreter = reference_interpreter(model)
    inputs = interpreter.get_input_details()
    output = interpreter.get_output_details()[0]
    behind = quantised_ends(model)
    results = []
    for vector in vectors:
        for details, array in zip(inputs, vector, strict=True):
            interpreter.set_tensor(details["index"], given(array, details, behind))
        interpreter.invoke()
        results.append(taken(interpreter.get_tensor(output["index"]), output, behind))
    return results


def quantised_ends(model: bytes) -> dict[int, schema.TensorT]:
    """Of each tensor of float32 that QUANTIZE takes or DEQUANTIZE gives: the tensor beyond."""
    tree = schema.ModelT.InitFromPackedBuf(model, 0)
    graph, found = tree.subgraphs[0], {}
    for operator in graph.operators:
        code = tree.operatorCodes[operator.opcodeIndex].builtinCode
        if code in (schema.BuiltinOperator.QUANTIZE, schema.BuiltinOperator.DEQUANTIZE):
            source, target = int(operator.inputs[0]), int(operator.outputs[0])
            found[source], found[target] = graph.tensors[target], graph.tensors[source]
    return found


def given(array: np.ndarray, details, behind) -> np.ndarray:
    """An int8 array as a graph's input takes it."""
    if details["dtype"] == np.int8:
        return array
    if details["dtype"] == np.uint8:
        return array.view(np.uint8) ^ 128
    scale, zero_point = scaling(behind[details["index"]])
    return ((array.astype(np.int32) - zero_point) * scale).astype(np.float32)


def taken(array: np.ndarray, details, behind) -> np.ndarray:
    """A graph's output as an int8 array."""
    if array.dtype == np.int8:
        return array
    if array.dtype == np.uint8:
        return (array ^ 128).view(np.int8)
    scale, zero_point = scaling(behind[details["index"]])
    return (np.rint(array / scale).astype(np.int32) + zero_point).astype(np.int8)


def scaling(tensor: schema.TensorT) -> tuple[np.float32, int]:
    """Scale and zero point of a tensor's values as int8."""
    less = 128 if tensor.type == schema.TensorType.UINT8 else 0
    return np.float32(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0]) - less
