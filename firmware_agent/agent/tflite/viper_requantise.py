"""From 32-bit accumulators to int8 in viper, exact where an int has 32 bits.

A product of an int32 x and a 31-bit multiplier m needs 64 bits; it is made of
16-bit halves: with m = mh * 2**16 + ml and x = xh * 2**16 + xl,
    u = xh * ml + (xl * ml >> 16),  v = xl * mh + (u & 0xffff),
    x * m >> 31, rounded half up = ((xh * mh + (u >> 16)) << 1) + ((v + 0x4000) >> 15)
and none of these terms leaves int32. See kernels_viper for how integers are used here.
"""


@micropython.viper
def requantise(totals: ptr32, x: int, out: ptr8, op, start: int, count: int):
    """int8 outputs of ``count`` pixels from pixel ``start`` on; ``x`` is any number."""
    multipliers = ptr32(op.multipliers)
    shifts = ptr8(op.shifts)
    channels = int(op.out_channels)
    zero = int(op.output_zero_point)
    low = int(op.lowest)
    high = int(op.highest)
    one = 1
    top = one << 31
    beyond = 32 if top > 0 else 0  # bits of an int that an int32 does not have
    # Factors are positive: what is below zero stays there, and under a ReLU is zero.
    least = 1 if low == zero else 0 - top
    out = ptr8(int(out) + start * channels)
    n = 0
    while n < count:
        c = 0
        while c < channels:
            shift = 32 - shifts[c]
            left = beyond
            if shift < 0:
                left -= shift
            x = (totals[c] << left) >> beyond
            if x < least:
                out[c] = low
            else:
                m = multipliers[c]
                ml = m & 0xFFFF
                m = m >> 16
                rest = x & 0xFFFF
                x = x >> 16
                u = x * ml + (((rest * ml) >> 16) & 0xFFFF)
                x = ((x * m + (u >> 16)) << 1) + ((rest * m + (u & 0xFFFF) + 0x4000) >> 15)
                if shift > 0:
                    # Halves go away from zero.
                    x = (((x + (x >> 31)) >> (shift - 1)) + 1) >> 1
                x += zero
                if x < low:
                    x = low
                if x > high:
                    x = high
                out[c] = x
            c += 1
        totals = ptr32(int(totals) + 4 * channels)
        out = ptr8(int(out) + channels)
        n += 1


@micropython.viper
def requantise_in_double(totals: ptr32, out: ptr8, digits: ptr32, op, row: int):
    """int8 outputs of one row: |total| * mantissa >> exponent, as doubles would round it.

    A double keeps 53 bits of the product, which matters only where that carries
    it up to a half: add half of the last kept bit, then the half, then shift.
    """
    mantissas = ptr16(op.mantissas)
    exponents = ptr8(op.exponents)
    channels = int(op.out_channels)
    zero = int(op.output_zero_point)
    low = int(op.lowest)
    high = int(op.highest)
    one = 1
    top = one << 31
    out = ptr8(int(out) + row * channels)
    c = 0
    while c < channels:
        total = (totals[c] ^ top) - top
        x = total
        if x < 0:
            x = 0 - x
        i = 0
        while i < 10:
            digits[i] = 0
            i += 1
        i = 0
        while i < 2:
            factor = (x >> (16 * i)) & 0xFFFF
            carry = 0
            j = 0
            while j < 4:
                carry += factor * mantissas[4 * c + j] + digits[i + j]
                digits[i + j] = carry & 0xFFFF
                carry = (carry >> 16) & 0xFFFF
                j += 1
            digits[i + 4] = carry
            i += 1
        # i: bits of the product beyond the 53 of a double.
        i = 5
        while i > 0 and digits[i] == 0:
            i -= 1
        carry = digits[i]
        i = 16 * i - 53
        while carry > 0:
            carry = carry >> 1
            i += 1
        if i > 0:
            i -= 1
            digits[i >> 4] = digits[i >> 4] + (one << (i & 15))
        shift = exponents[c]
        i = shift - 1
        digits[i >> 4] = digits[i >> 4] + (one << (i & 15))
        carry = 0
        i = 0
        while i < 10:
            carry += digits[i]
            digits[i] = carry & 0xFFFF
            carry = carry >> 16
            i += 1
        i = shift >> 4
        x = (digits[i] >> (shift & 15)) + ((digits[i + 1] & 0xFFF) << (16 - (shift & 15)))
        carry = digits[i + 1] >> 12
        i += 2
        while i < 10:
            carry += digits[i]
            i += 1
        if carry > 0 or x > 1023:
            x = 1023
        if total < 0:
            x = 0 - x
        x += zero
        if x < low:
            x = low
        if x > high:
            x = high
        out[c] = x
        c += 1
