"""A quantised classifier (.tflite) computed in floats by Keras, so that a GPU can be its judge.

Weights are the real numbers that the file's integers stand for; activations are kept to the
range that their integers have, but not rounded to them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.recipe.accelerator import on_gpu
from tinyteach.errors import ModelError

_Step = Callable[[dict[int, Any]], Any]


@dataclass(frozen=True)
class Quantised:
    """A tensor of the file: value = scale · (number − zero_point)."""

    dtype: np.dtype
    scale: np.ndarray  # float32, of the tensor or of each channel
    zero_point: np.ndarray
    axis: int  # of the channels
    numbers: np.ndarray | None  # of a constant

    def values(self) -> np.ndarray:
        """The constant's real numbers, float32."""
        assert self.numbers is not None
        shape = [1] * self.numbers.ndim
        if self.scale.size > 1:
            shape[self.axis] = -1
        scale, zero = self.scale.reshape(shape), self.zero_point.reshape(shape)
        steps: NDArray[np.float32] = self.numbers.astype(np.float32) - zero
        return (scale * steps).astype(np.float32)

    def limits(self) -> tuple[float, float]:
        """The smallest and the largest value that the tensor can have."""
        ends = np.iinfo(self.dtype)
        low, high = (self.scale[0] * (end - self.zero_point[0]) for end in (ends.min, ends.max))
        return float(low), float(high)


def build(content: bytes) -> Callable[[Any], list[Any]]:
    """From pixels (float32 tensor, N×side×side×3, 0…255) to the model's outputs, float tensors.

    ModelError for an operator that feature maps of image classifiers do not come from.
    """
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    tensors = [read_tensor(tensor, model.buffers[tensor.buffer]) for tensor in graph.tensors]
    steps = [(op.outputs[0], _step(model, op, tensors)) for op in graph.operators]
    first, last = int(graph.inputs[0]), [int(number) for number in graph.outputs]

    def run(pixels: Any) -> list[Any]:
        from keras import ops

        source = tensors[first]
        values = {first: source.scale[0] * (pixels - source.zero_point[0])}
        values[first] = ops.cast(values[first], "bfloat16" if on_gpu() else "float32")
        for number, step in steps:
            values[number] = step(values)
        return [ops.cast(values[number], "float32") for number in last]

    return run


def read_tensor(tensor: Any, buffer: Any) -> Quantised:
    """A tensor of a file's graph with the buffer that it names."""
    names = {"UINT8": np.uint8, "INT8": np.int8, "INT32": np.int32, "FLOAT32": np.float32}
    types = {getattr(schema_module().TensorType, name): names[name] for name in names}
    dtype = np.dtype(types.get(tensor.type, np.float32))
    numbers = None
    if buffer.data is not None and len(buffer.data):
        numbers = np.asarray(buffer.data, np.uint8).view(dtype).reshape(tensor.shape)
    said = tensor.quantization
    if said is None or said.scale is None:
        return Quantised(dtype, np.ones(1, np.float32), np.zeros(1), 0, numbers)
    zero = np.zeros(1) if said.zeroPoint is None else np.asarray(said.zeroPoint, np.float64)
    scale = np.asarray(said.scale, np.float32)
    return Quantised(dtype, scale, zero, said.quantizedDimension, numbers)


def _step(model: Any, op: Any, tensors: Sequence[Quantised]) -> _Step:
    """What one operator makes of the values so far."""
    codes = schema_module().BuiltinOperator
    code = model.operatorCodes[op.opcodeIndex]
    kind = max(code.builtinCode, code.deprecatedBuiltinCode)
    sources = [int(number) for number in op.inputs]
    if kind in (codes.QUANTIZE, codes.DEQUANTIZE):
        return lambda values: values[sources[0]]
    makers = {
        codes.CONV_2D: _convolution,
        codes.DEPTHWISE_CONV_2D: _depthwise,
        codes.ADD: _addition,
    }
    if kind not in makers:
        raise ModelError(
            "The teacher has an operator that is not known here; use an image classifier of "
            "convolutions such as MobileNetV1 or MobileNetV2."
        )
    made = makers[kind](op.builtinOptions, sources, tensors)
    limit = _limit(op.builtinOptions, tensors[op.outputs[0]])
    return lambda values: limit(made(values))


def _limit(options: Any, out: Quantised) -> Callable[[Any], Any]:
    """The activation function, and the range of a quantised tensor."""
    kinds = schema_module().ActivationFunctionType
    low, high = (-np.inf, np.inf) if out.dtype == np.float32 else out.limits()
    fused = options.fusedActivationFunction
    if fused in (kinds.RELU, kinds.RELU6):
        low = max(low, 0.0)
    if fused == kinds.RELU6:
        high = min(high, 6.0)

    def limit(values: Any) -> Any:
        from keras import ops

        return ops.minimum(ops.maximum(values, low), high)

    return limit


def _addition(options: Any, sources: Sequence[int], tensors: Sequence[Quantised]) -> _Step:
    return lambda values: values[sources[0]] + values[sources[1]]


def _convolution(options: Any, sources: Sequence[int], tensors: Sequence[Quantised]) -> _Step:
    kernel = tensors[sources[1]].values().transpose(1, 2, 3, 0)  # of out×height×width×in
    bias, stride, padding = tensors[sources[2]].values(), options.strideW, _padding(options)

    def convolve(values: Any) -> Any:
        from keras import ops

        x = values[sources[0]]
        weights = ops.cast(kernel, x.dtype)
        if kernel.shape[:2] == (1, 1) and stride == 1:
            return ops.matmul(x, weights[0, 0]) + ops.cast(bias, x.dtype)
        return ops.conv(x, weights, stride, padding) + ops.cast(bias, x.dtype)

    return convolve


def _depthwise(options: Any, sources: Sequence[int], tensors: Sequence[Quantised]) -> _Step:
    kernel = tensors[sources[1]].values().transpose(1, 2, 3, 0)  # of 1×height×width×channels
    bias, stride, padding = tensors[sources[2]].values(), options.strideW, _padding(options)

    def convolve(values: Any) -> Any:
        from keras import ops

        x = values[sources[0]]
        by_channel = _shifted if on_gpu() and padding == "same" else ops.depthwise_conv
        return by_channel(x, ops.cast(kernel, x.dtype), stride, padding) + ops.cast(bias, x.dtype)

    return convolve


def _shifted(x: Any, kernel: Any, stride: int, padding: str) -> Any:
    """A depthwise convolution as a sum of shifted pictures, which one GPU program computes.

    XLA's own depthwise convolution takes several times as long.
    """
    from keras import ops

    height, width = kernel.shape[:2]
    out = [-(-side // stride) for side in x.shape[1:3]]
    missing = [
        max(0, (count - 1) * stride + size - side)
        for count, size, side in zip(out, (height, width), x.shape[1:3], strict=True)
    ]
    x = ops.pad(x, [(0, 0), *((count // 2, count - count // 2) for count in missing), (0, 0)])
    rows, columns = ((count - 1) * stride + 1 for count in out)
    parts = [
        x[:, i : i + rows : stride, j : j + columns : stride] * kernel[i, j, :, 0]
        for i in range(height)
        for j in range(width)
    ]
    return sum(parts[1:], parts[0])


def _padding(options: Any) -> str:
    return "same" if options.padding == schema_module().Padding.SAME else "valid"
