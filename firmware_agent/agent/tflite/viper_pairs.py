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
CHANNELS = 4  # at once


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
    step = stride * depth
    taps = columns * depth
    padding = (0 - rows * taps) & 15
    signs = (128 << 16) + 128
    y = 2 * pair // across
    x = 2 * pair - y * across
    n = 0
    while n < count:
        top = y * int(window.stride_y) - int(window.pad_top) + first_row
        left = x * stride - int(window.pad_left)
        row = 0
        while row < rows:
            source = ptr8(base + (top * width + left) * depth)
            if top >= 0 and top < height and left >= 0 and left + stride + columns <= width:
                right = ptr8(int(source) + step)
                k = taps
                while k >= 8:
                    u[0] = ((source[0] + (right[0] << 16)) ^ signs) - signs
                    u[1] = ((source[1] + (right[1] << 16)) ^ signs) - signs
                    u[2] = ((source[2] + (right[2] << 16)) ^ signs) - signs
                    u[3] = ((source[3] + (right[3] << 16)) ^ signs) - signs
                    u[4] = ((source[4] + (right[4] << 16)) ^ signs) - signs
                    u[5] = ((source[5] + (right[5] << 16)) ^ signs) - signs
                    u[6] = ((source[6] + (right[6] << 16)) ^ signs) - signs
                    u[7] = ((source[7] + (right[7] << 16)) ^ signs) - signs
                    source = ptr8(int(source) + 8)
                    right = ptr8(int(right) + 8)
                    u = ptr32(int(u) + 32)
                    k -= 8
                while k > 0:
                    u[0] = ((source[0] + (right[0] << 16)) ^ signs) - signs
                    source = ptr8(int(source) + 1)
                    right = ptr8(int(right) + 1)
                    u = ptr32(int(u) + 4)
                    k -= 1
            else:
                column = 0
                while column < columns:
                    # The partner of a last pixel that is alone may lie beyond the input.
                    at = left + column
                    first = 1 if top >= 0 and top < height and at >= 0 and at < width else 0
                    at += stride
                    second = 1 if top >= 0 and top < height and at >= 0 and at < width else 0
                    k = depth
                    while k > 0:
                        both = fill
                        if first > 0:
                            both = (source[0] ^ 128) - 128
                        if second > 0:
                            both += ((source[step] ^ 128) - 128) << 16
                        else:
                            both += fill << 16
                        u[0] = both
                        source = ptr8(int(source) + 1)
                        u = ptr32(int(u) + 4)
                        k -= 1
                    column += 1
            top += 1
            row += 1
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
def dot_products(w: ptr32, x: int, u: ptr32, op, start: int, taps: int, count: int):
    """Add ``taps`` inputs of ``count`` pairs, of each channel's weights those from ``start`` on.

    Four channels at once, whose weights lie in turns of four inputs. ``x``, any number, is one of
    the two arguments that the compiler keeps in registers: it holds an input for four products,
    which else were a load each, and the product's first factor need not wait on the stack.
    """
    out = ptr32(op.accumulators)
    channels = int(op.out_channels)
    patch = int(op.patch)
    weights = int(ptr8(op.weights)) + start
    bias = ptr32(op.bias)
    wide = int(w)
    pairs = int(u)
    turns = (taps + 15) >> 4
    end = wide + turns * 256
    # Keeps both sums of a turn positive; taken off again for each turn.
    one = 1
    offset = (one << 31) + (one << 15)
    high = 0 - (turns << 15)
    low = high + (high << 16)
    c = 0
    while c < channels:
        x = 0
        while x < 4:
            w = ptr32(wide + 16 * x)
            source = ptr8(weights)
            k = taps
            while k >= 4:
                w[0] = (source[0] ^ 128) - 128
                w[1] = (source[1] ^ 128) - 128
                w[2] = (source[2] ^ 128) - 128
                w[3] = (source[3] ^ 128) - 128
                w = ptr32(int(w) + 64)
                source = ptr8(int(source) + 4)
                k -= 4
            while int(w) < end:
                n = 0
                while n < 4:
                    w[n] = (source[n] ^ 128) - 128 if n < k else 0
                    n += 1
                w = ptr32(int(w) + 64)
                k = 0
            weights += patch
            x += 1
        low_before = ptr32(int(bias) + 4 * c)
        high_before = low_before
        u = ptr32(pairs)
        n = 0
        while n < count:
            low0 = low
            high0 = high
            low1 = low
            high1 = high
            low2 = low
            high2 = high
            low3 = low
            high3 = high
            w = ptr32(wide)
            while int(w) != end:
                sum0 = offset
                sum1 = offset
                sum2 = offset
                sum3 = offset
                x = u[0]
                sum0 = w[0] * x + sum0
                sum1 = w[4] * x + sum1
                sum2 = w[8] * x + sum2
                sum3 = w[12] * x + sum3
                x = u[1]
                sum0 = w[1] * x + sum0
                sum1 = w[5] * x + sum1
                sum2 = w[9] * x + sum2
                sum3 = w[13] * x + sum3
                x = u[2]
                sum0 = w[2] * x + sum0
                sum1 = w[6] * x + sum1
                sum2 = w[10] * x + sum2
                sum3 = w[14] * x + sum3
                x = u[3]
                sum0 = w[3] * x + sum0
                sum1 = w[7] * x + sum1
                sum2 = w[11] * x + sum2
                sum3 = w[15] * x + sum3
                x = u[4]
                sum0 = w[16] * x + sum0
                sum1 = w[20] * x + sum1
                sum2 = w[24] * x + sum2
                sum3 = w[28] * x + sum3
                x = u[5]
                sum0 = w[17] * x + sum0
                sum1 = w[21] * x + sum1
                sum2 = w[25] * x + sum2
                sum3 = w[29] * x + sum3
                x = u[6]
                sum0 = w[18] * x + sum0
                sum1 = w[22] * x + sum1
                sum2 = w[26] * x + sum2
                sum3 = w[30] * x + sum3
                x = u[7]
                sum0 = w[19] * x + sum0
                sum1 = w[23] * x + sum1
                sum2 = w[27] * x + sum2
                sum3 = w[31] * x + sum3
                x = u[8]
                sum0 = w[32] * x + sum0
                sum1 = w[36] * x + sum1
                sum2 = w[40] * x + sum2
                sum3 = w[44] * x + sum3
                x = u[9]
                sum0 = w[33] * x + sum0
                sum1 = w[37] * x + sum1
                sum2 = w[41] * x + sum2
                sum3 = w[45] * x + sum3
                x = u[10]
                sum0 = w[34] * x + sum0
                sum1 = w[38] * x + sum1
                sum2 = w[42] * x + sum2
                sum3 = w[46] * x + sum3
                x = u[11]
                sum0 = w[35] * x + sum0
                sum1 = w[39] * x + sum1
                sum2 = w[43] * x + sum2
                sum3 = w[47] * x + sum3
                x = u[12]
                sum0 = w[48] * x + sum0
                sum1 = w[52] * x + sum1
                sum2 = w[56] * x + sum2
                sum3 = w[60] * x + sum3
                x = u[13]
                sum0 = w[49] * x + sum0
                sum1 = w[53] * x + sum1
                sum2 = w[57] * x + sum2
                sum3 = w[61] * x + sum3
                x = u[14]
                sum0 = w[50] * x + sum0
                sum1 = w[54] * x + sum1
                sum2 = w[58] * x + sum2
                sum3 = w[62] * x + sum3
                x = u[15]
                sum0 = w[51] * x + sum0
                sum1 = w[55] * x + sum1
                sum2 = w[59] * x + sum2
                sum3 = w[63] * x + sum3
                low0 += sum0
                high0 += (sum0 >> 16) & 0xFFFF
                low1 += sum1
                high1 += (sum1 >> 16) & 0xFFFF
                low2 += sum2
                high2 += (sum2 >> 16) & 0xFFFF
                low3 += sum3
                high3 += (sum3 >> 16) & 0xFFFF
                w = ptr32(int(w) + 256)
                u = ptr32(int(u) + 64)
            if start > 0:
                low_before = out
                high_before = ptr32(int(out) + 4 * channels)
            out[0] = low_before[0] + low0 - (high0 << 16)
            out[1] = low_before[1] + low1 - (high1 << 16)
            out[2] = low_before[2] + low2 - (high2 << 16)
            out[3] = low_before[3] + low3 - (high3 << 16)
            x = channels
            out[x] = high_before[0] + high0
            out[x + 1] = high_before[1] + high1
            out[x + 2] = high_before[2] + high2
            out[x + 3] = high_before[3] + high3
            out = ptr32(int(out) + 8 * channels)
            n += 1
        out = ptr32(int(out) - 8 * channels * count + 16)
        c += 4
