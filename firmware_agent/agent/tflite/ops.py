"""The operators: each checks its part of the graph once and keeps what its kernel needs.

After ``__init__`` everything a kernel will touch has been checked to lie inside
its tensor, because viper kernels use bare pointers. An operator's attributes
are its kernel's arguments; ``kernel`` names the function in a kernels module.
``inputs`` are the numbers of the tensors read, ``output`` of the one written.
The planner sets ``source`` (and ``source2``) and ``target``: memoryviews of
int8 values (read as 0..255, two's complement).
"""

import gc
from array import array

from agent.tflite import scales, softmax_math
from agent.tflite.errors import ModelError
from agent.tflite.geometry import VALID, Window
from agent.tflite.model import INT8

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Iterable, Iterator

    from agent.tflite.model import Model, Operator, Options, Tensor
    from agent.tflite.scales import Pair

_MAX_CHANNELS = const(4096)


def require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ModelError(sentence)


class Op:
    """What all operators share: ``macs``, and ``pooled``, the values that pooling sums."""

    macs = pooled = 0
    kernel: str | None

    def __init__(self, model: "Model", operator: "Operator", input_count: int) -> None:
        require(len(operator.outputs) == 1, "an operator has not one output")
        require(len(operator.inputs) >= input_count, "an operator lacks an input")
        self.inputs = operator.inputs[:input_count]
        self.output = operator.outputs[0]

    def _input_tensor(self, model: "Model", index: int = 0) -> "Tensor":
        return activation(model.tensor(self.inputs[index]))

    def _output_tensor(self, model: "Model") -> "Tensor":
        tensor = activation(model.tensor(self.output))
        require(tensor.data is None, "an operator writes to a constant")
        return tensor

    def bind(self, views: dict[int, memoryview]) -> None:
        """Take memoryviews of the inputs and the output."""
        self.source = views[self.inputs[0]]
        self.target = views[self.output]


def activation(tensor: "Tensor") -> "Tensor":
    require(tensor.type == INT8, "a tensor that should be int8 is of another type")
    return tensor


def _options_of(operator: "Operator") -> "Options":
    require(operator.options is not None, "an operator lacks its options")
    return operator.options  # type: ignore[return-value] # required


def _same_quantisation(a: "Tensor", b: "Tensor") -> bool:
    return a.scale_bits() == b.scale_bits() and a.zero_point() == b.zero_point()


class Weighted(Op):
    """CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: weights, bias and scales.

    ``bias`` is an array of int32 or None. Each output channel has a real
    factor, input scale * weight scale / output scale; a subclass says in which
    form its kernel needs them.
    """

    def __init__(self, model: "Model", operator: "Operator", rank: int, channel_axis: int) -> None:
        super().__init__(model, operator, 2)
        source, target = self._input_tensor(model), self._output_tensor(model)
        weights = activation(model.tensor(self.inputs[1]))
        require(weights.data is not None, "an operator's weights are not constant")
        require(len(weights.shape) == rank, "weights do not have the rank they must")
        require(weights.zero_point() == 0, "weights have a zero point other than 0")
        self.inputs = self.inputs[:1]
        self.weights = weights.data
        self.weights_shape = weights.shape
        self.out_channels = weights.shape[channel_axis]
        require(self.out_channels <= _MAX_CHANNELS, "an operator has too many channels")
        self.input_zero_point = source.zero_point()
        self.output_zero_point = target.zero_point()
        self._read_bias(model, operator)
        self._keep_factors(factors(source, weights, target, channel_axis))

    def _read_bias(self, model: "Model", operator: "Operator") -> None:
        self.bias = None
        if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
            tensor = model.tensor(operator.inputs[2])
            require(tensor.elements == self.out_channels, "a bias is not one per channel")
            self.bias = array("i", tensor.int32s())

    def _keep_factors(self, reals: "Iterable[Pair]") -> None:
        """``multipliers`` of 31 bits and ``shifts``, each shift + 32 so that a byte holds it."""
        self.multipliers = array("i", [0] * self.out_channels)
        self.shifts = bytearray(self.out_channels)
        for channel, real in enumerate(reals):
            self.multipliers[channel], shift = scales.quantise_multiplier(real)
            self.shifts[channel] = shift + 32

    def limit(self, model: "Model", fused: int) -> None:
        target = model.tensor(self.output)
        self.lowest, self.highest = scales.activation_range(
            fused, target.scale_bits(), self.output_zero_point
        )


