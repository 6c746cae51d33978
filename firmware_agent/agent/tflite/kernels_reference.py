"""The operators' arithmetic, written plainly: what the fast kernels must equal.

Each kernel takes a checked operator of ops.py, reads its ``source`` and writes
its ``target``. It runs on every port, a thousand times slower than needed.
"""

from agent.tflite import softmax_math
from agent.tflite.scales import divide_by_power, high_mul, multiply, multiply_real, wrapped

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Callable, Iterator
    from typing import Any

    from agent.tflite.embedding import (
        Conv2D,
        DepthwiseConv2D,
        Logistic,
        MaxPool2D,
        Mean,
        Pad,
        Quantise,
        Transpose,
    )
    from agent.tflite.geometry import Window
    from agent.tflite.ops import Add, AveragePool2D, FullyConnected, Mul, Op, Softmax, Weighted

    Places = list[tuple[int, int]]  # filter pixel, input pixel
    Limited = Weighted | Add | AveragePool2D | Mean
    Channels = Conv2D | DepthwiseConv2D | Mean

name = "reference"


def prepare(op: "Op") -> int:
    """Nothing to prepare; returns the bytes of working memory: none."""
    return 0


def bind(op: "Op", workspace: memoryview) -> None:
    """Nothing to work in."""


def signed(byte: int) -> int:
    return (byte ^ 128) - 128


def clamp(value: int, op: "Limited") -> int:
    return max(op.lowest, min(op.highest, value))


def requantised(op: "Channels", total: int, channel: int) -> int:
    """The int8 (as a byte) of an accumulator of a channel."""
    value = multiply(wrapped(total), op.multipliers[channel], op.shifts[channel] - 32)
    return clamp(value + op.output_zero_point, op) & 255


def taps(window: "Window", y: int, x: int) -> "Places":
    """(filter pixel, input pixel) of each pixel under the window at output (y, x)."""
    top = y * window.stride_y - window.pad_top
    left = x * window.stride_x - window.pad_left
    found = []
    for fy in range(max(0, -top), min(window.filter_height, window.in_height - top)):
        for fx in range(max(0, -left), min(window.filter_width, window.in_width - left)):
            place = (top + fy) * window.in_width + left + fx
            found.append((fy * window.filter_width + fx, place))
    return found


def each_pixel(window: "Window") -> "Iterator[tuple[int, Places]]":
    """(index, taps) of each output pixel, row by row."""
    for y in range(window.out_height):
        for x in range(window.out_width):
            yield y * window.out_width + x, taps(window, y, x)


def conv_2d(op: "Conv2D") -> None:
    convolve(op, requantised)


def fully_connected(op: "FullyConnected") -> None:
    convolve(op, requantised_in_double)


def requantised_in_double(op: "FullyConnected", total: int, channel: int) -> int:
    """The same for a FULLY_CONNECTED."""
    mantissa = 0
    for digit in range(4):
        mantissa |= op.mantissas[4 * channel + digit] << (16 * digit)
    value = multiply_real(wrapped(total), mantissa, op.exponents[channel])
    return clamp(value + op.output_zero_point, op) & 255


def convolve(op: "Any", requantise: "Callable[[Any, int, int], int]") -> None:
    depth = op.window.in_channels
    for pixel, places in each_pixel(op.window):
        for channel in range(op.out_channels):
            total = op.bias[channel] if op.bias else 0
            for tap, place in places:
                total += dot(op, channel * op.patch + tap * depth, place * depth, depth)
            op.target[pixel * op.out_channels + channel] = requantise(op, total, channel)


def dot(op: "Weighted", weight: int, source: int, count: int) -> int:
    """Sum of weight * (input - zero point) over ``count`` neighbours."""
    weights, values, zero_point = op.weights, op.source, op.input_zero_point
    origin = op.origin
    assert weights
    total = 0
    for i in range(count):
        total += ((weights[weight + i] ^ 128) - origin) * (signed(values[source + i]) - zero_point)
    return total


