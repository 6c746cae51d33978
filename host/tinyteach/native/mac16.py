"""Convolutions by the multiply-accumulate unit of ESP32 and ESP32-S3, as machine code.

The unit multiplies 16-bit halves of registers of its own, adds the product to 40 bits, and loads
the next two halves in the same instruction. So inputs and weights are widened to int16: a patch
once for all channels, a channel's weights once for all patches of a block. Programs are functions
as MicroPython calls those of the native kind, ``f(self, positional, keywords, arguments)`` in the
windowed convention (py/objfun.c); `firmware` puts them into agent/tflite/mac16_code.py's .mpy.

What they touch beyond the registers that calls give them is saved when tasks change or interrupts
come: SAR, LBEG, LEND, LCOUNT, ACCLO, ACCHI and M0 to M3 (esp-idf,
components/xtensa/xtensa_context.S, _xt_context_save; tie.h's XCHAL_NCP_SA_STORE).
"""

from tinyteach.native.addition import add
from tinyteach.native.function import INT, POINTER, Function
from tinyteach.native.requantise import PLACES, ToInt8
from tinyteach.native.xtensa import ACCLO

# What ``sizes`` holds for `sums` and `convolve`, int32 each: taps / 4 rounded up, taps, channels,
# pixels; then for `convolve` alone the range of its results, the zero point, and the first pixel.
TURNS, TAPS, CHANNELS, PIXELS, LOW, HIGH, ZERO, FIRST = range(8)
# ``windows`` for `gather`: the pixels, then columns of the output, rows of the input, values of a
# row of it and of the filter, rows of the filter, values from one window to the next, rows to the
# next, padding above in rows and to the left in values, the padding's value, and zeros behind each
# patch.
COUNT, ACROSS, HEIGHT, ROW, ROW_TAPS, ROWS = range(6)
STRIDE_X, STRIDE_Y, ABOVE, LEFT, FILL, BEHIND = range(6, 12)


def gather() -> bytes:
    """``gather(source, patches, windows, start)``: int16 patches of some pixels from ``start`` on.

    Each is the int8 inputs under a window row by row, then zeros up to a multiple of four.
    """
    f = Function((POINTER, POINTER, POINTER, INT))
    base, out, windows, y, x, pixels, top, left, rows, before, inside, after = range(2, 14)
    f.l32i(out, 1, 4)
    f.l32i(windows, 1, 8)
    f.l32i(x, 1, 12)
    f.l32i(pixels, windows, 4 * COUNT)
    f.l32i(14, windows, 4 * ACROSS)
    f.quos(y, x, 14)
    f.mull(15, y, 14)
    f.sub(x, x, 15)

    f.label("pixel")
    f.l32i(14, windows, 4 * STRIDE_Y)
    f.mull(top, y, 14)
    f.l32i(14, windows, 4 * ABOVE)
    f.sub(top, top, 14)
    f.l32i(14, windows, 4 * STRIDE_X)
    f.mull(left, x, 14)
    f.l32i(14, windows, 4 * LEFT)
    f.sub(left, left, 14)
    f.l32i(rows, windows, 4 * ROWS)

    f.label("row")
    f.l32i(before, windows, 4 * ROW_TAPS)
    f.movi(inside, 0)
    f.movi(after, 0)
    f.bltz(top, "found")
    f.l32i(14, windows, 4 * HEIGHT)
    f.bge(top, 14, "found")
    # after: where the input ends, in values of the window; before: where it begins.
    f.l32i(15, windows, 4 * ROW)
    f.sub(after, 15, left)
    f.min(after, after, before)
    f.movi(inside, 0)
    f.max(after, after, inside)
    f.neg(14, left)
    f.max(14, 14, inside)
    f.min(14, 14, after)
    f.sub(inside, after, 14)
    f.sub(after, before, after)
    f.mov(before, 14)
    f.l32i(base, 1, 0)
    f.mull(15, top, 15)
    f.add(base, base, 15)
    f.add(base, base, left)
    f.add(base, base, before)
    f.label("found")
    f.l32i(14, windows, 4 * FILL)
    f.fill(14, out, before)
    f.widen(base, out, inside, (14, 15, before, windows))
    f.l32i(windows, 1, 8)
    f.l32i(14, windows, 4 * FILL)
    f.fill(14, out, after)
    f.addi(top, top, 1)
    f.addi(rows, rows, -1)
    f.bnez(rows, "row")

    f.l32i(15, windows, 4 * BEHIND)
    f.movi(14, 0)
    f.fill(14, out, 15)
    f.addi(x, x, 1)
    f.l32i(14, windows, 4 * ACROSS)
    f.bne(x, 14, "next")
    f.movi(x, 0)
    f.addi(y, y, 1)
    f.label("next")
    f.addi(pixels, pixels, -1)
    f.bnez(pixels, "pixel")
    return f.finish()


