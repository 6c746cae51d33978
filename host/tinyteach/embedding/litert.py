"""LiteRT: the one place that imports its interpreter and its schema."""

import importlib
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


def details_of(tensor: Mapping[str, Any]) -> TensorDetails:
    """What LiteRT says of one input or output."""
    scale, zero_point = tensor["quantization"]
    shape = tuple(int(n) for n in tensor["shape"])
    return TensorDetails(shape, np.dtype(tensor["dtype"]), float(scale), int(zero_point))
