"""The same kernels as kernels_reference, in viper: native code, no allocation.

Viper's int is the machine word, 32 or 64 bits; in the viper_* modules every
value is meant modulo 2**32 and brought to int32 where its sign matters:
``(x ^ top) - top`` with top = 1 << 31 extends the sign of a 32-bit load on 64
bits and changes nothing on 32. The compiler folds constants into what may be
too large for a small integer, so top is shifted from a variable. ptr8 and ptr32
load unsigned. An int8 byte x is used as x ^ 128, which is x + 128. Calls between
viper functions box their integers, so a few lines of arithmetic are repeated.
"""

from array import array

from agent.tflite import viper_convolution as convolution
from agent.tflite import viper_elementwise as elementwise
from agent.tflite import viper_pairs as pairs
from agent.tflite import viper_requantise as requantise

name = "viper"

# Bytes of input patches gathered, and accumulators filled, at once: enough to
# amortise the calls between kernels, little enough for a board.
_PATCH_BYTES = const(2048)
# Of pairs as many as 2.5 KB hold, 8 at least; of wide filters so many inputs at a time.
_PAIRS = const(8)
_PAIRED_BYTES = const(2560)
_PAIRED_TAPS = const(192)
_ACCUMULATORS = const(1024)
# With fewer inputs a pixel, or channels to gather them for, pairs of wide weights do not pay.
_WIDE_PATCH = const(16)
_WIDE_CHANNELS = const(16)
# Pixels of a channel at once: enough to amortise reading its constants, few enough for their
# rows of all channels to stay in a board's cache.
_CHANNEL_PIXELS = const(48)

# The 16-bit digits of a product of 31 and 53 bits, and room to shift it.
DIGITS = array("i", [0] * 10)


def prepare(op):
    """Ready an operator's constants; returns the bytes it works in, which `bind` gives it."""
    if op.kernel in ("conv_2d", "depthwise_conv_2d", "fully_connected"):
        return prepare_weighted(op)
    if op.kernel in ("average_pool_2d", "mean"):
        return lay_out(op, ("accumulators", 4 * op.out_channels))
    if op.kernel == "add":
        op.near = array("i", nearly(op))
    return lay_out(op)


def nearly(op):
    """As elementwise.add reads it, with 18 bits behind the point: each input's factor, what the sum
    begins with, and how near to a half it may be wrong.

    4096, a multiple of 256, keeps the sum positive. Each factor is wrong by half a bit at most, 255
    times; LiteRT's roundings before the last one make 2.5 units of the sum.
    """
    right = 32 - op.shift
    origin, factors = (op.output_zero_point + 4096 << 18) + (1 << 17), []
    for zero, multiplier, shift in (op.first, op.second):
        power = 24 + 32 - shift + right  # 31 bits of each multiplier, less 20 and 18
        factors.append((multiplier * op.multiplier >> power - 1) + 1 >> 1)
        origin -= factors[-1] * (128 + zero)
    if sum(factors) * 255 > 3900 << 18:
        return 0, 0, 0, 1 << 18  # would not fit: never at once
    return factors[0], factors[1], origin, 257 + (5 << 17 >> right)