# Arguments of `sums` and `convolve` by their places in the frame; `sums` has the first five.
_WEIGHTS, _PATCHES, _WIDE, _BIAS, _OUT, _SIZES, _MULTIPLIERS, _SHIFTS = (4 * i for i in range(8))


def sums() -> bytes:
    """``sums(weights, patches, wide, bias, accumulators, sizes)``: a row of int32 for each pixel.

    ``wide`` is room for a channel's weights as int16, eight bytes more than that.
    """
    return _products(Function((POINTER,) * 6), requantised=False)


def convolve() -> bytes:
    """``convolve(weights, patches, wide, bias, target, sizes, multipliers, shifts)``: int8 outputs.

    What comes of the sums is what viper_requantise makes of them.
    """
    return _products(Function((POINTER,) * 8), requantised=True)


def _products(f: Function, *, requantised: bool) -> bytes:
    wide, patch, x, t, turns, out, channels, end, bias, *result = range(2, 16)
    channel, place = f.local(0), f.local(1)
    places = [f.local(2 + index) for index in range(PLACES)]
    pointers = _SIZES, _MULTIPLIERS, _SHIFTS
    to_int8 = ToInt8(f, (x, t, *result), places, pointers, (LOW, HIGH, ZERO))
    f.l32i(t, 1, _SIZES)
    f.l32i(x, t, 4 * CHANNELS)
    f.s32i(x, 1, channel)
    if requantised:
        f.l32i(out, t, 4 * FIRST)
        f.addi(out, out, -1)
        f.mull(out, out, x)
        f.l32i(t, 1, _OUT)
        f.add(out, out, t)
        f.s32i(out, 1, _OUT)
    f.label("channel")
    _widen_weights(f)
    # What the channel needs, and where the next one's is.
    if requantised:
        to_int8.begin()
    f.l32i(t, 1, _BIAS)
    f.l32i(bias, t)
    f.addi(t, t, 4)
    f.s32i(t, 1, _BIAS)
    f.l32i(out, 1, _OUT)
    f.addi(t, out, 1 if requantised else 4)
    f.s32i(t, 1, _OUT)
    f.l32i(t, 1, _SIZES)
    f.l32i(turns, t, 4 * TURNS)
    f.l32i(channels, t, 4 * CHANNELS)
    f.l32i(end, t, 4 * PIXELS)
    f.l32i(patch, 1, _PATCHES)
    f.addi(patch, patch, -4)
    f.mull(end, end, turns)
    f.slli(end, end, 3)
    f.add(end, end, patch)
    f.l32i(t, 1, _WIDE)
    f.addi(t, t, -4)
    f.s32i(t, 1, place)
    f.label("pixel")
    f.l32i(wide, 1, place)
    f.wsr(bias, ACCLO)
    f.ldinc(2, patch)
    f.ldinc(0, wide)
    f.ldinc(1, wide)
    # What is loaded is there for the next but one: M3 and M2 are one product ahead, M0 and M1 two.
    f.loopnez(turns, "product")
    f.mula_dd_ldinc("ll", 3, patch, 0, 2)
    f.mula_dd_ldinc("hh", 0, wide, 0, 2)
    f.mula_dd_ldinc("ll", 2, patch, 1, 3)
    f.mula_dd_ldinc("hh", 1, wide, 1, 3)
    f.label("product")
    f.addi(patch, patch, -4)
    if requantised:
        to_int8.store(out, channels)
    else:
        f.rsr(x, ACCLO)
        f.s32i(x, out)
        f.addx4(out, channels, out)
    f.bne(patch, end, "pixel")
    f.l32i(t, 1, channel)
    f.addi(t, t, -1)
    f.s32i(t, 1, channel)
    f.bnez(t, "channel")
    f.answer()
    if requantised:
        to_int8.exactly()
    return f.code()


def _widen_weights(f: Function) -> None:
    """A channel's weights as int16, then zeros up to a multiple of four."""
    source, to, taps, sizes, turns = 2, 3, 4, 5, 6
    f.l32i(sizes, 1, _SIZES)
    f.l32i(taps, sizes, 4 * TAPS)
    f.l32i(turns, sizes, 4 * TURNS)
    f.l32i(source, 1, _WEIGHTS)
    f.l32i(to, 1, _WIDE)
    f.widen(source, to, taps, (7, 8, 9, 10))
    f.s32i(source, 1, _WEIGHTS)
    f.slli(turns, turns, 2)
    f.sub(turns, turns, taps)
    f.movi(7, 0)
    f.fill(7, to, turns)


def programs() -> tuple[bytes, ...]:
    """As they stand in agent/tflite/mac16_code.py."""
    return gather(), sums(), convolve(), add()
