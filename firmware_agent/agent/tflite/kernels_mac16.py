"""The viper kernels with dot products by the MAC16 unit, for ESP32 and ESP32-S3.

CONV_2D, FULLY_CONNECTED, DEPTHWISE_CONV_2D of 3x3 and, in the same machine code, ADD; the rest is
kernels_viper's. Patches and one channel's weights are widened to int16, a block of pixels at a
time.
"""

from array import array

from agent import seldom
from agent.tflite import kernels_viper as viper
from agent.tflite import mac16_code as code
from agent.tflite import viper_convolution as convolution
from agent.tflite import viper_requantise as requantise

name = "mac16"

# A block's patches take what input and output leave of so many bytes, and so many at least.
_MEMORY_BYTES = const(12288)
_PATCH_BYTES = const(4096)
# Where ``sizes`` and ``windows`` hold what differs from block to block.
_PIXELS = const(3)
_FIRST = const(7)
_COUNT = const(0)

# What its trial came to: mac16_trial.
_PASSED = []

bind = viper.bind
average_pool_2d = viper.average_pool_2d
mean = viper.mean
max_pool_2d = viper.max_pool_2d
mul = viper.mul
pad = viper.pad
transpose = viper.transpose
look_up = viper.look_up
softmax = viper.softmax


def runs():
    """Whether the unit does here what viper's kernels do; tried once a start."""
    if not _PASSED:
        _PASSED.append(seldom.call("tflite.mac16_trial", "passes"))
    return _PASSED[0]


def prepare(op):
    """Ready an operator's constants; returns the bytes it works in, which `bind` gives it."""
    if op.kernel == "add":
        op.sizes = additions(op)
        return viper.lay_out(op, ("table", 1024), ("table2", 1024))
    if op.kernel == "depthwise_conv_2d":
        return prepare_depthwise(op)
    op.widened = op.kernel in ("conv_2d", "fully_connected") and op.origin == 128
    return prepare_widened(op) if op.widened else viper.prepare(op)


def prepare_depthwise(op):
    from agent.tflite import mac16_depthwise as depthwise

    op.widened = depthwise.fits(op)
    if not op.widened:
        return viper.prepare(op)
    op.multiply = depthwise.run
    return viper.lay_out(op, depthwise.prepare(op))


def prepare_widened(op):
    window, channels, zero = op.window, op.out_channels, op.output_zero_point
    bias = op.bias or array("i", bytes(4 * channels))
    patch = op.patch
    convolution.fold(op.weights, bias, channels, patch, 1, patch, op.input_zero_point, op.origin)
    op.bias = bias
    turns = (op.patch + 3) // 4
    op.sizes = array("i", (turns, op.patch, channels, 0, op.lowest, op.highest, zero, 0))
    op.windows = windows(window, op.input_zero_point, 4 * turns - op.patch)
    held = window.in_height * window.in_width * window.in_channels + window.pixels * channels
    room = max(_PATCH_BYTES, _MEMORY_BYTES - held)
    op.block = max(1, min(window.pixels, room // (8 * turns)))
    accumulators = 0
    if op.kernel == "fully_connected":
        op.block, accumulators = 1, 4 * channels
    # Eight bytes are read beyond weights, four beyond patches; nobody uses them.
    return viper.lay_out(
        op,
        ("wide_weights", 8 * turns + 8),
        ("accumulators", accumulators),
        ("patches", op.block * 8 * turns + 4),
    )


def windows(window, fill, behind):
    """As gather reads it: host package, native/mac16.py."""
    depth = window.in_channels
    return array(
        "i",
        (0, window.out_width, window.in_height, window.in_width * depth)
        + (window.filter_width * depth, window.filter_height)
        + (window.stride_x * depth, window.stride_y, window.pad_top, window.pad_left * depth)
        + (fill, behind),
    )


def additions(op):
    """As add reads it: host package, native/addition.py."""
    sizes = (op.elements, op.lowest, op.highest, op.output_zero_point)
    sizes += (op.multiplier, 31 - op.shift)
    for zero, multiplier, shift in (op.first, op.second):
        sizes += (zero, multiplier, 31 - shift)
    return array("i", sizes)


def gather(op, start, count):
    op.windows[_COUNT] = op.sizes[_PIXELS] = count
    op.sizes[_FIRST] = start
    code.gather(op.source, op.patches, op.windows, start)


def conv_2d(op):
    if not op.widened:
        viper.conv_2d(op)
        return
    start, total, block = 0, op.window.pixels, op.block
    while start < total:  # a range whose step is no constant would be allocated
        gather(op, start, min(block, total - start))
        code.convolve(
            op.weights,
            op.patches,
            op.wide_weights,
            op.bias,
            op.target,
            op.sizes,
            op.multipliers,
            op.shifts,
        )
        start += block


def depthwise_conv_2d(op):
    if op.widened:
        op.multiply(op)
    else:
        viper.depthwise_conv_2d(op)


def add(op):
    code.add(op.source, op.source2, op.target, op.sizes, op.table, op.table2)


def fully_connected(op):
    if not op.widened:
        viper.fully_connected(op)
        return
    for row in range(op.window.out_width):
        gather(op, row, 1)
        code.sums(op.weights, op.patches, op.wide_weights, op.bias, op.accumulators, op.sizes)
        requantise.requantise_in_double(op.accumulators, op.target, viper.DIGITS, op, row)