def lay_out(op, *parts):
    """Put an operator's (attribute, bytes) side by side."""
    op.layout, size = [], 0
    for name, part_bytes in parts:
        op.layout.append((name, size))
        size += -(-part_bytes // 4) * 4
    return size


def bind(op, workspace):
    """Give an operator its memory, which others use at other times."""
    for name, at in op.layout:
        setattr(op, name, workspace[at:])
    del op.layout


def prepare_weighted(op):
    if op.bias is None:
        op.bias = array("i", bytes(4 * op.out_channels))
    flatten(op.window)
    op.paired = op.kernel == "conv_2d" and _choose_pairs(op)
    if op.paired:
        return _prepare_pairs(op)
    # sum(w * (x - zero)) = sum(w * (x + 128)) - (128 + zero) * sum(w): the second
    # part is constant, and goes into the bias. Padding reads as the zero point.
    zero = 128 + op.input_zero_point
    if op.kernel == "depthwise_conv_2d":
        return prepare_depthwise(op, zero)
    patch = op.patch
    convolution.fold(op.weights, op.bias, op.out_channels, patch, 1, patch, zero, op.origin)
    fitting = min(_PATCH_BYTES // op.patch, _ACCUMULATORS // op.out_channels)
    op.block = max(1, min(op.window.out_width, fitting))
    return lay_out(
        op,
        ("pixel_sums", 4 * op.block),
        ("accumulators", 4 * op.block * op.out_channels),
        ("patches", op.block * op.patch),
    )


def prepare_depthwise(op, zero):
    from agent.tflite import viper_depthwise as depthwise

    window, channels = op.window, op.out_channels
    taps = window.filter_height * window.filter_width
    convolution.fold(op.weights, op.bias, channels, taps, channels, 1, zero, op.origin)
    op.columns = depthwise.columns(window)
    op.multiply = depthwise.rows_of_channels
    op.block = max(1, _CHANNEL_PIXELS // window.out_width)
    return lay_out(op, ("wide_weights", 4 * taps), ("patches", window.filter_height * op.columns))


def _choose_pairs(op):
    """Whether two pixels at a time are possible and faster; chooses ``multiply``."""
    if op.origin != 128 or not pairs.fits(op.window):
        return False
    channels = op.out_channels
    op.multiply, op.at_once = pairs.dot_products, pairs.CHANNELS
    if (
        channels % pairs.CHANNELS == 0
        and pairs.narrow(op.weights, channels, op.patch, pairs.MOST, pairs.TURN) == 1
    ):
        return True
    if op.patch < _WIDE_PATCH or channels < _WIDE_CHANNELS or channels % 2:
        return False
    from agent.tflite import viper_wide_pairs as wide_pairs

    op.turns = wide_pairs.turns_of(op)
    op.multiply, op.at_once = wide_pairs.dot_products, wide_pairs.CHANNELS
    return True


def _prepare_pairs(op):
    """Chunks are whole filter rows, so that their turns are those of the whole filter."""
    zero = op.input_zero_point
    patch = op.patch
    convolution.fold(op.weights, op.bias, op.out_channels, patch, 1, patch, zero, op.origin)
    window = op.window
    op.row_taps = window.filter_width * window.in_channels
    op.rows = window.filter_height
    if op.row_taps % pairs.TURN == 0:
        op.rows = max(1, min(op.rows, _PAIRED_TAPS // op.row_taps))
    chunk_bytes = 4 * (-(-op.rows * op.row_taps // pairs.TURN) * pairs.TURN)
    fitting = min(max(_PAIRS, _PAIRED_BYTES // chunk_bytes), _ACCUMULATORS // (2 * op.out_channels))
    op.block = max(1, min((window.pixels + 1) // 2, fitting))
    return lay_out(
        op,
        ("wide_weights", op.at_once * chunk_bytes),
        ("patches", op.block * chunk_bytes),
        ("accumulators", 8 * op.block * op.out_channels),
    )


def flatten(window):
    """Make one long row of a 1x1 window's pixels."""
    if window.filter_height == window.filter_width == window.stride_y == window.stride_x == 1:
        window.in_width = window.out_width = window.pixels
        window.in_height = window.out_height = 1


def conv_2d(op):
    if op.paired:
        conv_2d_of_pairs(op)
        return
    window = op.window
    width, block = window.out_width, op.block
    for y in range(window.out_height):
        x = 0
        while x < width:
            count = min(block, width - x)
            convolution.gather(op.source, op.patches, op, y, x, count)
            convolution.dot_products(op.weights, op.patches, 0, op, count)
            requantise.requantise(op.accumulators, 0, op.target, op, y * width + x, count)
            x += block


def conv_2d_of_pairs(op):
    height, taps = op.window.filter_height, op.row_taps
    pixels = op.window.pixels
    total = (pixels + 1) // 2
    pair = 0
    while pair < total:
        count, row = min(op.block, total - pair), 0
        while row < height:
            rows = min(op.rows, height - row)
            pairs.gather(op.source, op.patches, op, pair, count, row, rows)
            op.multiply(op.wide_weights, 0, op.patches, op, row * taps, rows * taps, count)
            row += rows
        count = min(2 * count, pixels - 2 * pair)  # the last may be alone
        requantise.requantise(op.accumulators, 0, op.target, op, 2 * pair, count)
        pair += op.block


def depthwise_conv_2d(op):
    height, row = op.window.out_height, 0
    while row < height:  # a range whose step is no constant would be allocated
        last = min(height, row + op.block)
        op.multiply(op.wide_weights, op.patches, 0, op, row, last)
        row = last


def fully_connected(op):
    for row in range(op.window.out_width):
        convolution.gather(op.source, op.patches, op, 0, row, 1)
        convolution.dot_products(op.weights, op.patches, 0, op, 1)
        requantise.requantise_in_double(op.accumulators, op.target, DIGITS, op, row)


def average_pool_2d(op):
    window = op.window
    width = window.out_width
    for y in range(window.out_height):
        for x in range(width):
            zero = 128 + op.input_zero_point
            count = elementwise.sum_window(op.source, op.accumulators, op, y, x, zero)
            elementwise.divide(op.accumulators, op.target, op, y * width + x, count)


def max_pool_2d(op):
    for y in range(op.window.out_height):
        for x in range(op.window.out_width):
            elementwise.largest(op.source, op.target, op, y, x)


def mean(op):
    elementwise.sum_window(op.source, op.accumulators, op, 0, 0, 128 + op.input_zero_point)
    requantise.requantise(op.accumulators, 0, op.target, op, 0, 1)


def add(op):
    elementwise.add(op.source, op.source2, op.target, op)


def mul(op):
    elementwise.mul(op.source, op.source2, op.target, op)


def pad(op):
    elementwise.fill(op.target, len(op.target), op.fill & 255)
    elementwise.copy_inside(op.source, op.target, op)


def transpose(op):
    elementwise.transpose(op.source, op.target, op)


def look_up(op):
    elementwise.look_up(op.source, op.target, op.table, len(op.target))


def softmax(op):
    for row in range(op.rows):
        elementwise.softmax(op.source, op.target, op, row * op.depth)
