"""Pooling, addition, multiplication, padding, looking up, transposing and softmax in viper.

Products are made as in viper_requantise. See kernels_viper for how integers are
used here.
"""


@micropython.viper
def sum_window(source: ptr8, totals: ptr32, op, y: int, x: int, zero: int) -> int:
    """Sums of (value + 128 - zero) under the window at output (y, x), one a channel.

    Returns how many input pixels the window covers.
    """
    window = op.window
    width = int(window.in_width)
    depth = int(window.in_channels)
    top = y * int(window.stride_y) - int(window.pad_top)
    left = x * int(window.stride_x) - int(window.pad_left)
    bottom = top + int(window.filter_height)
    right = left + int(window.filter_width)
    if bottom > int(window.in_height):
        bottom = int(window.in_height)
    if right > width:
        right = width
    if top < 0:
        top = 0
    if left < 0:
        left = 0
    base = int(source)
    c = 0
    while c < depth:
        total = 0
        row = top
        while row < bottom:
            source = ptr8(base + (row * width + left) * depth + c)
            column = left
            while column < right:
                total += (source[0] ^ 128) - zero
                source = ptr8(int(source) + depth)
                column += 1
            row += 1
        totals[c] = total
        c += 1
    return (bottom - top) * (right - left)


@micropython.viper
def divide(totals: ptr32, out: ptr8, op, pixel: int, count: int):
    """Means of one pixel's sums, halves away from the zero point, which they are counted from."""
    channels = int(op.out_channels)
    zero = int(op.input_zero_point)
    low = int(op.lowest)
    high = int(op.highest)
    one = 1
    top = one << 31
    out = ptr8(int(out) + pixel * channels)
    c = 0
    while c < channels:
        x = (totals[c] ^ top) - top
        mean = x if x > 0 else 0 - x
        mean = (mean + (count >> 1)) // count
        x = (mean if x > 0 else 0 - mean) + zero
        if x < low:
            x = low
        if x > high:
            x = high
        out[c] = x
        c += 1


@micropython.viper
def largest(source: ptr8, out: ptr8, op, y: int, x: int):
    """The largest values under the window at output (y, x), one a channel, as they are written."""
    window = op.window
    width = int(window.in_width)
    depth = int(window.in_channels)
    low = int(op.lowest)
    high = int(op.highest)
    top = y * int(window.stride_y) - int(window.pad_top)
    left = x * int(window.stride_x) - int(window.pad_left)
    bottom = top + int(window.filter_height)
    right = left + int(window.filter_width)
    if bottom > int(window.in_height):
        bottom = int(window.in_height)
    if right > width:
        right = width
    if top < 0:
        top = 0
    if left < 0:
        left = 0
    out = ptr8(int(out) + (y * int(window.out_width) + x) * depth)
    base = int(source)
    c = 0
    while c < depth:
        most = low + 128
        row = top
        while row < bottom:
            source = ptr8(base + (row * width + left) * depth + c)
            column = left
            while column < right:
                value = source[0] ^ 128
                if value > most:
                    most = value
                source = ptr8(int(source) + depth)
                column += 1
            row += 1
        most -= 128
        if most > high:
            most = high
        out[c] = most
        c += 1


@micropython.viper
def add(a: ptr8, b: ptr8, out: ptr8, op):
    """Where no half is near, by factors with 18 bits behind the point; else in LiteRT's steps."""
    near = ptr32(op.near)
    factor_a = near[0]
    factor_b = near[1]
    origin = near[2]
    margin = near[3]
    zero = int(op.output_zero_point)
    low = int(op.lowest)
    high = int(op.highest)
    n = int(op.elements)
    i = 0
    while i < n:
        x = (a[i] ^ 128) * factor_a + (b[i] ^ 128) * factor_b + origin
        if (x + margin) & 0x3FFFF > margin + margin:
            x = (x >> 18) - 4096
        else:
            total = 0
            step = 0
            while step < 3:
                if step == 0:
                    x = ((a[i] ^ 128) - 128 - int(op.first[0])) << 20
                    m = int(op.first[1])
                    shift = 32 - int(op.first[2])
                elif step == 1:
                    x = ((b[i] ^ 128) - 128 - int(op.second[0])) << 20
                    m = int(op.second[1])
                    shift = 32 - int(op.second[2])
                else:
                    x = total
                    m = int(op.multiplier)
                    shift = 32 - int(op.shift)
                rest = x & 0xFFFF
                u = (x >> 16) * (m & 0xFFFF) + (((rest * (m & 0xFFFF)) >> 16) & 0xFFFF)
                v = rest * (m >> 16) + (u & 0xFFFF)
                x = (((x >> 16) * (m >> 16) + (u >> 16)) << 1) + ((v + 0x4000) >> 15)
                rest = x & ((1 << shift) - 1)
                if x < 0:
                    rest -= 1
                x = x >> shift
                if rest > ((1 << shift) - 1) >> 1:
                    x += 1
                total += x
                step += 1
            x += zero
        if x < low:
            x = low
        if x > high:
            x = high
        out[i] = x
        i += 1


