"""The viper kernels with dot products in inline assembler, for cores with the DSP extension.

CONV_2D and FULLY_CONNECTED of two channels or more, DEPTHWISE_CONV_2D of four; the rest is
kernels_viper's. Weights and inputs stay bytes: patches are gathered as they are, and multiplied two
pixels by two channels.
"""

import sys
from array import array

from agent.tflite import kernels_viper as viper
from agent.tflite import thumb_dot, thumb_gather, thumb_requantise
from agent.tflite import viper_convolution as convolution
from agent.tflite import viper_requantise as requantise

name = "thumb"

# Bytes of patches gathered at once, and accumulators filled; both of two pixels at least.
_PATCH_BYTES = const(4096)
_ACCUMULATORS = const(512)
# Where thumb_dot's ``sizes``, thumb_gather's ``windows`` and thumb_requantise's ``results`` hold
# what differs from call to call.
_PAIRS = const(2)
_PIXELS = const(0)
_COUNT = const(1)
_FIRST = const(2)
# Channels that thumb_depthwise makes at once, and words before what it has of each.
_AT_ONCE = const(4)
_FACTS = const(18)

bind = viper.bind
average_pool_2d = viper.average_pool_2d
mean = viper.mean
max_pool_2d = viper.max_pool_2d
add = viper.add
mul = viper.mul
pad = viper.pad
transpose = viper.transpose
look_up = viper.look_up
softmax = viper.softmax


def runs():
    """Whether this core has SMLAD. ID_ISAR3 is a Cortex-M's; Armv7-A always has it."""
    return sys.platform == "linux" or (thumb_dot.instruction_set() >> 4 & 15) >= 3


def prepare(op):
    """Ready an operator's constants; returns the bytes it works in, which `bind` gives it."""
    narrow = op.kernel in ("conv_2d", "fully_connected") and op.origin == 128
    op.dual = narrow and op.out_channels > 1
    if op.kernel == "depthwise_conv_2d":
        op.dual = op.depth_multiplier == 1 and op.origin == 128 and op.out_channels >= _AT_ONCE
        return prepare_depthwise(op) if op.dual else viper.prepare(op)
    return prepare_dual(op) if op.dual else viper.prepare(op)


def prepare_depthwise(op):
    window, channels, zero = op.window, op.out_channels, op.input_zero_point
    taps = window.filter_height * window.filter_width
    bias = op.bias or array("i", bytes(4 * channels))
    convolution.fold(op.weights, bias, channels, taps, channels, 1, zero, 128)
    op.bias, op.dual = bias, shift_right(op, bias, taps)
    if not op.dual:  # back to what it was, for viper
        convolution.fold(op.weights, bias, channels, taps, channels, 1, -zero, 128)
        return viper.prepare(op)
    from agent.tflite import thumb_depthwise

    op.multiply = thumb_depthwise.depthwise
    room = 4 * (_FACTS + channels + len(op.multipliers))
    addresses = room + (channels + 3) // 4 * 4
    facts = (channels, window.pixels, room, addresses)
    facts += (window.out_width, window.in_height, window.in_width)
    facts += (window.stride_y, window.stride_x, window.pad_top, window.pad_left)
    facts += (window.filter_height, window.filter_width, words_of(zero & 255))
    facts += (op.output_zero_point, op.lowest, op.highest, taps)
    op.windows = array("i", bytes(addresses + 4 * taps))
    at = 0
    for each in (facts, bias, op.multipliers):
        for value in each:
            op.windows[at] = value
            at += 1
    op.bias = op.multipliers = None
    return viper.lay_out(op)


def prepare_dual(op):
    """An odd pixel's partner is whatever memory lies behind it; nobody reads its sums."""
    bias = op.bias or array("i", bytes(4 * op.out_channels))
    convolution.fold(
        op.weights, bias, op.out_channels, op.patch, 1, op.patch, op.input_zero_point, 128
    )
    op.results = None
    if op.kernel == "conv_2d" and shift_right(op, bias, op.patch):
        zero = op.output_zero_point
        op.results = array("i", (op.out_channels, 0, 0, zero, op.lowest, op.highest))
    op.bias = None
    op.sizes = array("i", [op.patch, op.out_channels, 0])
    op.sizes.extend(bias)
    op.windows = windows(op.window, op.input_zero_point & 255)
    pairs = (
        min(_PATCH_BYTES // op.patch, _ACCUMULATORS // op.out_channels, op.window.pixels + 1) // 2
    )
    op.block = 2 * max(1, pairs)
    if op.kernel == "fully_connected":
        op.block = 2
    return viper.lay_out(
        op, ("accumulators", 4 * op.block * op.out_channels), ("patches", op.block * op.patch)
    )


def shift_right(op, bias, taps):
    """Put shifts behind multipliers, as thumb_requantise reads them; False where it cannot."""
    channels = op.out_channels
    most = max(max(bias), -min(bias)) + (taps << 14)
    if max(op.shifts) > 31 or most >= 1 << 30:
        return False
    rights = bytearray((channels + 3) // 4 * 4)
    for channel in range(channels):
        rights[channel] = 31 - op.shifts[channel]
    op.multipliers.extend(array("i", rights))
    op.shifts = None
    return True


def windows(window, zero):
    """As thumb_gather reads it; ``zero`` as a byte, 0 to 255."""
    depth = window.in_channels
    return array(
        "i",
        (0, window.out_width, window.in_height, window.in_width * depth)
        + (window.filter_width * depth, window.filter_height)
        + (window.stride_x * depth, window.stride_y, window.pad_top, window.pad_left * depth)
        + (words_of(zero),),
    )


def words_of(byte):
    """Four of it as an int32."""
    word = byte * 0x01010101
    return word - (word >> 31 << 32)


def sums(op, start, count):
    """Accumulators of ``count`` pixels from pixel ``start`` on, a block at most."""
    op.windows[_PIXELS] = count
    thumb_gather.gather(op.source, op.patches, op.windows, start)
    op.sizes[_PAIRS] = (count + 1) // 2
    thumb_dot.dot_products(op.weights, op.patches, op.accumulators, op.sizes)


def to_int8(op, start, count):
    if op.results is None:
        requantise.requantise(op.accumulators, 0, op.target, op, start, count)
        return
    op.results[_COUNT] = count
    op.results[_FIRST] = start * op.out_channels
    thumb_requantise.requantise(op.accumulators, op.target, op.results, op.multipliers)


def conv_2d(op):
    if not op.dual:
        viper.conv_2d(op)
        return
    start, total, block = 0, op.window.pixels, op.block
    while start < total:  # a range whose step is no constant would be allocated
        count = min(block, total - start)
        sums(op, start, count)
        to_int8(op, start, count)
        start += block


def depthwise_conv_2d(op):
    if op.dual:
        op.multiply(op.source, op.weights, op.target, op.windows)
    else:
        viper.depthwise_conv_2d(op)


def fully_connected(op):
    if not op.dual:
        viper.fully_connected(op)
        return
    for row in range(op.window.out_width):
        sums(op, row, 1)
        requantise.requantise_in_double(op.accumulators, op.target, viper.DIGITS, op, row)
