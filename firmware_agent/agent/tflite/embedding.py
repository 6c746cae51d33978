"""The operators that embeddings have and heads have not (ops.py).

Loaded where a model has one of them, so that a head is read beside an embedding in less memory.
"""

from array import array

from agent.tflite import scales
from agent.tflite.geometry import VALID, Window
from agent.tflite.ops import (
    AveragePool2D,
    Op,
    Reshape,
    Weighted,
    activation,
    require,
    scores,
)

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.tflite.model import Model, Operator, Tensor
    from agent.tflite.scales import Pair

_QUANTIZE = const(114)  # BuiltinOperator of the schema
_FLOAT32 = const(0)
_PRECISE_BITS = const(96)  # far more than a float32 has


class Conv2D(Weighted):
    """CONV_2D; ``patch`` is the number of inputs that one output value sums."""

    kernel = "conv_2d"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 4, 0)
        options = self.options(operator)
        shape = self.weights_shape
        require(options.i32(4, 1) == 1 and options.i32(5, 1) == 1, "dilation is not supported")
        self.window = Window(
            self.tensors(model)[0].shape,
            shape[1:3],
            (options.i32(2), options.i32(1)),
            options.u8(0),
        )
        require(shape[3] == self.window.in_channels, "convolution in groups is not supported")
        self.patch = shape[1] * shape[2] * shape[3]
        self.macs = self.window.pixels * self.out_channels * self.patch
        self.window.check(self.tensors(model)[1].shape, self.out_channels)
        self.limit(model, options.u8(3))


class DepthwiseConv2D(Weighted):
    """DEPTHWISE_CONV_2D; ``depth_multiplier`` output channels for each input channel."""

    kernel = "depthwise_conv_2d"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 4, 3)
        options = self.options(operator)
        shape = self.weights_shape
        require(shape[0] == 1, "depthwise weights are not [1, h, w, channels]")
        require(options.i32(5, 1) == 1 and options.i32(6, 1) == 1, "dilation is not supported")
        self.window = Window(
            self.tensors(model)[0].shape,
            shape[1:3],
            (options.i32(2), options.i32(1)),
            options.u8(0),
        )
        channels = self.window.in_channels
        self.depth_multiplier = shape[3] // channels
        require(shape[3] % channels == 0, "depthwise channels are no multiple of the input's")
        self.patch = shape[1] * shape[2] * channels
        self.macs = self.window.pixels * self.out_channels * shape[1] * shape[2]
        self.window.check(self.tensors(model)[1].shape, self.out_channels)
        self.limit(model, options.u8(4))


class MaxPool2D(AveragePool2D):
    """MAX_POOL_2D: the largest value of the window's part inside the input."""

    kernel = "max_pool_2d"


class Mean(Op):
    """MEAN over height and width: sums, then a requantisation that divides."""

    kernel = "mean"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 2)
        axes = model.tensor(self.inputs[1]).int32s()
        self.inputs = self.inputs[:1]
        source, target = self.tensors(model)
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
        source, target = self.tensors(model, True)
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


class Transpose(Reshape):
    """TRANSPOSE; of four dimensions at most beside those of size 1.

    ``strides``: how far apart neighbours along each dimension of ``out_shape`` are in the source.
    """

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator)
        order = model.tensor(operator.inputs[1] if len(operator.inputs) > 1 else -1).int32s()
        shape, out = model.tensor(self.inputs[0]).shape, model.tensor(self.output).shape
        require(sorted(order) == list(range(len(shape))), "its dimensions are no permutation")
        require(out == tuple([shape[i] for i in order]), "its output does not have its shape")
        moved = [i for i in order if shape[i] > 1]
        require(len(moved) <= 4, "more than four dimensions are not supported")
        strides = [1] * len(shape)
        for i in range(len(shape) - 1, 0, -1):
            strides[i - 1] = strides[i] * shape[i]
        lead = 4 - len(moved)
        self.out_shape = (1,) * lead + tuple([shape[i] for i in moved])
        self.strides = (0,) * lead + tuple([strides[i] for i in moved])
        self.kernel = None if moved == sorted(moved) else "transpose"


