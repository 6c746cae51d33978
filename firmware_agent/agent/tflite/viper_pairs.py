"""Convolutions of two pixels at once in viper: one product of 32 bits holds two.

With x0 and x1 the same input under two neighbouring outputs, w * (x0 + (x1 << 16)) is
w * x0 + (w * x1 << 16): two sums in one word. The sums of 16 inputs stay apart where the 16
weights' magnitudes add up to 255 at most, since |x| <= 128; then half a word each is added to
the accumulators, and the next 16 begin. Embeddings' weights are scaled so that they do (host
package, embedding/recipe/narrow.py); viper_wide_pairs has shorter turns for other models' weights.
See kernels_viper for how integers are used here.
"""

TURN = 16  # inputs summed in one word
MOST = 255  # 255 * 128 + 128 < 2**15


def fits(window):
    """Whether outputs come in pairs; in a single row the last may be alone."""
    return window.out_width % 2 == 0 or window.out_height == 1


@micropython.viper
def narrow(w: ptr8, channels: int, patch: int, most: int, turn: int) -> int:
    """1 where the magnitudes of no turn of a channel's weights add up to more than ``most``."""
    while channels > 0:
        k = 0
        while k < patch:
            if (k & (turn - 1)) == 0:
                total = 0
            x = (w[k] ^ 128) - 128
            total += x if x > 0 else 0 - x
            if total > most:
                return 0
            k += 1
        w = ptr8(int(w) + patch)
        channels -= 1
    return 1


@micropython.viper
def gather(source: ptr8, u: ptr32, op, pair: int, count: int, first_row: int, rows: int):
    """Inputs of ``rows`` filter rows from ``first_row`` on, of ``count`` pairs from ``pair`` on."""
    window = op.window
    height = int(window.in_height)
    width = int(window.in_width)
    depth = int(window.in_channels)
    columns = int(window.filter_width)
    stride = int(window.stride_x)
    fill = int(op.input_zero_point)
    across = int(window.out_width)
    base = int(source)
    taps = rows * columns * depth
    padding = (0 - taps) & 15
    y = 2 * pair // across
    x = 2 * pair - y * across
    n = 0
    while n < count:
        half = 0
        while half < 2:
            top = y * int(window.stride_y) - int(window.pad_top) + first_row
            left = (x + half) * stride - int(window.pad_left)
            first = 0 - left if left < 0 else 0
            last = width - left if left + columns > width else columns
            if last < first:  # the partner of a last pixel that is alone may lie beyond the input
                last = first
            row = 0
            while row < rows:
                inside = (last - first) * depth
                before = first * depth
                after = (columns - last) * depth
                if top < 0 or top >= height:
                    inside = 0
                    before = columns * depth
                    after = 0
                source = ptr8(base + (top * width + left + first) * depth)
                if half == 0:
                    while before > 0:
                        u[0] = fill
                        u = ptr32(int(u) + 4)
                        before -= 1
                    while inside >= 4:
                        u[0] = (source[0] ^ 128) - 128
                        u[1] = (source[1] ^ 128) - 128
                        u[2] = (source[2] ^ 128) - 128
                        u[3] = (source[3] ^ 128) - 128
                        source = ptr8(int(source) + 4)
                        u = ptr32(int(u) + 16)
                        inside -= 4
                    while inside > 0:
                        u[0] = (source[0] ^ 128) - 128
                        source = ptr8(int(source) + 1)
                        u = ptr32(int(u) + 4)
                        inside -= 1
                    while after > 0:
                        u[0] = fill
                        u = ptr32(int(u) + 4)
                        after -= 1
                else:
                    while before > 0:
                        u[0] = u[0] + (fill << 16)
                        u = ptr32(int(u) + 4)
                        before -= 1
                    while inside >= 4:
                        u[0] = u[0] + (((source[0] ^ 128) - 128) << 16)
                        u[1] = u[1] + (((source[1] ^ 128) - 128) << 16)
                        u[2] = u[2] + (((source[2] ^ 128) - 128) << 16)
                        u[3] = u[3] + (((source[3] ^ 128) - 128) << 16)
                        source = ptr8(int(source) + 4)
                        u = ptr32(int(u) + 16)
                        inside -= 4
                    while inside > 0:
                        u[0] = u[0] + (((source[0] ^ 128) - 128) << 16)
                        source = ptr8(int(source) + 1)
                        u = ptr32(int(u) + 4)
                        inside -= 1
                    while after > 0:
                        u[0] = u[0] + (fill << 16)
                        u = ptr32(int(u) + 4)
                        after -= 1
                top += 1
                row += 1
            u = ptr32(int(u) - 4 * taps)
            half += 1
        u = ptr32(int(u) + 4 * taps)
        k = padding
        while k > 0:
            u[0] = 0
            u = ptr32(int(u) + 4)
            k -= 1
        x += 2
        if x >= across:
            x = 0
            y += 1
        n += 1


