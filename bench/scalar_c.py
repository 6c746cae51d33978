"""Packs an embedding for scalar/layers.c, compiles that for 32-bit x86 and runs it."""

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.embedding.litert import schema_module

SOURCE = Path(__file__).parent / "scalar" / "layers.c"
COMPILE = ("gcc", "-m32", "-O2", "-fno-tree-vectorize", "-std=gnu11")
_CONV_2D, _ADD = 0, 1


def compile_layers(folder: Path) -> Path | None:
    """The program, or None where no compiler makes 32-bit programs."""
    program = folder / "layers"
    try:
        done = subprocess.run([*COMPILE, str(SOURCE), "-o", str(program), "-lm"], check=False)
    except FileNotFoundError:
        return None
    return program if done.returncode == 0 else None


def run_layers(program: Path, packed: bytes, tensor: np.ndarray, repeats: int) -> dict[str, Any]:
    """``durations_ns`` of each repeat, ``layers_ns`` at best, ``output`` as bytes."""
    names = [program.with_suffix(f".{part}") for part in ("model", "input", "output")]
    names[0].write_bytes(packed)
    names[1].write_bytes(tensor.tobytes())
    command = [str(program), *map(str, names), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout) | {"output": names[2].read_bytes()}


def pack_layers(content: bytes) -> bytes:
    """The layers of a .tflite file of CONV_2D, ADD and RESHAPE as layers.c reads them."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    places, used = _places(schema, model, graph)
    layers = [
        _pack_layer(schema, model, graph, operator, places)
        for operator in graph.operators
        if _code(model, operator) != schema.BuiltinOperator.RESHAPE
    ]
    image = int(np.prod(graph.tensors[graph.inputs[0]].shape))
    return struct.pack("<3i", len(layers), used, image) + b"".join(layers)


def _code(model: Any, operator: Any) -> int:
    return int(model.operatorCodes[operator.opcodeIndex].builtinCode)


def _places(schema: Any, model: Any, graph: Any) -> tuple[dict[int, int], int]:
    """Where each tensor that is computed lies, all side by side, and the bytes of all."""
    places, used = {}, 0
    for number, tensor in enumerate(graph.tensors):
        if model.buffers[tensor.buffer].data is None:
            places[number] = used
            used += int(np.prod(tensor.shape))
    return places, used


def _pack_layer(schema: Any, model: Any, graph: Any, operator: Any, places: dict) -> bytes:
    tensors = [graph.tensors[number] for number in operator.inputs]
    out = graph.tensors[operator.outputs[0]]
    kinds = {schema.BuiltinOperator.CONV_2D: _CONV_2D, schema.BuiltinOperator.ADD: _ADD}
    kind = kinds[_code(model, operator)]
    source, options = tensors[0], operator.builtinOptions
    filter_size = int(tensors[1].shape[1]) if kind == _CONV_2D else 1
    stride = int(options.strideW) if kind == _CONV_2D else 1
    second = source if kind == _CONV_2D else tensors[1]
    pad = max((int(out.shape[1]) - 1) * stride + filter_size - int(source.shape[1]), 0) // 2
    zero = _zero_point(out)
    relu = options.fusedActivationFunction == schema.ActivationFunctionType.RELU
    facts = (
        *(kind, places[operator.inputs[0]], places.get(operator.inputs[1], 0)),
        *(places[operator.outputs[0]], _zero_point(source), _zero_point(second), zero),
        *(max(zero, -128) if relu else -128, 127, *map(int, source.shape[1:])),
        *(*map(int, out.shape[1:]), filter_size, stride, pad),
    )
    scales = [float(t.quantization.scale[0]) for t in (source, second, out)]
    packed = struct.pack("<18i3f", *facts, *scales)
    return packed + (_weights(model, *tensors[1:3]) if kind == _CONV_2D else b"")


def _zero_point(tensor: Any) -> int:
    return int(tensor.quantization.zeroPoint[0])


def _weights(model: Any, weights: Any, bias: Any) -> bytes:
    """Weights, bias and each channel's scale."""
    channels = int(weights.shape[0])
    scales = np.broadcast_to(np.float32(weights.quantization.scale), channels)
    contents = [model.buffers[tensor.buffer].data.tobytes() for tensor in (weights, bias)]
    return b"".join(contents) + scales.tobytes()