def factors(
    source: "Tensor", weights: "Tensor", target: "Tensor", channel_axis: int
) -> "Iterator[Pair]":
    """The real factor of each channel, one after the other."""
    count, channels = weights.scale_count(), weights.shape[channel_axis]
    require(
        count <= 1 or (weights.quantised_axis() == channel_axis and count == channels),
        "weights are quantised along another axis than their channels",
    )
    input_bits, output_bits = source.scale_bits(), target.scale_bits()
    for channel in range(channels):
        bits = weights.scale_bits(channel if count > 1 else 0)
        yield scales.factor(input_bits, bits, output_bits)


class Conv2D(Weighted):
    """CONV_2D; ``patch`` is the number of inputs that one output value sums."""

    kernel = "conv_2d"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 4, 0)
        options = _options_of(operator)
        shape = self.weights_shape
        require(options.i32(4, 1) == 1 and options.i32(5, 1) == 1, "dilation is not supported")
        self.window = Window(
            self._input_tensor(model).shape,
            shape[1:3],
            (options.i32(2), options.i32(1)),
            options.u8(0),
        )
        require(shape[3] == self.window.in_channels, "convolution in groups is not supported")
        self.patch = shape[1] * shape[2] * shape[3]
        self.macs = self.window.pixels * self.out_channels * self.patch
        _check_window_output(self.window, self.out_channels, self._output_tensor(model))
        self.limit(model, options.u8(3))


class DepthwiseConv2D(Weighted):
    """DEPTHWISE_CONV_2D; ``depth_multiplier`` output channels for each input channel."""

    kernel = "depthwise_conv_2d"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 4, 3)
        options = _options_of(operator)
        shape = self.weights_shape
        require(shape[0] == 1, "depthwise weights are not [1, h, w, channels]")
        require(options.i32(5, 1) == 1 and options.i32(6, 1) == 1, "dilation is not supported")
        self.window = Window(
            self._input_tensor(model).shape,
            shape[1:3],
            (options.i32(2), options.i32(1)),
            options.u8(0),
        )
        channels = self.window.in_channels
        self.depth_multiplier = shape[3] // channels
        require(shape[3] % channels == 0, "depthwise channels are no multiple of the input's")
        self.patch = shape[1] * shape[2] * channels
        self.macs = self.window.pixels * self.out_channels * shape[1] * shape[2]
        _check_window_output(self.window, self.out_channels, self._output_tensor(model))
        self.limit(model, options.u8(4))


class FullyConnected(Weighted):
    """FULLY_CONNECTED: a 1x1 convolution over ``rows`` pixels, but requantised in double.

    LiteRT's reference kernel has rounded the product of the accumulator and the
    factor, both doubles, since April 2025. ``mantissas``: four 16-bit digits a
    channel, lowest first, of the factor's 53-bit mantissa; ``exponents``: how
    far the product with it is to be shifted right.
    """

    kernel = "fully_connected"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 2, 0)
        options = _options_of(operator)
        require(options.u8(1) == 0, "shuffled dense weights are not supported")
        source, target = self._input_tensor(model), self._output_tensor(model)
        self.patch = self.weights_shape[1]
        rows = source.elements // self.patch
        require(rows * self.patch == source.elements, "dense weights do not fit their input")
        require(
            target.elements == rows * self.out_channels, "a dense output does not have its size"
        )
        self.window = Window((1, 1, rows, self.patch), (1, 1), (1, 1), VALID)
        self.macs = rows * self.out_channels * self.patch
        self.limit(model, options.u8(0))

    def _keep_factors(self, reals: "Iterable[Pair]") -> None:
        self.mantissas = array("H", [0] * (4 * self.out_channels))
        self.exponents = bytearray(self.out_channels)
        for channel, real in enumerate(reals):
            mantissa, exponent = scales.with_bits(real, scales.DOUBLE_BITS)
            require(exponent <= -24, "a scale is too large against the others")
            for digit in range(4):
                self.mantissas[4 * channel + digit] = mantissa >> (16 * digit) & 0xFFFF
            # An accumulator has 31 bits: beyond 100 every result is 0.
            self.exponents[channel] = min(-exponent, 100)


def _check_window_output(window: "Window", channels: int, target: "Tensor") -> None:
    require(
        target.shape == (1, window.out_height, window.out_width, channels),
        "an operator's output does not have the shape its input gives",
    )


