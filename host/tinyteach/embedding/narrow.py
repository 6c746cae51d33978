"""Makes a quantised network's weights narrow, so that boards multiply two pixels at once.

Boards hold the sums of two pixels in one word of 32 bits, 16 inputs long, where the
magnitudes of the 16 weights add up to 255 at most (firmware_agent/agent/tflite/viper_pairs.py).
A channel that goes beyond is divided by what brings it there, and its scale multiplied by that:
the same network with weights of some 6 or 7 bits. On photographs no difference can be measured
(docs/embedding.md).
"""

from typing import Any

import numpy as np

from tinyteach.embedding.litert import schema_module

TURN = 16
MOST = 255
_STEP = 1.002  # rounding can undo what a division has brought


def narrow_weights(content: bytes) -> bytes:
    """The .tflite file ``content`` with the weights of its CONV_2D made narrow."""
    from flatbuffers import Builder

    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex].builtinCode
        if code == schema.BuiltinOperator.CONV_2D:
            _narrow(model, *(graph.tensors[number] for number in operator.inputs[1:3]))
    builder = Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def widest_turn(weights: np.ndarray) -> np.ndarray:
    """Of each channel the largest sum of magnitudes of a turn; ``weights``: channels×inputs."""
    magnitudes = np.abs(weights.astype(np.int64))
    filled = np.pad(magnitudes, ((0, 0), (0, -weights.shape[1] % TURN)))
    return filled.reshape(len(weights), -1, TURN).sum(axis=2).max(axis=1)


def narrowing(weights: np.ndarray) -> np.ndarray:
    """What to divide each channel of int8 ``weights`` (channels×inputs) by: float64, ≥ 1."""
    divisors = np.maximum(1.0, widest_turn(weights) / MOST)
    while True:
        wide = widest_turn(np.rint(weights / divisors[:, None])) > MOST
        if not wide.any():
            return divisors
        divisors[wide] *= _STEP


def _narrow(model: Any, weights: Any, bias: Any) -> None:
    numbers = _values(model, weights, np.int8).reshape(weights.shape[0], -1)
    divisors = narrowing(numbers)
    _put(model, weights, np.rint(numbers / divisors[:, None]).astype(np.int8), divisors)
    sums = np.rint(_values(model, bias, np.int32) / divisors).astype(np.int32)
    _put(model, bias, sums, divisors)


def _values(model: Any, tensor: Any, dtype: type) -> np.ndarray:
    return np.frombuffer(bytes(model.buffers[tensor.buffer].data), dtype)


def _put(model: Any, tensor: Any, values: np.ndarray, divisors: np.ndarray) -> None:
    model.buffers[tensor.buffer].data = values.reshape(-1).view(np.uint8)
    tensor.quantization.scale = (tensor.quantization.scale * divisors).astype(np.float32)
