"""Packs a model for scalar/layers.c, compiles that for 32-bit x86 and runs it."""

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.embedding import agent_code
from tinyteach.embedding.litert import schema_module

scales = agent_code.module("agent.tflite.scales")
softmax_math = agent_code.module("agent.tflite.softmax_math")

SOURCE = Path(__file__).parent / "scalar" / "layers.c"
COMPILE = ("gcc", "-m32", "-O2", "-fno-tree-vectorize", "-std=gnu11")
# As layers.c numbers them.
KINDS = ("CONV_2D", "ADD", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "FULLY_CONNECTED", "SOFTMAX")
CONV_2D, ADD, DEPTHWISE, AVERAGE_POOL, DENSE, SOFTMAX = range(len(KINDS))
LARGEST_PATCH = 1 << 14  # of layers.c


class NotInC(Exception):
    """layers.c cannot run a model; says why."""


def compile_layers(folder: Path) -> Path:
    """The program; NotInC where no compiler makes 32-bit programs."""
    program = folder / "layers"
    try:
        subprocess.run([*COMPILE, str(SOURCE), "-o", str(program), "-lm"], check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        raise NotInC("gcc makes no 32-bit programs here (Debian: gcc-multilib)") from None
    return program


def run_layers(program: Path, packed: bytes, tensor: np.ndarray, repeats: int) -> dict[str, Any]:
    """``durations_ns`` of each repeat, ``layers_ns`` at best, ``output`` as bytes."""
    names = [program.with_suffix(f".{part}") for part in ("model", "input", "output")]
    names[0].write_bytes(packed)
    names[1].write_bytes(tensor.tobytes())
    command = [str(program), *map(str, names), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout) | {"output": names[2].read_bytes()}


def pack_layers(content: bytes) -> bytes:
    """The layers of a .tflite file as layers.c reads them; NotInC where it cannot run them."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    places, used = _places(schema, model, graph)
    layers = [
        _pack_layer(_kind(schema, model, operator), model, graph, operator, places)
        for operator in graph.operators
        if _code(model, operator) != schema.BuiltinOperator.RESHAPE
    ]
    image = int(np.prod(graph.tensors[graph.inputs[0]].shape))
    return struct.pack("<3i", len(layers), used, image) + b"".join(layers)


def _code(model: Any, operator: Any) -> int:
    """Files of older writers have only the second field."""
    code = model.operatorCodes[operator.opcodeIndex]
    return max(int(code.builtinCode), int(code.deprecatedBuiltinCode))


def _kind(schema: Any, model: Any, operator: Any) -> int:
    names = {number: name for name, number in vars(schema.BuiltinOperator).items()}
    name = names[_code(model, operator)]
    if name not in KINDS:
        raise NotInC(f"layers.c has no {name}")
    return KINDS.index(name)


def _places(schema: Any, model: Any, graph: Any) -> tuple[dict[int, int], int]:
    """Where each computed tensor lies, and the bytes of all; a reshape's output is its input."""
    places, used = {}, 0
    reshaped = {
        int(operator.outputs[0]): int(operator.inputs[0])
        for operator in graph.operators
        if _code(model, operator) == schema.BuiltinOperator.RESHAPE
    }
    for number, tensor in enumerate(graph.tensors):
        if model.buffers[tensor.buffer].data is None and number not in reshaped:
            places[number] = used
            used += int(np.prod(tensor.shape))
    for number, source in reshaped.items():
        while source in reshaped:
            source = reshaped[source]
        places[number] = places[source]
    return places, used


def _pack_layer(kind: int, model: Any, graph: Any, operator: Any, places: dict) -> bytes:
    tensors = [graph.tensors[number] for number in operator.inputs]
    out = graph.tensors[operator.outputs[0]]
    source, second = tensors[0], tensors[1] if kind == ADD else tensors[0]
    places_of = places[operator.inputs[0]], places.get(operator.inputs[-1], 0)
    facts = (
        *(kind, *places_of, places[operator.outputs[0]]),
        *map(_zero_point, (source, second, out)),
        *_limits(operator.builtinOptions, out),
        *(*_image(kind, source), *_image(kind, out)),
        *_window(kind, operator.builtinOptions, tensors, out),
    )
    of = [float(t.quantization.scale[0]) for t in (source, second, out)]
    packed = struct.pack("<18i3f", *facts, *of)
    if kind == SOFTMAX:
        return packed + _exponentials(source, operator.builtinOptions)
    return packed + (_weights(kind, model, tensors) if kind not in (ADD, AVERAGE_POOL) else b"")


def _zero_point(tensor: Any) -> int:
    return int(tensor.quantization.zeroPoint[0])


def _float_bits(value: float) -> int:
    return struct.unpack("<I", struct.pack("<f", value))[0]


def _limits(options: Any, out: Any) -> tuple[int, int]:
    """What the fused activation leaves."""
    fused = getattr(options, "fusedActivationFunction", 0)
    return scales.activation_range(fused, _float_bits(out.quantization.scale[0]), _zero_point(out))


def _image(kind: int, tensor: Any) -> list[int]:
    """Height, width and depth; rows of vectors are an image of one row."""
    shape = [int(n) for n in tensor.shape]
    return [1, int(np.prod(shape[:-1])), shape[-1]] if kind in (DENSE, SOFTMAX) else shape[1:]


def _window(kind: int, options: Any, tensors: list[Any], out: Any) -> tuple[int, int, int]:
    """Filter size, stride and padding before, the same along both axes."""
    if kind not in (CONV_2D, DEPTHWISE, AVERAGE_POOL):
        return 1, 1, 0
    pooled = kind == AVERAGE_POOL
    sizes = (options.filterHeight, options.filterWidth) if pooled else tensors[1].shape[1:3]
    strides = options.strideH, options.strideW
    shapes = zip(tensors[0].shape[1:3], out.shape[1:3], sizes, strides, strict=True)
    found = {
        (int(size), int(stride), max((int(to) - 1) * int(stride) + int(size) - int(side), 0) // 2)
        for side, to, size, stride in shapes
    }
    if len(found) > 1 or (
        not pooled and (options.dilationHFactor, options.dilationWFactor) != (1, 1)
    ):
        raise NotInC("layers.c has square windows without dilation only")
    return found.pop()


def _exponentials(source: Any, options: Any) -> bytes:
    """exp of each difference to the largest value, as 31-bit fractions."""
    bits = _float_bits(source.quantization.scale[0]), _float_bits(options.beta)
    return softmax_math.exponentials(*bits).tobytes()


def _weights(kind: int, model: Any, tensors: list[Any]) -> bytes:
    """Weights, bias and each channel's scale."""
    weights = tensors[1]
    channels = int(weights.shape[3 if kind == DEPTHWISE else 0])
    of = np.broadcast_to(np.float32(weights.quantization.scale), channels)
    content = model.buffers[weights.buffer].data.tobytes()
    if kind == CONV_2D and len(content) // channels > LARGEST_PATCH:
        raise NotInC("layers.c has no room for so large windows")
    bias = model.buffers[tensors[2].buffer].data.tobytes() if len(tensors) > 2 else b""
    return content + (bias or bytes(4 * channels)) + of.tobytes()