class Add(Op):
    """ADD of two tensors of one shape.

    ``first`` and ``second``: zero point, multiplier and shift + 32 by which an input, shifted
    left by `LEFT_SHIFT`, comes to the common fixed-point scale; the sum is requantised by
    ``multiplier`` and ``shift`` - 32.
    """

    kernel = "add"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 2)
        self.left_shift = 20  # headroom for rounding, kernels/add.cc
        a, b = self._input_tensor(model), self._input_tensor(model, 1)
        target = self._output_tensor(model)
        require(a.shape == b.shape == target.shape, "only tensors of one shape are combined")
        self.elements = target.elements
        self.output_zero_point = target.zero_point()
        self._read_scales(a, b, target)
        options = operator.options
        fused = options.u8(0) if options else scales.NONE
        bits = target.scale_bits()
        self.lowest, self.highest = scales.activation_range(fused, bits, self.output_zero_point)

    def _read_scales(self, a: "Tensor", b: "Tensor", target: "Tensor") -> None:
        first, second = [scales.from_float(t.scale_bits()) for t in (a, b)]
        out = scales.from_float(target.scale_bits())
        twice = scales.larger(first, second)
        twice = twice[0], twice[1] + 1
        self.first = (a.zero_point(),) + _below_one(first, twice)
        self.second = (b.zero_point(),) + _below_one(second, twice)
        out = out[0], out[1] + self.left_shift
        self.multiplier, self.shift = _below_one(twice, out)

    def bind(self, views: dict[int, memoryview]) -> None:
        super().bind(views)
        self.source2 = views[self.inputs[1]]


def _below_one(a: "Pair", b: "Pair") -> tuple[int, int]:
    """(multiplier, shift + 32) of a / b, which must be below 1."""
    multiplier, shift = scales.quantise_multiplier(scales.quotient(a, b, scales.DOUBLE_BITS))
    require(shift <= 0, "the scales of an addition are too far apart")
    return multiplier, shift + 32


class Mul(Add):
    """MUL of two tensors of one shape: ``first`` and ``second`` hold zero points alone.

    The product of both distances from them is requantised by ``multiplier`` and ``shift`` - 32.
    """

    kernel = "mul"

    def _read_scales(self, a: "Tensor", b: "Tensor", target: "Tensor") -> None:
        # In float32, as Prepare of kernels/mul.cc has it.
        bits = scales.FLOAT_BITS
        first, second, out = [scales.from_float(t.scale_bits()) for t in (a, b, target)]
        both = scales.rounded(*scales.product(first, second), bits)
        multiplier, shift = scales.quantise_multiplier(scales.quotient(both, out, bits))
        require(shift <= 0, "the scales of a multiplication are too far apart")
        self.first, self.second = (a.zero_point(), 0, 0), (b.zero_point(), 0, 0)
        self.multiplier, self.shift = multiplier, shift + 32


class AveragePool2D(Op):
    """AVERAGE_POOL_2D: the mean of the window's part inside the input."""

    kernel = "average_pool_2d"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 1)
        options = _options_of(operator)
        source, target = self._input_tensor(model), self._output_tensor(model)
        require(_same_quantisation(source, target), "pooling must keep its input's quantisation")
        size = (options.i32(4), options.i32(3))
        self.window = Window(source.shape, size, (options.i32(2), options.i32(1)), options.u8(0))
        self.out_channels = self.window.in_channels
        self.pooled = self.window.pixels * size[0] * size[1] * self.out_channels
        _check_window_output(self.window, self.out_channels, target)
        self.lowest, self.highest = scales.activation_range(
            options.u8(5), target.scale_bits(), target.zero_point()
        )


class Mean(Op):
    """MEAN over height and width: sums, then a requantisation that divides."""

    kernel = "mean"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 2)
        axes = model.tensor(self.inputs[1]).int32s()
        self.inputs = self.inputs[:1]
        source, target = self._input_tensor(model), self._output_tensor(model)
        rank = len(source.shape)
        require(
            rank == 4 and sorted([axis % rank for axis in axes]) == [1, 2],
            "the mean is supported over height and width only",
        )
        self.window = Window(source.shape, source.shape[1:3], (1, 1), VALID)
        self.out_channels = self.window.in_channels
        require(target.elements == self.out_channels, "a mean's output does not have its size")
        self.input_zero_point = source.zero_point()
        self.output_zero_point = target.zero_point()
        self.lowest, self.highest = -128, 127
        self._read_scales(source, target)

    def _read_scales(self, source: "Tensor", target: "Tensor") -> None:
        # The division by the count is folded into the multiplier, as in
        # QuantizedMeanOrSum of LiteRT's reference/reduce.h.
        count = self.window.in_height * self.window.in_width
        multiplier, shift = scales.rescaling(source.scale_bits(), target.scale_bits())
        extra = min(scales.bit_length(count) - 1, 32, 31 + shift)
        multiplier = (multiplier << extra) // count
        self.multipliers = array("i", [multiplier] * self.out_channels)
        self.shifts = bytearray([shift - extra + 32] * self.out_channels)


