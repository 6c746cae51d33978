"""The operators that heads have, and what all operators share.

Each checks its part of the graph once and keeps what its kernel needs. After ``__init__``
everything a kernel will touch has been checked to lie inside its tensor, because viper kernels use
bare pointers. An operator's attributes are its kernel's arguments; ``kernel`` names the function in
a kernels module. ``inputs`` are the numbers of the tensors read, ``output`` of the one written.
The planner sets ``source`` (and ``source2``) and ``target``: memoryviews of int8 values (read as
0..255, two's complement).

Tensors of uint8 are int8 ones of values and zero points 128 less (model.py). Where LiteRT's kernels
of uint8 round otherwise than those of int8, the operator says so.
What heads have not is in embedding.py, which is not loaded while a head is read.
"""

import gc
from array import array

from agent.tflite import scales, softmax_math
from agent.tflite.errors import ModelError
from agent.tflite.geometry import VALID, Window
from agent.tflite.model import INT8, ITEM_BYTES

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Callable, Iterable, Iterator

    from agent.tflite.model import Model, Operator, Options, Tensor
    from agent.tflite.scales import Pair

_MAX_CHANNELS = const(4096)


def require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ModelError(sentence)


class Op:
    """What all operators share: ``macs``, and ``pooled``, the values that pooling sums.

    Nothing here has a private name: on boards it could be another one's in embedding.py
    (short_names.py).
    """

    macs = pooled = 0
    kernel: str | None

    def __init__(self, model: "Model", operator: "Operator", input_count: int) -> None:
        require(len(operator.outputs) == 1, "an operator has not one output")
        require(len(operator.inputs) >= input_count, "an operator lacks an input")
        self.inputs = operator.inputs[:input_count]
        self.output = operator.outputs[0]

    def tensors(self, model: "Model", kept: bool = False) -> "tuple[Tensor, Tensor]":
        """The first input and the output, of one type; of one quantisation where that is kept."""
        source, target = [activation(model.tensor(n)) for n in (self.inputs[0], self.output)]
        require(target.data is None, "an operator writes to a constant")
        require(source.type == target.type, "its tensors are not of one type")
        require(
            not kept or _same_quantisation(source, target), "it must keep its input's quantisation"
        )
        return source, target

    @staticmethod
    def options(operator: "Operator") -> "Options":
        """The operator's options, which it must have."""
        require(operator.options is not None, "an operator lacks its options")
        return operator.options  # type: ignore[return-value] # required

    def bind(self, views: dict[int, memoryview]) -> None:
        """Take memoryviews of the inputs and the output."""
        self.source = views[self.inputs[0]]
        self.target = views[self.output]


def activation(tensor: "Tensor", scales_max: int = 1) -> "Tensor":
    """The tensor, which must be one of bytes; LiteRT has no scale for one that has several."""
    is_byte = ITEM_BYTES.get(tensor.type) == 1
    require(is_byte, "a tensor that should be int8 or uint8 is of another type")
    require(tensor.scale_count() <= scales_max, "a tensor has more scales than %d" % scales_max)
    return tensor


def _same_quantisation(a: "Tensor", b: "Tensor") -> bool:
    return a.scale_bits() == b.scale_bits() and a.zero_point() == b.zero_point()


class Weighted(Op):
    """CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: weights, bias and scales.

    ``bias`` is an array of int32 or None. A weight is its byte, with the highest bit turned, less
    ``origin``: 128 unless they are uint8. Each output channel has a real
    factor, input scale * weight scale / output scale; a subclass says in which
    form its kernel needs them.
    """

    def __init__(self, model: "Model", operator: "Operator", rank: int, channel_axis: int) -> None:
        super().__init__(model, operator, 2)
        source, target = self.tensors(model)
        weights = activation(model.tensor(self.inputs[1]), _MAX_CHANNELS)
        require(weights.data is not None, "an operator's weights are not constant")
        require(weights.type == source.type, "weights are not of their input's type")
        require(len(weights.shape) == rank, "weights do not have the rank they must")
        of_int8 = weights.type == INT8
        self.origin = 128 + weights.zero_point()
        require(self.origin == 128 or not of_int8, "weights have a zero point other than 0")
        require(of_int8 or weights.scale_count() == 1, "weights of uint8 have more than one scale")
        self.inputs = self.inputs[:1]
        self.weights = weights.data
        self.weights_shape = weights.shape
        self.out_channels = weights.shape[channel_axis]
        require(self.out_channels <= _MAX_CHANNELS, "an operator has too many channels")
        self.input_zero_point = source.zero_point()
        self.output_zero_point = target.zero_point()
        self._read_bias(model, operator)
        # Convolutions of uint8 multiply both scales as float32 (kernels/kernel_util.cc).
        bits = scales.DOUBLE_BITS if of_int8 or rank < 4 else scales.FLOAT_BITS
        self._keep_factors(_factors(source, weights, target, channel_axis, bits))

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