@micropython.viper
def dot_products(w: ptr32, u: ptr32, op, start: int, taps: int, count: int):
    """Add ``taps`` inputs of ``count`` pairs, of each channel's weights those from ``start`` on."""
    out = ptr32(op.accumulators)
    bias = ptr32(op.bias)
    channels = int(op.out_channels)
    patch = int(op.patch)
    source = ptr8(int(ptr8(op.weights)) + start)
    wide = int(w)
    pairs = int(u)
    size = (taps + 15) & (0 - 16)
    # Keeps both sums of a turn positive; taken off again for each turn.
    one = 1
    offset = (one << 31) + (one << 15)
    offsets = (size >> 4) << 15
    c = 0
    while c < channels:
        w = ptr32(wide)
        k = taps
        while k >= 8:
            w[0] = (source[0] ^ 128) - 128
            w[1] = (source[1] ^ 128) - 128
            w[2] = (source[2] ^ 128) - 128
            w[3] = (source[3] ^ 128) - 128
            w[4] = (source[4] ^ 128) - 128
            w[5] = (source[5] ^ 128) - 128
            w[6] = (source[6] ^ 128) - 128
            w[7] = (source[7] ^ 128) - 128
            w = ptr32(int(w) + 32)
            source = ptr8(int(source) + 8)
            k -= 8
        while k > 0:
            w[0] = (source[0] ^ 128) - 128
            w = ptr32(int(w) + 4)
            source = ptr8(int(source) + 1)
            k -= 1
        k = size - taps
        while k > 0:
            w[0] = 0
            w = ptr32(int(w) + 4)
            k -= 1
        source = ptr8(int(source) + patch - taps)
        u = ptr32(pairs)
        n = 0
        while n < count:
            low = bias[c]
            high = low
            if start > 0:
                low = out[0]
                high = out[channels]
            low -= offsets
            high -= offsets
            w = ptr32(wide)
            k = size
            while k > 0:
                both = (
                    w[0] * u[0]
                    + w[1] * u[1]
                    + w[2] * u[2]
                    + w[3] * u[3]
                    + w[4] * u[4]
                    + w[5] * u[5]
                    + w[6] * u[6]
                    + w[7] * u[7]
                    + w[8] * u[8]
                    + w[9] * u[9]
                    + w[10] * u[10]
                    + w[11] * u[11]
                    + w[12] * u[12]
                    + w[13] * u[13]
                    + w[14] * u[14]
                    + w[15] * u[15]
                    + offset
                )
                low += both & 0xFFFF
                high += (both >> 16) & 0xFFFF
                w = ptr32(int(w) + 64)
                u = ptr32(int(u) + 64)
                k -= 16
            out[0] = low
            out[channels] = high
            out = ptr32(int(out) + 8 * channels)
            n += 1
        out = ptr32(int(out) - 8 * channels * count + 4)
        c += 1