class Pad(Op):
    """PAD with the zero point; all shapes are brought to four dimensions."""

    kernel = "pad"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 2)
        source, target = self._input_tensor(model), self._output_tensor(model)
        require(_same_quantisation(source, target), "padding must keep its input's quantisation")
        pads = model.tensor(self.inputs[1]).int32s()
        self.inputs = self.inputs[:1]
        rank = len(source.shape)
        require(rank <= 4 and len(pads) == 2 * rank, "paddings do not fit their input")
        require(min(pads) >= 0, "a padding is negative")
        expected = [s + pads[2 * i] + pads[2 * i + 1] for i, s in enumerate(source.shape)]
        require(tuple(expected) == target.shape, "a padded output does not have the shape it must")
        lead = 4 - rank
        self.in_shape = (1,) * lead + source.shape
        self.out_shape = (1,) * lead + target.shape
        self.before = (0,) * lead + tuple(pads[0::2])
        self.fill = target.zero_point()


class Reshape(Op):
    """RESHAPE: nothing to compute, the output is the input's memory."""

    kernel = None

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 1)
        source, target = self._input_tensor(model), self._output_tensor(model)
        require(source.data is None, "a constant is reshaped")
        require(source.elements == target.elements, "a reshape changes the number of elements")
        require(_same_quantisation(source, target), "a reshape must keep the quantisation")


class Softmax(Op):
    """SOFTMAX over the last dimension, in LiteRT's reference fixed point.

    ``table[d]``: exp of the scaled difference d to the row's largest value, as
    a 31-bit fraction; 0 where it counts as nothing.
    """

    kernel = "softmax"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 1)
        source, target = self._input_tensor(model), self._output_tensor(model)
        require(source.shape == target.shape, "softmax must keep its input's shape")
        require(
            target.zero_point() == -128 and target.scale_bits() == 0x3B800000,
            "softmax's output must have scale 1/256 and zero point -128",
        )
        self.depth = source.shape[-1] if source.shape else 1
        require(self.depth < 512, "softmax over more than 511 classes is not supported")
        self.rows = source.elements // self.depth
        beta = _options_of(operator).u32(0)
        self.table = softmax_math.exponentials(source.scale_bits(), beta)


# BuiltinOperator numbers of the schema.
OPERATORS = {
    0: Add,
    1: AveragePool2D,
    3: Conv2D,
    4: DepthwiseConv2D,
    9: FullyConnected,
    18: Mul,
    22: Reshape,
    25: Softmax,
    34: Pad,
    40: Mean,
}


# A damaged or hostile file must not keep a board busy for minutes: an inference of
# this many additions takes a 240 MHz board about ten seconds.
_MAX_ADDITIONS = const(1 << 28)
_CHANNEL_ADDITIONS = const(1 << 13)


def build(model: "Model") -> "list[Op]":
    """The model's operators, checked, in the order they run."""
    for number in model.inputs + model.outputs:
        activation(model.tensor(number))
    built, total = [], 0
    for operator in model.operators:
        built.append(_build_one(model, operator))
        total += _additions(built[-1], model)
        require(total <= _MAX_ADDITIONS, "the model computes too much for a board")
    return built


def _additions(op: "Op", model: "Model") -> int:
    """What an operator's work is worth; of a channel, that of computing its factor when loaded."""
    moved = model.tensor(op.inputs[0]).elements + model.tensor(op.output).elements
    channels = op.out_channels if hasattr(op, "weights") else 0  # type: ignore[attr-defined]
    return op.macs + op.pooled + moved + channels * _CHANNEL_ADDITIONS


def _build_one(model: "Model", operator: "Operator") -> "Op":
    kind = OPERATORS.get(operator.code)
    if kind is None:
        raise ModelError("the model uses operator %d, not supported" % operator.code)
    built = kind(model, operator)
    # What computing the factors left would else lie scattered between what stays, and the arena,
    # which comes last and in one piece, would find no room in a heap two thirds empty.
    gc.collect()
    return built
