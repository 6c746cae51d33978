"""Float scales turned into integer multipliers, bit for bit as LiteRT does.

LiteRT computes these in double precision from float32 scales. Boards may have
single floats only, so here a float is a pair (mantissa, exponent) of integers
meaning mantissa * 2**exponent, and every rounding that a double or a float
would make is made in integers, to nearest, ties to even (IEEE 754).
"""

from agent.tflite.errors import ModelError

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    Pair = tuple[int, int]  # mantissa, exponent

FLOAT_BITS = 24
DOUBLE_BITS = 53


def from_float(bits: int) -> "Pair":
    """The pair of a positive finite float32 given by its 32 bits."""
    exponent = bits >> 23 & 0xFF
    if bits >> 31 or exponent == 0xFF or not bits:
        raise ModelError("a scale is not a positive number")
    fraction = bits & 0x7FFFFF
    return (fraction | 0x800000, exponent - 150) if exponent else (fraction, -149)


def bit_length(number: int) -> int:
    """Bits of a non-negative integer (MicroPython's int has no bit_length)."""
    count = 0
    while number >> 16:
        number >>= 16
        count += 16
    while number:
        number >>= 1
        count += 1
    return count


def rounded(mantissa: int, exponent: int, bits: int, sticky: bool = False) -> "Pair":
    """Round a pair to ``bits`` bits, ties to even; ``sticky`` says that more follows."""
    drop = bit_length(mantissa) - bits
    if drop <= 0:
        return mantissa, exponent
    rest = mantissa & ((1 << drop) - 1)
    half = 1 << (drop - 1)
    kept = mantissa >> drop
    if rest > half or (rest == half and (sticky or kept & 1)):
        kept += 1
    return kept, exponent + drop


def product(a: "Pair", b: "Pair") -> "Pair":
    """The exact product of two pairs."""
    return a[0] * b[0], a[1] + b[1]


def larger(a: "Pair", b: "Pair") -> "Pair":
    """The larger of two pairs."""
    ratio = a[1] - b[1]
    left, right = (a[0] << ratio, b[0]) if ratio > 0 else (a[0], b[0] << -ratio)
    return a if left >= right else b


def quotient(a: "Pair", b: "Pair", bits: int) -> "Pair":
    """a / b rounded to ``bits`` bits, ties to even."""
    # Enough extra bits that what is left over can only break a tie.
    shift = max(0, bits + 2 + bit_length(b[0]) - bit_length(a[0]))
    scaled = a[0] << shift
    whole = scaled // b[0]
    return rounded(whole, a[1] - b[1] - shift, bits, whole * b[0] != scaled)


def quantise_multiplier(real: "Pair") -> tuple[int, int]:
    """(multiplier, shift) with real = multiplier * 2**(shift - 31).

    The multiplier has 31 bits. Follows QuantizeMultiplier of LiteRT's
    quantization_util.cc: halves away from zero, nothing below 2**-32.
    """
    mantissa, exponent = real
    length = bit_length(mantissa)
    shift = exponent + length
    drop = length - 31
    fixed = (mantissa + (1 << (drop - 1))) >> drop if drop > 0 else mantissa << -drop
    if fixed == 1 << 31:
        fixed >>= 1
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 31:
        raise ModelError("a scale is too large against the others")
    return fixed, shift


def factor(input_bits: int, weight_bits: int, output_bits: int, bits: int) -> "Pair":
    """Input scale * weight scale, rounded to ``bits``, / output scale: a double."""
    scale = rounded(*product(from_float(input_bits), from_float(weight_bits)), bits)
    if bits == FLOAT_BITS and bit_length(scale[0]) + scale[1] < -125:
        raise ModelError("a scale is too small")
    return quotient(scale, from_float(output_bits), DOUBLE_BITS)


def with_bits(real: "Pair", bits: int) -> "Pair":
    """The same pair with a mantissa of exactly ``bits`` bits, at least as many as it has."""
    shift = bits - bit_length(real[0])
    return real[0] << shift, real[1] - shift


def rescaling(input_bits: int, output_bits: int) -> tuple[int, int]:
    """(multiplier, shift) of input scale / output scale."""
    return quantise_multiplier(
        quotient(from_float(input_bits), from_float(output_bits), DOUBLE_BITS)
    )


def quantised(value: int, scale_bits: int) -> int:
    """round(value / scale) for a small positive integer value, in float32 as LiteRT."""
    mantissa, exponent = quotient((value, 0), from_float(scale_bits), FLOAT_BITS)
    if exponent >= 0:
        if bit_length(mantissa) + exponent > 31:
            raise ModelError("a scale is too small for its activation")
        return mantissa << exponent
    return _shifted_right(mantissa, -exponent)


def wrapped(value: int) -> int:
    """An integer as int32 arithmetic would leave it."""
    return ((value + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def high_mul(a: int, b: int) -> int:
    """a * b / 2**31 rounded, halves up (gemmlowp's SaturatingRoundingDoublingHighMul)."""
    return (a * b + (1 << 30)) >> 31


def divide_by_power(value: int, exponent: int) -> int:
    """value / 2**exponent rounded, halves away from zero (RoundingDivideByPOT)."""
    mask = (1 << exponent) - 1
    threshold = (mask >> 1) + (1 if value < 0 else 0)
    return (value >> exponent) + (1 if (value & mask) > threshold else 0)


def multiply(value: int, multiplier: int, shift: int) -> int:
    """value * multiplier * 2**(shift - 31), rounded twice as LiteRT's
    MultiplyByQuantizedMultiplier (internal/common.cc)."""
    if shift > 0:
        return high_mul(wrapped(value << shift), multiplier)
    return divide_by_power(high_mul(value, multiplier), -shift)


def multiply_real(value: int, mantissa: int, exponent: int) -> int:
    """value * mantissa * 2**-exponent, rounded to a double, then to an integer,
    halves away from zero."""
    product_mantissa, power = rounded(abs(value) * mantissa, -exponent, DOUBLE_BITS)
    result = _shifted_right(product_mantissa, -power)
    return -result if value < 0 else result


def _shifted_right(value: int, count: int) -> int:
    """A non-negative value / 2**count, halves up."""
    return (value + (1 << (count - 1))) >> count if count > 0 else value << -count


NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3


def activation_range(activation: int, scale_bits: int, zero_point: int) -> tuple[int, int]:
    """(lowest, highest) int8 that a fused activation leaves."""
    low, high = -128, 127
    if activation == RELU:
        low = zero_point
    elif activation == RELU6:
        low, high = zero_point, zero_point + quantised(6, scale_bits)
    elif activation == RELU_N1_TO_1:
        one = quantised(1, scale_bits)
        low, high = zero_point - one, zero_point + one
    elif activation != NONE:
        raise ModelError("a fused activation is not supported")
    return max(low, -128), min(high, 127)
