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
from agent.tflite import viper_requantise as requantise

name = "viper"

# Bytes of input patches gathered, and accumulators filled, at once: enough to
# amortise the calls between kernels, little enough for a board.
PATCH_BYTES = 2048
ACCUMULATORS = 1024

# The 16-bit digits of a product of 31 and 53 bits, and room to shift it.
DIGITS = array("i", [0] * 10)


def prepare(ops):
    """Tables and working memory of all operators; returns the bytes they share."""
    needs = [prepare_one(op) for op in ops]
    patches = bytearray(max([n[0] for n in needs] + [0]))
    pixel_sums = array("i", bytes(4 * max([n[1] for n in needs] + [1])))
    accumulators = array("i", bytes(4 * max([n[2] for n in needs] + [1])))
    for op in ops:
        op.patches, op.pixel_sums, op.accumulators = patches, pixel_sums, accumulators
    return len(patches) + 4 * (len(pixel_sums) + len(accumulators))


def prepare_one(op):
    """(bytes of patches, pixels at once, accumulators) that an operator needs."""
    if op.kernel in ("conv_2d", "depthwise_conv_2d", "fully_connected"):
        return prepare_weighted(op)
    if op.kernel in ("average_pool_2d", "mean"):
        return 0, 1, op.out_channels
    return 0, 1, 1


def prepare_weighted(op):
    # sum(w * (x - zero)) = sum(w * (x + 128)) - (128 + zero) * sum(w): the second
    # part is constant, and goes into the bias. Padding reads as the zero point.
    if op.bias is None:
        op.bias = array("i", bytes(4 * op.out_channels))
    zero = 128 + op.input_zero_point
    if op.kernel == "depthwise_conv_2d":
        taps = op.patch // op.window.in_channels
        convolution.fold(op.weights, op.bias, op.out_channels, taps, op.out_channels, 1, zero)
    else:
        convolution.fold(op.weights, op.bias, op.out_channels, op.patch, 1, op.patch, zero)
    flatten(op.window)
    fitting = min(PATCH_BYTES // op.patch, ACCUMULATORS // op.out_channels)
    op.block = max(1, min(op.window.out_width, fitting))
    return op.block * op.patch, op.block, op.block * op.out_channels


def flatten(window):
    """Make one long row of a 1x1 window's pixels."""
    if window.filter_height == window.filter_width == window.stride_y == window.stride_x == 1:
        window.in_width = window.out_width = window.pixels
        window.in_height = window.out_height = 1


def conv_2d(op):
    window = op.window
    width, block = window.out_width, op.block
    for y in range(window.out_height):
        x = 0
        while x < width:
            count = min(block, width - x)
            convolution.gather(op.source, op.patches, op, y, x, count)
            convolution.dot_products(op.weights, op.patches, 0, op, count)
            requantise.requantise(op.accumulators, op.target, op, y * width + x, count)
            x += block


def depthwise_conv_2d(op):
    window = op.window
    width, block = window.out_width, op.block
    multiply = (
        convolution.depthwise if op.depth_multiplier == 1 else convolution.depthwise_multiplied
    )
    for y in range(window.out_height):
        x = 0
        while x < width:
            count = min(block, width - x)
            convolution.gather(op.source, op.patches, op, y, x, count)
            multiply(op.weights, op.patches, op.accumulators, op, count)
            requantise.requantise(op.accumulators, op.target, op, y * width + x, count)
            x += block


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
            count = elementwise.sum_window(op.source, op.accumulators, op, y, x, 128)
            elementwise.divide(op.accumulators, op.target, op, y * width + x, count)


def mean(op):
    elementwise.sum_window(op.source, op.accumulators, op, 0, 0, 128 + op.input_zero_point)
    requantise.requantise(op.accumulators, op.target, op, 0, 1)


def add(op):
    elementwise.add(op.source, op.source2, op.target, op)


def pad(op):
    elementwise.fill(op.target, len(op.target), op.fill & 255)
    elementwise.copy_inside(op.source, op.target, op)


def softmax(op):
    for row in range(op.rows):
        elementwise.softmax(op.source, op.target, op, row * op.depth)
