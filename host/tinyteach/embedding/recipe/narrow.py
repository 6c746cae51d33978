"""Makes a quantised network's weights narrow, so that boards multiply two pixels at once.

Boards hold the sums of two pixels in one word of 32 bits, 16 inputs long, where the
magnitudes of the 16 weights add up to 255 at most (firmware_agent/agent/tflite/viper_pairs.py).
A channel that goes beyond gets a larger scale: weights of some 6 or 7 bits. They are rounded anew
from the float network's (`rounding`), so that this costs next to nothing (docs/embedding.md).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.litert import open_interpreter, schema_module
from tinyteach.embedding.recipe.rounding import Inputs, columns_of

TURN = 16
MOST = 255
_STEP = 1.002  # rounding can undo what a division has brought


def narrow_weights(content: bytes, floats: bytes, images: np.ndarray) -> bytes:
    """The int8 .tflite file ``content`` with the weights of its CONV_2D made narrow.

    ``floats``: the same network before quantisation, a .tflite file; ``images`` (uint8,
    N×side×side×3) show what its convolutions meet.
    """
    from flatbuffers import Builder

    schema = schema_module()
    model, real = (schema.ModelT.InitFromPackedBuf(file, 0) for file in (content, floats))
    convolutions = list(zip(_convolutions(model), _convolutions(real), strict=True))
    met = _met(content, {int(mine.inputs[0]) for mine, _ in convolutions}, images)
    for mine, theirs in convolutions:
        weights, bias = (_constant(real, theirs.inputs[n], np.float32) for n in (1, 2))
        _narrow(model, mine, weights, bias, met[int(mine.inputs[0])])
    builder = Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def widest_turn(weights: np.ndarray) -> np.ndarray:
    """Of each channel the largest sum of magnitudes of a turn; ``weights``: channels×inputs."""
    magnitudes = np.abs(weights.astype(np.int64))
    filled = np.pad(magnitudes, ((0, 0), (0, -weights.shape[1] % TURN)))
    widest: NDArray[np.int64] = filled.reshape(len(weights), -1, TURN).sum(axis=2).max(axis=1)
    return widest


def narrowing(weights: np.ndarray) -> np.ndarray:
    """What to divide each channel of int8 ``weights`` (channels×inputs) by: float64, ≥ 1."""
    divisors = np.maximum(1.0, widest_turn(weights) / MOST)
    while True:
        wide = widest_turn(np.rint(weights / divisors[:, None])) > MOST
        if not wide.any():
            return divisors
        divisors[wide] *= _STEP


def _convolutions(model: Any) -> list[Any]:
    kind = schema_module().BuiltinOperator.CONV_2D
    operators = model.subgraphs[0].operators
    return [op for op in operators if model.operatorCodes[op.opcodeIndex].builtinCode == kind]


def _met(content: bytes, tensors: set[int], images: np.ndarray) -> dict[int, np.ndarray]:
    """Values (int8) that ``tensors`` of the network have for ``images``."""
    interpreter = open_interpreter(content, True, keep_tensors=True)
    first = interpreter.get_input_details()[0]["index"]
    found: dict[int, list[np.ndarray]] = {tensor: [] for tensor in tensors}
    for image in (images ^ 0x80).view(np.int8):  # pixel − 128
        interpreter.set_tensor(first, image[None])
        interpreter.invoke()
        for tensor, values in found.items():
            values.append(interpreter.get_tensor(tensor)[0])
    return {tensor: np.stack(values) for tensor, values in found.items()}


def _narrow(model: Any, op: Any, weights: np.ndarray, bias: np.ndarray, met: np.ndarray) -> None:
    """Round the float ``weights`` (channels×height×width×inputs) of one convolution."""
    tensors = model.subgraphs[0].tensors
    said = tensors[op.inputs[0]].quantization
    same = op.builtinOptions.padding == schema_module().Padding.SAME
    steps = met.astype(np.float32) - np.float32(said.zeroPoint[0])
    inputs = Inputs(columns_of(steps, weights.shape[1:3], op.builtinOptions.strideW, same))
    wide = _constant(model, op.inputs[1], np.int8).reshape(len(weights), -1)
    scales = np.asarray(tensors[op.inputs[1]].quantization.scale) * narrowing(wide)
    flat = weights.reshape(len(weights), -1).astype(np.float64)
    rounded, scales = _round_narrow(inputs, flat, scales)
    # What rounding shifts the mean by is taken back.
    shift = (flat - rounded * scales[:, None]) @ inputs.mean
    biases = np.rint((bias / said.scale[0] + shift) / scales)
    _put(model, op.inputs[1], rounded.astype(np.int8), scales)
    _put(model, op.inputs[2], biases.astype(np.int32), scales * said.scale[0])


def _round_narrow(
    inputs: Inputs, weights: np.ndarray, scales: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers and their scales, grown until every turn is narrow."""
    scales = scales.copy()
    while True:
        rounded = inputs.round(weights / scales[:, None])
        wide = widest_turn(rounded) > MOST
        if not wide.any():
            return rounded, scales
        scales[wide] *= _STEP


def _constant(model: Any, number: int, dtype: type) -> np.ndarray:
    tensor = model.subgraphs[0].tensors[number]
    values: np.ndarray = np.frombuffer(bytes(model.buffers[tensor.buffer].data), dtype)
    return values.reshape(tensor.shape)


def _put(model: Any, number: int, values: np.ndarray, scales: np.ndarray) -> None:
    tensor = model.subgraphs[0].tensors[number]
    model.buffers[tensor.buffer].data = values.reshape(-1).view(np.uint8)
    tensor.quantization.scale = scales.astype(np.float32)
