"""Depthwise convolutions in viper, channel by channel.

What lies under a channel's row of windows is copied column by column: then the inputs of every
window are neighbours, whose places are constants, which the compiler folds into loads. Sums go
straight to int8, with the channel's factor at hand. See kernels_viper for how integers are used
here, viper_convolution for the products and viper_requantise for the way to int8.
"""


def columns(window):
    """Columns under a row of windows, padding among them."""
    return (window.out_width - 1) * window.stride_x + window.filter_width


@micropython.viper
def rows_of_channels(w: ptr32, u: ptr8, x: int, op, first_row: int, last_row: int):
    """int8 outputs of all channels of some rows; ``w`` and ``u``: room for weights and columns."""
    window = op.window
    rows = int(window.filter_height)
    taps = rows * int(window.filter_width)
    height = int(window.in_height)
    width = int(window.in_width)
    depth = int(window.in_channels)
    across = int(window.out_width)
    stride = rows * int(window.stride_x) - taps
    stride_y = int(window.stride_y)
    pad_top = int(window.pad_top)
    before = int(window.pad_left)
    inside = int(op.columns) - before
    if inside > width:
        inside = width
    after = int(op.columns) - before - inside
    fill = int(op.input_zero_point)
    origin = int(op.origin)
    channels = int(op.out_channels)
    times = int(op.depth_multiplier)
    source = ptr8(op.source)
    image = int(source)
    target = int(ptr8(op.target)) + first_row * across * channels
    buffer = int(u)
    wide = int(w)
    weights = int(ptr8(op.weights))
    bias = ptr32(op.bias)
    multipliers = ptr32(op.multipliers)
    shifts = ptr8(op.shifts)
    zero = int(op.output_zero_point)
    low = int(op.lowest)
    high = int(op.highest)
    one = 1
    top = one << 31
    beyond = 32 if top > 0 else 0  # bits of an int that an int32 does not have
    # Factors are positive: what is below zero stays there, and under a ReLU is zero.
    least = 1 if low == zero else 0 - top
    c = 0
    while c < channels:
        source = ptr8(weights + c)
        w = ptr32(wide)
        row = 0
        while row < rows:
            k = row
            while k < taps:
                w[k] = (source[0] ^ 128) - origin
                source = ptr8(int(source) + channels)
                k += rows
            row += 1
        mh = multipliers[c] >> 16
        ml = multipliers[c] & 0xFFFF
        right = 32 - shifts[c]
        left = beyond - right if right < 0 else beyond
        right -= 1
        start = bias[c]
        out = ptr8(target + c)
        row = first_row
        while row < last_row:
            y = row * stride_y - pad_top
            last_y = y + rows
            base = buffer
            while y < last_y:
                u = ptr8(base)
                k = before
                x = inside
                if y < 0 or y >= height:
                    k += x
                    x = 0
                while k > 0:
                    u[0] = fill
                    u = ptr8(int(u) + rows)
                    k -= 1
                source = ptr8(image + y * width * depth + c // times)
                while x > 0:
                    u[0] = source[0]
                    source = ptr8(int(source) + depth)
                    u = ptr8(int(u) + rows)
                    x -= 1
                k = after
                while k > 0:
                    u[0] = fill
                    u = ptr8(int(u) + rows)
                    k -= 1
                base += 1
                y += 1
            u = ptr8(buffer)
            n = across
            while n > 0:
                x = start
                w = ptr32(wide)
                k = taps
                while k >= 9:
                    x += (
                        (u[0] ^ 128) * w[0]
                        + (u[1] ^ 128) * w[1]
                        + (u[2] ^ 128) * w[2]
                        + (u[3] ^ 128) * w[3]
                        + (u[4] ^ 128) * w[4]
                        + (u[5] ^ 128) * w[5]
                        + (u[6] ^ 128) * w[6]
                        + (u[7] ^ 128) * w[7]
                        + (u[8] ^ 128) * w[8]
                    )
                    w = ptr32(int(w) + 36)
                    u = ptr8(int(u) + 9)
                    k -= 9
                while k > 0:
                    x += (u[0] ^ 128) * w[0]
                    w = ptr32(int(w) + 4)
                    u = ptr8(int(u) + 1)
                    k -= 1
                u = ptr8(int(u) + stride)
                x = (x << left) >> beyond
                if x < least:
                    out[0] = low
                else:
                    rest = x & 0xFFFF
                    x = x >> 16
                    v = x * ml + (((rest * ml) >> 16) & 0xFFFF)
                    x = ((x * mh + (v >> 16)) << 1) + ((rest * mh + (v & 0xFFFF) + 0x4000) >> 15)
                    if right >= 0:
                        if x < 0:
                            x -= 1
                        # Halves go away from zero.
                        x = ((x >> right) + 1) >> 1
                    x += zero
                    if x < low:
                        x = low
                    if x > high:
                        x = high
                    out[0] = x
                out = ptr8(int(out) + channels)
                n -= 1
            row += 1
        c += 1