class Logistic(Op):
    """LOGISTIC: ``table``, a byte for each of the input's 256."""

    kernel = "look_up"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 1)
        source, target = self.tensors(model)
        require(source.shape == target.shape, "its output does not have its shape")
        scores(target)
        self.table = _scores_of(source.scale_bits(), source.zero_point())


def _scores_of(scale_bits: int, zero_point: int) -> bytearray:
    """The 256 bytes that LOGISTIC makes of int8 inputs, by the input's byte.

    As PopulateLookupTable of LiteRT's kernels/activations.cc, whose float32 are made in integers.
    """
    scale, table = scales.from_float(scale_bits), bytearray(256)
    for value in range(-128, 128):
        table[value & 255] = _score(scale, value - zero_point) - 128 & 255
    return table


def _score(scale: "Pair", steps: int) -> int:
    """1 / (1 + exp(-x)) in 256ths, for x = scale * steps; 255 at most."""
    x, exponent = scales.rounded(*scales.product(scale, (abs(steps), 0)), scales.FLOAT_BITS)
    exponent += _PRECISE_BITS
    x = x << exponent if exponent > 0 else x >> -exponent
    if x >> _PRECISE_BITS >= 10:  # from there on it is 0 or 1
        return 255 if steps > 0 else 0
    power, exponent = scales.rounded(
        _natural_power(-x if steps > 0 else x), -_PRECISE_BITS, scales.FLOAT_BITS
    )
    divisor = scales.rounded(
        (1 << _PRECISE_BITS) + (power << _PRECISE_BITS + exponent),
        -_PRECISE_BITS,
        scales.FLOAT_BITS,
    )
    score, exponent = scales.quotient((256, 0), divisor, scales.FLOAT_BITS)
    return min(255, scales.divide_by_power(score, -exponent))


def _natural_power(x: int) -> int:
    """exp(x), both with 96 bits behind the point: of x / 256 by its series, then squared."""
    x >>= 8
    term = total = 1 << _PRECISE_BITS
    for n in range(1, 12):
        term = (term * x >> _PRECISE_BITS) // n
        total += term
    for _ in range(8):
        total = total * total >> _PRECISE_BITS
    return total


class Quantise(Reshape):
    """QUANTIZE of int8 or uint8: a ``table``, or nothing where all values stay as they are.

    So it is from uint8 to int8 of the same scale. From and to float32, and DEQUANTIZE, see `Model`.
    """

    def __init__(self, model: "Model", operator: "Operator") -> None:
        Op.__init__(self, model, operator, 1)
        source, target = [model.tensor(n) for n in (self.inputs[0], self.output)]
        has_floats = _FLOAT32 in (source.type, target.type)
        require(
            operator.code == _QUANTIZE and not has_floats,
            "float32 is supported at a model's ends only",
        )
        activation(source)
        activation(target)
        require(source.shape == target.shape, "its output does not have its shape")
        require(source.data is None and target.data is None, "a constant is quantised")
        zero_points = source.zero_point(), target.zero_point()
        if source.scale_bits() != target.scale_bits() or zero_points[0] != zero_points[1]:
            self.kernel = "look_up"
            factor = scales.rescaling(source.scale_bits(), target.scale_bits())
            self.table = _requantised(factor, *zero_points)


def _requantised(factor: tuple[int, int], zero_point: int, zero: int) -> bytearray:
    table = bytearray(256)
    for value in range(-128, 128):
        moved = scales.multiply(value - zero_point, *factor) + zero
        table[value & 255] = max(-128, min(127, moved)) & 255
    return table


# BuiltinOperator numbers of the schema.
OPERATORS = {
    3: Conv2D,
    4: DepthwiseConv2D,
    6: Quantise,
    14: Logistic,
    17: MaxPool2D,
    34: Pad,
    39: Transpose,
    40: Mean,
    43: Reshape,
    70: Reshape,
    114: Quantise,
}