def _factors(
    source: "Tensor", weights: "Tensor", target: "Tensor", channel_axis: int, precision: int
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
        yield scales.factor(input_bits, bits, output_bits, precision)


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
        options = self.options(operator)
        require(options.u8(1) == 0, "shuffled dense weights are not supported")
        source, target = self.tensors(model)
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
        a, target = self.tensors(model)
        b = activation(model.tensor(self.inputs[1]))
        require(a.type == b.type, "its tensors are not of one type")
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
    """AVERAGE_POOL_2D: the mean of the window's part inside the input.

    Counted from ``input_zero_point``, halves go away from zero: as int8, or as uint8 from -128.
    """

    kernel = "average_pool_2d"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 1)
        options = self.options(operator)
        source, target = self.tensors(model, True)
        size = (options.i32(4), options.i32(3))
        self.window = Window(source.shape, size, (options.i32(2), options.i32(1)), options.u8(0))
        self.out_channels = self.window.in_channels
        self.pooled = self.window.pixels * size[0] * size[1] * self.out_channels
        self.window.check(target.shape, self.out_channels)
        self.lowest, self.highest = scales.activation_range(
            options.u8(5), target.scale_bits(), target.zero_point()
        )
        self.input_zero_point = 0 if source.type == INT8 else -128


class Reshape(Op):
    """RESHAPE, EXPAND_DIMS, SQUEEZE: nothing to compute, the output is the input's memory."""

    kernel: str | None = None

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 1)
        source, target = self.tensors(model, True)
        require(source.data is None, "a constant is reshaped")
        require(source.elements == target.elements, "a reshape changes the number of elements")


class Softmax(Op):
    """SOFTMAX over the last dimension, in LiteRT's reference fixed point.

    ``table[d]``: exp of the scaled difference d to the row's largest value, as
    a 31-bit fraction; 0 where it counts as nothing.
    """

    kernel = "softmax"

    def __init__(self, model: "Model", operator: "Operator") -> None:
        super().__init__(model, operator, 1)
        source, target = self.tensors(model)
        require(source.shape == target.shape, "softmax must keep its input's shape")
        scores(target)
        self.depth = source.shape[-1] if source.shape else 1
        require(self.depth < 512, "softmax over more than 511 classes is not supported")
        self.rows = source.elements // self.depth
        beta = self.options(operator).u32(0)
        self.table = softmax_math.exponentials(source.scale_bits(), beta)


def scores(tensor: "Tensor") -> "Tensor":
    """The tensor, which must have the quantisation of probabilities."""
    require(
        tensor.zero_point() == -128 and tensor.scale_bits() == 0x3B800000,
        "scores must have scale 1/256 and zero point -128 (uint8: 0)",
    )
    return tensor


# BuiltinOperator numbers of the schema.
OPERATORS = {
    0: Add,
    1: AveragePool2D,
    9: FullyConnected,
    18: Mul,
    22: Reshape,
    25: Softmax,
}


def kind(code: int) -> "Callable[[Model, Operator], Op] | None":
    """The class of an operator; None where there is none."""
    if code in OPERATORS:
        return OPERATORS[code]
    from agent.tflite import embedding

    return embedding.OPERATORS.get(code)


# A damaged or hostile file must not keep a board busy for minutes: an inference of
# this many additions takes a 240 MHz board about ten seconds.
_MAX_ADDITIONS = const(1 << 28)
_CHANNEL_ADDITIONS = const(1 << 13)
_TABLE_ADDITIONS = const(1 << 22)


def build(model: "Model") -> "list[Op]":
    """The model's operators, checked, in the order they run."""
    for operator in model.operators:
        if kind(operator.code) is None:
            raise ModelError("the model uses operator %d, not supported" % operator.code)
    model.read()
    for number in model.inputs + model.outputs:
        activation(model.tensor(number))
    built, total = [], 0
    for operator in model.operators:
        built.append(_build_one(model, operator))
        total += _additions(built[-1], model)
        require(total <= _MAX_ADDITIONS, "the model computes too much for a board")
    return built


def _additions(op: "Op", model: "Model") -> int:
    """What an operator's work is worth; of a channel or table, that of computing it when loaded."""
    moved = model.tensor(op.inputs[0]).elements + model.tensor(op.output).elements
    channels = op.out_channels if hasattr(op, "weights") else 0  # type: ignore[attr-defined]
    tables = _TABLE_ADDITIONS if op.kernel == "look_up" else 0
    return op.macs + op.pooled + moved + channels * _CHANNEL_ADDITIONS + tables


def _build_one(model: "Model", operator: "Operator") -> "Op":
    known = kind(operator.code)
    assert known
    built = known(model, operator)
    # What computing the factors left would else lie scattered between what stays, and the arena,
    # which comes last and in one piece, would find no room in a heap two thirds empty.
    gc.collect()
    return built
