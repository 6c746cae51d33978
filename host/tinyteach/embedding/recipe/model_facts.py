"""Counts what a .tflite file costs, from its operators: for the model card and its test."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinyteach.embedding.litert import schema_module

# What the board's interpreter has for embeddings (firmware_agent/agent/tflite).
ALLOWED_OPS = frozenset(
    ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD")
    + ("AVERAGE_POOL_2D", "MEAN", "PAD", "RESHAPE")
)


@dataclass(frozen=True)
class ModelFacts:
    """``largest_step_bytes``: inputs and outputs of the operator that needs most at once."""

    ops: dict[str, int]
    macs: int
    largest_step_bytes: int
    fused_relus: int  # convolutions and additions with ReLU or ReLU6 inside


def model_facts(content: bytes) -> ModelFacts:
    """Read a .tflite file's operators: how many of each, multiply-accumulates, activations."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    names = {number: name for name, number in vars(schema.BuiltinOperator).items()}
    kinds = [names[_code(model.operatorCodes[op.opcodeIndex])] for op in graph.operators]
    shapes = [np.array(tensor.shape, np.int64) for tensor in graph.tensors]
    constant = [model.buffers[tensor.buffer].data is not None for tensor in graph.tensors]
    steps = list(zip(kinds, graph.operators, strict=True))
    return ModelFacts(
        ops={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        macs=sum(_macs(kind, op, shapes) for kind, op in steps),
        largest_step_bytes=max(_activations(op, shapes, constant) for op in graph.operators),
        fused_relus=sum(_has_relu(op.builtinOptions, schema) for _, op in steps),
    )


def _code(operator_code: Any) -> int:
    """Files of older writers have only the first, 8 bits wide field."""
    return int(max(operator_code.builtinCode, operator_code.deprecatedBuiltinCode))


def _macs(kind: str, op: Any, shapes: list[np.ndarray]) -> int:
    """Outputs × weights per output; shapes are TFLite's (OHWI, 1HWC, output×input)."""
    outputs, weights = shapes[op.outputs[0]], shapes[op.inputs[1]] if len(op.inputs) > 1 else None
    if weights is None or kind not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        return 0
    per_output = weights[1:3].prod() if kind == "DEPTHWISE_CONV_2D" else weights[1:].prod()
    return int(outputs.prod() * per_output)


def _activations(op: Any, shapes: list[np.ndarray], constant: list[bool]) -> int:
    tensors = [*op.inputs, *op.outputs]
    return sum(int(shapes[t].prod()) for t in tensors if t >= 0 and not constant[t])


def _has_relu(options: Any, schema: Any) -> bool:
    kinds = schema.ActivationFunctionType
    convolutions = schema.Conv2DOptionsT | schema.DepthwiseConv2DOptionsT
    fusing = isinstance(options, convolutions | schema.AddOptionsT)
    return fusing and options.fusedActivationFunction in (kinds.RELU, kinds.RELU6)
