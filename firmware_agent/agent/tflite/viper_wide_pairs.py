"""Convolutions of two pixels at once whose weights are wide, as in other people's models.

As viper_pairs, but two channels at once, whose inputs are summed in turns of 16, 4 or 2, the most
that their weights allow: two weights always do. Loaded only where a model needs it.
"""

from agent.tflite import viper_pairs as pairs

TURNS = (16, 4)  # else two
CHANNELS = 2


def turns_of(op):
    """Inputs that each two output channels of a CONV_2D may sum in one word, a byte each."""
    found = bytearray([2] * (op.out_channels // CHANNELS))
    for two in range(len(found)):
        weights = op.weights[two * CHANNELS * op.patch :]
        for turn in TURNS:
            if pairs.narrow(weights, CHANNELS, op.patch, pairs.MOST, turn) == 1:
                found[two] = turn
                break
    return found


@micropython.viper
def dot_products(w: ptr32, x: int, u: ptr32, op, start: int, taps: int, count: int):
    """Add ``taps`` inputs of ``count`` pairs, of each channel's weights those from ``start`` on.

    Two channels' weights lie in turns of four inputs; ``x`` as in viper_pairs.
    """
    out = ptr32(op.accumulators)
    bias = ptr32(op.bias)
    of_two = ptr8(op.turns)
    channels = int(op.out_channels)
    patch = int(op.patch)
    weights = int(ptr8(op.weights)) + start
    wide = int(w)
    pairs = int(u)
    size = (taps + 15) & (0 - 16)
    end = wide + size * 8
    # Keeps both sums of a turn positive, also with two weights of -128; taken off again.
    one = 1
    offset = (one << 15) - 1
    offset = (offset << 16) + offset
    c = 0
    while c < channels:
        x = 0
        while x < 2:
            w = ptr32(wide + 16 * x)
            source = ptr8(weights)
            k = taps
            while k >= 4:
                w[0] = (source[0] ^ 128) - 128
                w[1] = (source[1] ^ 128) - 128
                w[2] = (source[2] ^ 128) - 128
                w[3] = (source[3] ^ 128) - 128
                w = ptr32(int(w) + 32)
                source = ptr8(int(source) + 4)
                k -= 4
            while int(w) < end:
                n = 0
                while n < 4:
                    w[n] = (source[n] ^ 128) - 128 if n < k else 0
                    n += 1
                w = ptr32(int(w) + 32)
                k = 0
            weights += patch
            x += 1
        turn = of_two[c >> 1]
        high = 0 - size // turn * 0x7FFF
        low = high + (high << 16)
        low_before = ptr32(int(bias) + 4 * c)
        high_before = low_before
        u = ptr32(pairs)
        n = 0
        while n < count:
            low0 = low
            high0 = high
            low1 = low
            high1 = high
            w = ptr32(wide)
            if turn == 16:
                while int(w) != end:
                    sum0 = offset
                    sum1 = offset
                    x = u[0]
                    sum0 = w[0] * x + sum0
                    sum1 = w[4] * x + sum1
                    x = u[1]
                    sum0 = w[1] * x + sum0
                    sum1 = w[5] * x + sum1
                    x = u[2]
                    sum0 = w[2] * x + sum0
                    sum1 = w[6] * x + sum1
                    x = u[3]
                    sum0 = w[3] * x + sum0
                    sum1 = w[7] * x + sum1
                    x = u[4]
                    sum0 = w[8] * x + sum0
                    sum1 = w[12] * x + sum1
                    x = u[5]
                    sum0 = w[9] * x + sum0
                    sum1 = w[13] * x + sum1
                    x = u[6]
                    sum0 = w[10] * x + sum0
                    sum1 = w[14] * x + sum1
                    x = u[7]
                    sum0 = w[11] * x + sum0
                    sum1 = w[15] * x + sum1
                    x = u[8]
                    sum0 = w[16] * x + sum0
                    sum1 = w[20] * x + sum1
                    x = u[9]
                    sum0 = w[17] * x + sum0
                    sum1 = w[21] * x + sum1
                    x = u[10]
                    sum0 = w[18] * x + sum0
                    sum1 = w[22] * x + sum1
                    x = u[11]
                    sum0 = w[19] * x + sum0
                    sum1 = w[23] * x + sum1
                    x = u[12]
                    sum0 = w[24] * x + sum0
                    sum1 = w[28] * x + sum1
                    x = u[13]
                    sum0 = w[25] * x + sum0
                    sum1 = w[29] * x + sum1
                    x = u[14]
                    sum0 = w[26] * x + sum0
                    sum1 = w[30] * x + sum1
                    x = u[15]
                    sum0 = w[27] * x + sum0
                    sum1 = w[31] * x + sum1
                    low0 += sum0
                    high0 += (sum0 >> 16) & 0xFFFF
                    low1 += sum1
                    high1 += (sum1 >> 16) & 0xFFFF
                    w = ptr32(int(w) + 128)
                    u = ptr32(int(u) + 64)
            elif turn == 4:
                while int(w) != end:
                    sum0 = offset
                    sum1 = offset
                    x = u[0]
                    sum0 = w[0] * x + sum0
                    sum1 = w[4] * x + sum1
                    x = u[1]
                    sum0 = w[1] * x + sum0
                    sum1 = w[5] * x + sum1
                    x = u[2]
                    sum0 = w[2] * x + sum0
                    sum1 = w[6] * x + sum1
                    x = u[3]
                    sum0 = w[3] * x + sum0
                    sum1 = w[7] * x + sum1
                    low0 += sum0
                    high0 += (sum0 >> 16) & 0xFFFF
                    low1 += sum1
                    high1 += (sum1 >> 16) & 0xFFFF
                    w = ptr32(int(w) + 32)
                    u = ptr32(int(u) + 16)
            else:
                while int(w) != end:
                    sum0 = offset
                    sum1 = offset
                    x = u[0]
                    sum0 = w[0] * x + sum0
                    sum1 = w[4] * x + sum1
                    x = u[1]
                    sum0 = w[1] * x + sum0
                    sum1 = w[5] * x + sum1
                    low0 += sum0
                    high0 += (sum0 >> 16) & 0xFFFF
                    low1 += sum1
                    high1 += (sum1 >> 16) & 0xFFFF
                    sum0 = offset
                    sum1 = offset
                    x = u[2]
                    sum0 = w[2] * x + sum0
                    sum1 = w[6] * x + sum1
                    x = u[3]
                    sum0 = w[3] * x + sum0
                    sum1 = w[7] * x + sum1
                    low0 += sum0
                    high0 += (sum0 >> 16) & 0xFFFF
                    low1 += sum1
                    high1 += (sum1 >> 16) & 0xFFFF
                    w = ptr32(int(w) + 32)
                    u = ptr32(int(u) + 16)
            if start > 0:
                low_before = out
                high_before = ptr32(int(out) + 4 * channels)
            out[0] = low_before[0] + low0 - (high0 << 16)
            out[1] = low_before[1] + low1 - (high1 << 16)
            x = channels
            out[x] = high_before[0] + high0
            out[x + 1] = high_before[1] + high1
            out = ptr32(int(out) + 8 * channels)
            n += 1
        out = ptr32(int(out) - 8 * channels * count + 8)
        c += 2
