"""Convolutions in viper: patches gathered, then multiplied by the weights.

See kernels_viper for how integers are used here. The first arguments of a viper
function live in registers: pointers come first.
"""


@micropython.viper
def fold(
    w: ptr8,
    bias: ptr32,
    channels: int,
    count: int,
    step: int,
    stride: int,
    zero: int,
    origin: int,
):
    """bias[c] -= zero * (sum of the weights of channel c)."""
    c = 0
    while c < channels:
        at = c * stride
        total = 0
        k = 0
        while k < count:
            total += (w[at] ^ 128) - origin
            at += step
            k += 1
        bias[c] = bias[c] - zero * total
        c += 1


@micropython.viper
def gather(source: ptr8, patch: ptr8, op, y: int, x: int, count: int):
    """Copy what lies under ``count`` windows from output (y, x) on, as bytes x + 128."""
    window = op.window
    height = int(window.in_height)
    width = int(window.in_width)
    depth = int(window.in_channels)
    rows = int(window.filter_height)
    columns = int(window.filter_width)
    stride = int(window.stride_x)
    top = y * int(window.stride_y) - int(window.pad_top)
    left = x * stride - int(window.pad_left)
    fill = int(op.input_zero_point) + 128
    sums = ptr32(op.pixel_sums)
    base = int(source)
    n = 0
    while n < count:
        total = 0
        first = 0 - left if left < 0 else 0
        last = width - left if left + columns > width else columns
        row = 0
        while row < rows:
            inside = (last - first) * depth
            before = first * depth
            after = (columns - last) * depth
            at = top + row
            if at < 0 or at >= height:
                inside = 0
                before = columns * depth
                after = 0
            total += fill * (before + after)
            while before > 0:
                patch[0] = fill
                patch = ptr8(int(patch) + 1)
                before -= 1
            source = ptr8(base + ((at * width) + left + first) * depth)
            while inside >= 4:
                value = source[0] ^ 128
                patch[0] = value
                total += value
                value = source[1] ^ 128
                patch[1] = value
                total += value
                value = source[2] ^ 128
                patch[2] = value
                total += value
                value = source[3] ^ 128
                patch[3] = value
                total += value
                source = ptr8(int(source) + 4)
                patch = ptr8(int(patch) + 4)
                inside -= 4
            while inside > 0:
                value = source[0] ^ 128
                patch[0] = value
                total += value
                source = ptr8(int(source) + 1)
                patch = ptr8(int(patch) + 1)
                inside -= 1
            while after > 0:
                patch[0] = fill
                patch = ptr8(int(patch) + 1)
                after -= 1
            row += 1
        sums[n] = total
        left += stride
        n += 1


@micropython.viper
def dot_products(w: ptr8, u: ptr8, total: int, op, count: int):
    """Accumulators of all channels of ``count`` gathered patches.

    sum(w * u) = sum((w + origin) * u) - origin * sum(u): with the origin 128 the weights' bytes
    need only an exclusive or, and those of uint8 have another origin.
    It costs nothing: the compiler keeps its result in a register, and would put a bare byte of
    the weights on the stack until the input's is loaded. Turns are multiples of nine, because
    3×3 windows are.
    """
    out = ptr32(op.accumulators)
    sums = ptr32(op.pixel_sums)
    bias = ptr32(op.bias)
    size = int(op.patch)
    origin = int(op.origin)
    channels = int(op.out_channels)
    weights = int(w)
    patches = int(u)
    c = 0
    while c < channels:
        u = ptr8(patches)
        n = 0
        while n < count:
            w = ptr8(weights)
            total = bias[c] - sums[n] * origin
            k = size
            while k >= 36:
                total += (
                    (w[0] ^ 128) * u[0]
                    + (w[1] ^ 128) * u[1]
                    + (w[2] ^ 128) * u[2]
                    + (w[3] ^ 128) * u[3]
                    + (w[4] ^ 128) * u[4]
                    + (w[5] ^ 128) * u[5]
                    + (w[6] ^ 128) * u[6]
                    + (w[7] ^ 128) * u[7]
                    + (w[8] ^ 128) * u[8]
                    + (w[9] ^ 128) * u[9]
                    + (w[10] ^ 128) * u[10]
                    + (w[11] ^ 128) * u[11]
                    + (w[12] ^ 128) * u[12]
                    + (w[13] ^ 128) * u[13]
                    + (w[14] ^ 128) * u[14]
                    + (w[15] ^ 128) * u[15]
                    + (w[16] ^ 128) * u[16]
                    + (w[17] ^ 128) * u[17]
                    + (w[18] ^ 128) * u[18]
                    + (w[19] ^ 128) * u[19]
                    + (w[20] ^ 128) * u[20]
                    + (w[21] ^ 128) * u[21]
                    + (w[22] ^ 128) * u[22]
                    + (w[23] ^ 128) * u[23]
                    + (w[24] ^ 128) * u[24]
                    + (w[25] ^ 128) * u[25]
                    + (w[26] ^ 128) * u[26]
                    + (w[27] ^ 128) * u[27]
                    + (w[28] ^ 128) * u[28]
                    + (w[29] ^ 128) * u[29]
                    + (w[30] ^ 128) * u[30]
                    + (w[31] ^ 128) * u[31]
                    + (w[32] ^ 128) * u[32]
                    + (w[33] ^ 128) * u[33]
                    + (w[34] ^ 128) * u[34]
                    + (w[35] ^ 128) * u[35]
                )
                w = ptr8(int(w) + 36)
                u = ptr8(int(u) + 36)
                k -= 36
            while k >= 9:
                total += (
                    (w[0] ^ 128) * u[0]
                    + (w[1] ^ 128) * u[1]
                    + (w[2] ^ 128) * u[2]
                    + (w[3] ^ 128) * u[3]
                    + (w[4] ^ 128) * u[4]
                    + (w[5] ^ 128) * u[5]
                    + (w[6] ^ 128) * u[6]
                    + (w[7] ^ 128) * u[7]
                    + (w[8] ^ 128) * u[8]
                )
                w = ptr8(int(w) + 9)
                u = ptr8(int(u) + 9)
                k -= 9
            while k >= 4:
                total += (
                    (w[0] ^ 128) * u[0]
                    + (w[1] ^ 128) * u[1]
                    + (w[2] ^ 128) * u[2]
                    + (w[3] ^ 128) * u[3]
                )
                w = ptr8(int(w) + 4)
                u = ptr8(int(u) + 4)
                k -= 4
            while k > 0:
                total += (w[0] ^ 128) * u[0]
                w = ptr8(int(w) + 1)
                u = ptr8(int(u) + 1)
                k -= 1
            out[n * channels + c] = total
            n += 1
        weights += size
        c += 1
