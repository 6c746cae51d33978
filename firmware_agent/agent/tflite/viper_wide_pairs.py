"""Convolutions of two pixels at once whose weights are wide, as in other people's models.

As viper_pairs, but a channel's inputs are summed in turns of 16, 4 or 2, the most that its weights
allow: two weights always do. Loaded only where a model needs it.
"""

from agent.tflite import viper_pairs as pairs

TURNS = (16, 4)  # else two


def turns_of(op):
    """Inputs that each output channel of a CONV_2D may sum in one word, a byte each."""
    found = bytearray([2] * op.out_channels)
    for channel in range(op.out_channels):
        weights = op.weights[channel * op.patch :]
        for turn in TURNS:
            if pairs.narrow(weights, 1, op.patch, pairs.MOST, turn) == 1:
                found[channel] = turn
                break
    return found


@micropython.viper
def dot_products(w: ptr32, u: ptr32, op, start: int, taps: int, count: int):
    """Add ``taps`` inputs of ``count`` pairs, of each channel's weights those from ``start`` on."""
    out = ptr32(op.accumulators)
    bias = ptr32(op.bias)
    turns = ptr8(op.turns)
    channels = int(op.out_channels)
    patch = int(op.patch)
    source = ptr8(int(ptr8(op.weights)) + start)
    wide = int(w)
    pairs = int(u)
    size = (taps + 15) & (0 - 16)
    # Keeps both sums of a turn positive, also with two weights of -128; taken off again.
    one = 1
    offset = (one << 15) - 1
    offset = (offset << 16) + offset
    c = 0
    while c < channels:
        w = ptr32(wide)
        k = taps
        while k >= 4:
            w[0] = (source[0] ^ 128) - 128
            w[1] = (source[1] ^ 128) - 128
            w[2] = (source[2] ^ 128) - 128
            w[3] = (source[3] ^ 128) - 128
            w = ptr32(int(w) + 16)
            source = ptr8(int(source) + 4)
            k -= 4
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
        turn = turns[c]
        offsets = size // turn * 0x7FFF
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
            if turn == 16:
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
            elif turn == 4:
                while k > 0:
                    both = w[0] * u[0] + w[1] * u[1] + w[2] * u[2] + w[3] * u[3] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[4] * u[4] + w[5] * u[5] + w[6] * u[6] + w[7] * u[7] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[8] * u[8] + w[9] * u[9] + w[10] * u[10] + w[11] * u[11] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[12] * u[12] + w[13] * u[13] + w[14] * u[14] + w[15] * u[15] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    w = ptr32(int(w) + 64)
                    u = ptr32(int(u) + 64)
                    k -= 16
            else:
                while k > 0:
                    both = w[0] * u[0] + w[1] * u[1] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[2] * u[2] + w[3] * u[3] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[4] * u[4] + w[5] * u[5] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[6] * u[6] + w[7] * u[7] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[8] * u[8] + w[9] * u[9] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[10] * u[10] + w[11] * u[11] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[12] * u[12] + w[13] * u[13] + offset
                    low += both & 0xFFFF
                    high += (both >> 16) & 0xFFFF
                    both = w[14] * u[14] + w[15] * u[15] + offset
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
