"""LiteRT: the one place that imports its interpreter and its schema."""

import importlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinyteach.embedding.quiet import quiet_stderr
from tinyteach.errors import MissingToolError, ModelError

UNUSABLE = (
    "This is not a usable .tflite model: the file is damaged, cut short or needs "
    "operations that LiteRT does not have; copy or make it again."
)
# Without options of its own kind LiteRT takes an operator's numbers for 0, by some of which it ends
# the process; boards read the table, of whatever kind it is said to be.
_OPTIONS = {
    "ADD": "AddOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "MUL": "MulOptions",
    "SOFTMAX": "SoftmaxOptions",
}
# What reading and writing a flatbuffer raises where offsets and counts lie.
DAMAGED = (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error)


@dataclass(frozen=True)
class TensorDetails:
    """One input or output of a model; value = scale · (number − zero_point)."""

    shape: tuple[int, ...]
    dtype: np.dtype
    scale: float
    zero_point: int


def schema_module() -> Any:
    """LiteRT's classes of the .tflite flatbuffer schema; MissingToolError without them."""
    return _module("schema_py_generated")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(f"ai_edge_litert.{name}")
    except ImportError as error:
        raise MissingToolError("LiteRT is missing; run `pip install ai-edge-litert`.") from error


def open_interpreter(
    content: bytes,
    reference: bool,
    input_shape: tuple[int, ...] | None = None,
    keep_tensors: bool = False,
) -> Any:
    """LiteRT's interpreter of a .tflite file, ready to run; ModelError if it is not usable.

    ``keep_tensors``: what lies between input and output can be read after a run.
    """
    _check_options(content)
    module = _module("interpreter")
    kinds = module.OpResolverType
    kind = kinds.BUILTIN_REF if reference else kinds.AUTO
    try:
        with quiet_stderr():
            interpreter = module.Interpreter(
                model_content=content,
                experimental_op_resolver_type=kind,
                num_threads=1,
                experimental_preserve_all_tensors=keep_tensors,
            )
            if input_shape:
                first = interpreter.get_input_details()[0]["index"]
                interpreter.resize_tensor_input(first, input_shape)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(UNUSABLE) from error
    return interpreter


def _check_options(content: bytes) -> None:
    """ModelError where an operator's options are of another kind than its own."""
    schema = schema_module()
    codes = vars(schema.BuiltinOperator)
    wanted = {codes[name]: getattr(schema.BuiltinOptions, own) for name, own in _OPTIONS.items()}
    try:
        model = schema.Model.GetRootAs(content, 0)
        graph = model.Subgraphs(0)
        for operator in map(graph.Operators, range(graph.OperatorsLength())):
            code = model.OperatorCodes(operator.OpcodeIndex())
            number = max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
            kind = operator.BuiltinOptionsType()
            if operator.BuiltinOptions() is not None and kind != wanted.get(number, kind):
                raise ModelError(UNUSABLE)
    except DAMAGED as error:
        raise ModelError(UNUSABLE) from error


def builtin_code(code: Any) -> int:
    """An operator code's number (`OperatorCodeT`): older files have it in the older field alone."""
    return max(int(code.deprecatedBuiltinCode), int(code.builtinCode))


def details_of(tensor: Mapping[str, Any]) -> TensorDetails:
    """What LiteRT says of one input or output."""
    scale, zero_point = tensor["quantization"]
    shape = tuple(int(n) for n in tensor["shape"])
    return TensorDetails(shape, np.dtype(tensor["dtype"]), float(scale), int(zero_point))