def depthwise_conv_2d(op: "DepthwiseConv2D") -> None:
    depth, channels = op.window.in_channels, op.out_channels
    for pixel, places in each_pixel(op.window):
        for channel in range(channels):
            total = op.bias[channel] if op.bias else 0
            of = channel // op.depth_multiplier
            for tap, place in places:
                total += dot(op, tap * channels + channel, place * depth + of, 1)
            op.target[pixel * channels + channel] = requantised(op, total, channel)


def window_sum(op: "AveragePool2D | Mean", places: "Places", channel: int) -> int:
    depth = op.out_channels
    return sum([signed(op.source[place * depth + channel]) for _, place in places])


def average_pool_2d(op: "AveragePool2D") -> None:
    for pixel, places in each_pixel(op.window):
        count = len(places)
        for channel in range(op.out_channels):
            total = window_sum(op, places, channel) - op.input_zero_point * count
            # To nearest, halves away from zero (integer_ops/pooling.h).
            mean = (abs(total) + count // 2) // count
            value = clamp((mean if total > 0 else -mean) + op.input_zero_point, op)
            op.target[pixel * op.out_channels + channel] = value & 255


def max_pool_2d(op: "MaxPool2D") -> None:
    depth = op.out_channels
    for pixel, places in each_pixel(op.window):
        for channel in range(depth):
            largest = max([signed(op.source[place * depth + channel]) for _, place in places])
            op.target[pixel * depth + channel] = clamp(largest, op) & 255


def mean(op: "Mean") -> None:
    for _, places in each_pixel(op.window):
        for channel in range(op.out_channels):
            total = window_sum(op, places, channel) - op.input_zero_point * len(places)
            op.target[channel] = requantised(op, total, channel)


def add(op: "Add") -> None:
    for i in range(op.elements):
        total = contribution(op, op.source[i], op.first)
        total += contribution(op, op.source2[i], op.second)
        value = multiply(total, op.multiplier, op.shift - 32) + op.output_zero_point
        op.target[i] = clamp(value, op) & 255


def contribution(op: "Add", byte: int, scale: tuple[int, int, int]) -> int:
    zero_point, multiplier, shift = scale
    return multiply((signed(byte) - zero_point) << op.left_shift, multiplier, shift - 32)


def mul(op: "Mul") -> None:
    for i in range(op.elements):
        product = signed(op.source[i]) - op.first[0]
        product *= signed(op.source2[i]) - op.second[0]
        value = multiply(product, op.multiplier, op.shift - 32) + op.output_zero_point
        op.target[i] = clamp(value, op) & 255


def pad(op: "Pad") -> None:
    for i in range(len(op.target)):
        op.target[i] = op.fill & 255
    n, height, width, depth = op.in_shape
    for i in range(len(op.source)):
        place = (
            i // (depth * width * height) + op.before[0],
            i // (depth * width) % height + op.before[1],
            i // depth % width + op.before[2],
            i % depth + op.before[3],
        )
        op.target[flat_index(place, op.out_shape)] = op.source[i]


def flat_index(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    index = 0
    for position, size in zip(place, shape):  # noqa: B905 - MicroPython's zip has no strict
        index = index * size + position
    return index


def transpose(op: "Transpose") -> None:
    for place in range(len(op.target)):
        rest, at = place, 0
        for i in (3, 2, 1, 0):
            at += rest % op.out_shape[i] * op.strides[i]
            rest //= op.out_shape[i]
        op.target[place] = op.source[at]


def look_up(op: "Logistic | Quantise") -> None:
    for i in range(len(op.target)):
        op.target[i] = op.table[op.source[i]]


def softmax(op: "Softmax") -> None:
    for row in range(op.rows):
        softmax_row(op, row * op.depth)


def softmax_row(op: "Softmax", start: int) -> None:
    values = [signed(op.source[start + i]) for i in range(op.depth)]
    largest = max(values)
    exponentials = [op.table[largest - value] for value in values]
    fraction, exponent = softmax_math.reciprocal(
        sum([divide_by_power(e, 12) for e in exponentials])
    )
    for i, e in enumerate(exponentials):
        score = divide_by_power(high_mul(fraction, e), exponent) - 128
        op.target[start + i] = min(score, 127) & 255
