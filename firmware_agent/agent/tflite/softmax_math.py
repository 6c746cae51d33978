"""Softmax's exponentials and reciprocal in 32-bit fixed point.

LiteRT's reference softmax (internal/reference/softmax.h) scales the difference
of each value to the row's largest into Q5.26, takes exp with gemmlowp's
exp_on_negative_values and divides through one_over_one_plus_x_for_x_in_0_1
(gemmlowp's fixedpoint.h). An int8 difference has 256 values, so the
exponentials are computed once, here; the reciprocal is computed per row.
"""

from array import array

from agent.tflite import scales
from agent.tflite.errors import ModelError
from agent.tflite.scales import divide_by_power, high_mul

_FRACTION_BITS = 26
_LARGEST = (1 << 31) - 1

# exp(-1/8) and 1/3 as 31-bit fractions.
_EXP_OF_MINUS_EIGHTH = 1895147668
_THIRD = 715827883
# exp(-2**k) as a 31-bit fraction, for the bit of weight 2**k of the difference.
_EXP_OF_POWERS = (
    (-2, 1672461947),
    (-1, 1302514674),
    (0, 790015084),
    (1, 290630308),
    (2, 39332535),
    (3, 720401),
    (4, 242),
)


def _input_multiplier(scale_bits: int, _beta_bits: int) -> tuple[int, int]:
    """(multiplier, shift) that bring a difference to Q5.26 (PreprocessSoftmaxScaling)."""
    mantissa, exponent = scales.product(
        scales.from_float(scale_bits), scales.from_float(_beta_bits)
    )
    exponent += _FRACTION_BITS
    length = scales.bit_length(mantissa) + exponent
    if length > 31:
        mantissa, exponent = _LARGEST, 0
    if length < 1 or (length == 1 and mantissa == 1 << -exponent):
        raise ModelError("softmax's input scale is too small")
    return scales.quantise_multiplier((mantissa, exponent))


def exponentials(scale_bits: int, _beta_bits: int) -> "array[int]":
    """array of 256 int32: exp(-d * scale * beta) as 31-bit fractions, 0 where negligible."""
    multiplier, shift = _input_multiplier(scale_bits, _beta_bits)
    radius = (31 << _FRACTION_BITS) >> shift
    table = array("i", [0] * 256)
    for difference in range(min(radius, 255) + 1):
        table[difference] = _exponential(high_mul(-(difference << shift), multiplier))
    return table


def _exponential(scaled: int) -> int:
    """exp of a Q5.26 number that is not positive, as a 31-bit fraction."""
    if scaled == 0:
        return _LARGEST
    quarter = 1 << (_FRACTION_BITS - 2)
    inside = (scaled & (quarter - 1)) - quarter
    result = _exponential_of_quarter(inside << (31 - _FRACTION_BITS))
    rest = inside - scaled
    for power, factor in _EXP_OF_POWERS:
        if rest >> (_FRACTION_BITS + power) & 1:
            result = high_mul(result, factor)
    return result


def _exponential_of_quarter(a: int) -> int:
    """exp of a 31-bit fraction in [-1/4, 0): a Taylor polynomial around -1/8."""
    x = a + (1 << 28)
    x2 = high_mul(x, x)
    x3 = high_mul(x2, x)
    x4_over_4 = divide_by_power(high_mul(x2, x2), 2)
    tail = divide_by_power(high_mul(x4_over_4 + x3, _THIRD) + x2, 1)
    return _EXP_OF_MINUS_EIGHTH + high_mul(_EXP_OF_MINUS_EIGHTH, x + tail)


# 48/17 and -32/17 as 29-bit fractions: Newton's first guess.
_GUESS = 1515870810
_GUESS_SLOPE = -1010580540


def reciprocal(total: int) -> tuple[int, int]:
    """(31-bit fraction, exponent) to divide by a sum of exponentials in Q12.19.

    The score of an exponential e is (fraction * e) >> 31 >> exponent, each rounded.
    """
    headroom = 32 - scales.bit_length(total)
    normal = (total << headroom) & 0x7FFFFFFF
    half = (normal + _LARGEST + 1) >> 1
    x = _GUESS + high_mul(half, _GUESS_SLOPE)
    for _ in range(3):
        error = (1 << 29) - high_mul(half, x)
        x += saturated(high_mul(x, error) << 2)
    return saturated(x << 1), 35 - headroom


def saturated(value: int) -> int:
    return max(-_LARGEST - 1, min(_LARGEST, value))