@micropython.viper
def mul(a: ptr8, b: ptr8, out: ptr8, op):
    zero_a = 128 + int(op.first[0])
    zero_b = 128 + int(op.second[0])
    m = int(op.multiplier)
    shift = 32 - int(op.shift)
    zero = int(op.output_zero_point)
    low = int(op.lowest)
    high = int(op.highest)
    mh = m >> 16
    ml = m & 0xFFFF
    one = 1
    mask = (one << shift) - 1
    half = mask >> 1
    n = int(op.elements)
    i = 0
    while i < n:
        x = ((a[i] ^ 128) - zero_a) * ((b[i] ^ 128) - zero_b)
        u = (x >> 16) * ml + ((((x & 0xFFFF) * ml) >> 16) & 0xFFFF)
        v = (x & 0xFFFF) * mh + (u & 0xFFFF)
        x = (((x >> 16) * mh + (u >> 16)) << 1) + ((v + 0x4000) >> 15)
        rest = x & mask
        if x < 0:
            rest -= 1
        x = x >> shift
        if rest > half:
            x += 1
        x += zero
        if x < low:
            x = low
        if x > high:
            x = high
        out[i] = x
        i += 1


@micropython.viper
def fill(out: ptr8, count: int, value: int):
    i = 0
    while i < count:
        out[i] = value
        i += 1


@micropython.viper
def copy_inside(source: ptr8, target: ptr8, op):
    """Copy the input to its place between the padding."""
    images = int(op.in_shape[0])
    height = int(op.in_shape[1])
    width = int(op.in_shape[2])
    depth = int(op.in_shape[3])
    out_height = int(op.out_shape[1])
    out_width = int(op.out_shape[2])
    out_depth = int(op.out_shape[3])
    first = int(op.before[0])
    above = int(op.before[1])
    left = int(op.before[2])
    front = int(op.before[3])
    base = int(target)
    n = 0
    while n < images:
        y = 0
        while y < height:
            x = 0
            while x < width:
                row = ((n + first) * out_height + y + above) * out_width
                target = ptr8(base + (row + x + left) * out_depth + front)
                c = 0
                while c < depth:
                    target[c] = source[c]
                    c += 1
                source = ptr8(int(source) + depth)
                x += 1
            y += 1
        n += 1


@micropython.viper
def look_up(source: ptr8, out: ptr8, table: ptr8, count: int):
    i = 0
    while i < count:
        out[i] = table[source[i]]
        i += 1


@micropython.viper
def transpose(source: ptr8, out: ptr8, op):
    """Every value from where the strides of its dimensions lead."""
    images = int(op.out_shape[0])
    height = int(op.out_shape[1])
    width = int(op.out_shape[2])
    depth = int(op.out_shape[3])
    first = int(op.strides[0])
    down = int(op.strides[1])
    across = int(op.strides[2])
    step = int(op.strides[3])
    base = int(source)
    n = 0
    while n < images:
        y = 0
        while y < height:
            x = 0
            while x < width:
                source = ptr8(base + n * first + y * down + x * across)
                c = 0
                while c < depth:
                    out[0] = source[0]
                    source = ptr8(int(source) + step)
                    out = ptr8(int(out) + 1)
                    c += 1
                x += 1
            y += 1
        n += 1


@micropython.viper
def softmax(source: ptr8, out: ptr8, op, start: int):
    """One row; the reciprocal as softmax_math.reciprocal has it."""
    table = ptr32(op.table)
    depth = int(op.depth)
    source = ptr8(int(source) + start)
    out = ptr8(int(out) + start)
    largest = 0
    i = 0
    while i < depth:
        if (source[i] ^ 128) > largest:
            largest = source[i] ^ 128
        i += 1
    total = 0
    i = 0
    while i < depth:
        e = table[largest - (source[i] ^ 128)]
        total += (e >> 12) + ((e >> 11) & 1)
        i += 1
    one = 1
    top = one << 31
    headroom = 1
    # The sum lies between 2**19 and 2**28.
    while (total << headroom) & top == 0:
        headroom += 1
    # half = (1 + fraction) / 2 as a 31-bit fraction, in [2**30, 2**31).
    half = (total << (headroom - 1)) & (top - 1)
    mh = half >> 16
    ml = half & 0xFFFF
    x = -1010580540
    step = 0
    while step < 4:
        # a = half * x, and after the first guess x * (2**29 - a) * 4 is added to x.
        u = (x >> 16) * ml + ((((x & 0xFFFF) * ml) >> 16) & 0xFFFF)
        v = (x & 0xFFFF) * mh + (u & 0xFFFF)
        a = (((x >> 16) * mh + (u >> 16)) << 1) + ((v + 0x4000) >> 15)
        if step == 0:
            x = ((one * 23130) << 16) + 23130 + a
        else:
            a = (1 << 29) - a
            u = (a >> 16) * (x & 0xFFFF) + ((((a & 0xFFFF) * (x & 0xFFFF)) >> 16) & 0xFFFF)
            v = (a & 0xFFFF) * (x >> 16) + (u & 0xFFFF)
            x += ((((a >> 16) * (x >> 16) + (u >> 16)) << 1) + ((v + 0x4000) >> 15)) << 2
        step += 1
    # Doubled, saturated; x lies in [2**29, 2**30].
    fraction = x << 1
    if x >> 30:
        fraction = top - 1
    exponent = 35 - headroom
    mask = (1 << exponent) - 1
    mh = fraction >> 16
    ml = fraction & 0xFFFF
    i = 0
    while i < depth:
        e = table[largest - (source[i] ^ 128)]
        u = (e >> 16) * ml + ((((e & 0xFFFF) * ml) >> 16) & 0xFFFF)
        v = (e & 0xFFFF) * mh + (u & 0xFFFF)
        a = (((e >> 16) * mh + (u >> 16)) << 1) + ((v + 0x4000) >> 15)
        score = a >> exponent
        if (a & mask) > (mask >> 1):
            score += 1
        if score > 255:
            score = 255
        out[i] = score ^ 128
        i += 1
