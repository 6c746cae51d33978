"""Depthwise convolutions of 3x3 by the MAC16 unit; loaded where a model has one.

As mac16_code tells: the function's machine code is the host's (native/depthwise.py).
"""

from array import array

from agent.tflite import viper_convolution as convolution

# Where ``sizes`` holds what differs from call to call.
_ROWS = const(1)
_FIRST_ROW = const(7)
_FIRST = const(8)
_WEIGHT_BYTES = const(64)
_COLUMN_BYTES = const(8)
# Rows of all channels, of which a call goes through one channel after the other: few enough to stay
# in a board's cache.
_INPUT_BYTES = const(8192)


@micropython.viper
def depthwise(
    source: ptr8,
    target: ptr8,
    room: ptr32,
    weights: ptr8,
    bias: ptr32,
    sizes: ptr32,
    multipliers: ptr32,
    shifts: ptr8,
):
    pass


def fits(op):
    """Whether it is one of those that the unit computes."""
    window = op.window
    return (
        window.filter_height == window.filter_width == 3
        and window.stride_y <= 3 >= window.stride_x
        and op.depth_multiplier == 1
        and op.origin == 128
    )


def prepare(op):
    """Ready an operator's constants: its (attribute, bytes)."""
    window, channels = op.window, op.out_channels
    zero = op.input_zero_point
    op.bias = op.bias or array("i", bytes(4 * channels))
    convolution.fold(op.weights, op.bias, channels, 9, channels, 1, zero, op.origin)
    across, row = (window.out_width - 1) * window.stride_x + 3, window.in_width * channels
    op.sizes = array(
        "i",
        (channels, 0, window.out_width, window.stride_y)
        + (op.lowest, op.highest, op.output_zero_point, 0, 0)
        + (window.in_height, row, min(across - window.pad_left, window.in_width))
        + (_WEIGHT_BYTES + _COLUMN_BYTES * window.pad_left, across, zero)
        + (_COLUMN_BYTES * (window.stride_x - 1),),
    )
    op.block = max(1, (_INPUT_BYTES // row - 2) // window.stride_y)
    return ("room", _WEIGHT_BYTES + _COLUMN_BYTES * (across + 1))


def run(op):
    window, sizes = op.window, op.sizes
    height, row = window.out_height, 0
    while row < height:  # a range whose step is no constant would be allocated
        sizes[_ROWS] = count = min(op.block, height - row)
        sizes[_FIRST_ROW] = row * window.stride_y - window.pad_top
        sizes[_FIRST] = row * window.out_width * op.out_channels
        depthwise(
            op.source,
            op.target,
            op.room,
            op.weights,
            op.bias,
            sizes,
            op.multipliers,
            op.shifts,
        )
        row += count
