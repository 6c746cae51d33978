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

from collections.abc import Sequence
from itertools import count

from tinyteach.native.xtensa import ACCLO, Assembler

# How the runtime reads an argument (py/runtime0.h), and places in its table (py/nativeglue.h).
INT, POINTER = 2, 5
_NONE, _CONVERT = 0, 3
# In memory: the context of a function (py/objfun.h), and its constants, whose first is that table
# (py/bc.h).
_CONTEXT, _CONSTANTS = 4, 12
# Locals begin at the stack pointer; the last 32 bytes of a frame are the callers' registers.
_FRAME_BYTES = 128

# What ``sizes`` holds for `sums` and `convolve`, int32 each: taps / 4 rounded up, taps, channels,
# pixels; then for `convolve` alone the range of its results, the zero point, the least sum that is
# not the lowest result, and the first pixel.
TURNS, TAPS, CHANNELS, PIXELS, LOW, HIGH, ZERO, LEAST, FIRST = range(9)
# ``windows`` for `gather`: the pixels, then columns of the output, rows of the input, values of a
# row of it and of the filter, rows of the filter, values from one window to the next, rows to the
# next, padding above in rows and to the left in values, the padding's value, and zeros behind each
# patch.
COUNT, ACROSS, HEIGHT, ROW, ROW_TAPS, ROWS = range(6)
STRIDE_X, STRIDE_Y, ABOVE, LEFT, FILL, BEHIND = range(6, 12)


class _Function(Assembler):
    """An assembler that begins with a function's arguments put into its frame."""

    def __init__(self, kinds: Sequence[int]) -> None:
        super().__init__()
        self._names = count()
        self.entry(_FRAME_BYTES)
        self.l32i(7, 2, _CONTEXT)
        self.l32i(7, 7, _CONSTANTS)
        self.l32i(7, 7)
        for index, kind in enumerate(kinds):
            self.l32i(10, 5, 4 * index)
            self.movi(11, kind)
            self.l32i(8, 7, 4 * _CONVERT)
            self.callx8(8)
            self.s32i(10, 1, 4 * index)
        self.l32i(7, 7, 4 * _NONE)
        self._none = 4 * len(kinds)
        self.s32i(7, 1, self._none)

    def local(self, index: int) -> int:
        """Bytes from the stack pointer to a place behind the arguments."""
        return self._none + 4 + 4 * index

    def finish(self) -> bytes:
        self.l32i(2, 1, self._none)
        self.retw()
        return self.code()

    def new_label(self) -> str:
        return f"@{next(self._names)}"

    def fill(self, value: int, to: int, times: int) -> None:
        """Store a register ``times`` times as int16, and move ``to`` on."""
        end = self.new_label()
        self.loopnez(times, end)
        self.s16i(value, to)
        self.addi(to, to, 2)
        self.label(end)

    def widen(self, source: int, to: int, times: int, free: tuple[int, int, int, int]) -> None:
        """``times`` int8 to int16, both pointers moved on; ``free``: registers that are spoilt."""
        four, one = self.new_label(), self.new_label()
        self.srli(free[0], times, 2)
        self.loopnez(free[0], four)
        for index, register in enumerate(free):
            self.l8ui(register, source, index)
        for register in free:
            self.sext(register, register, 7)
        for index, register in enumerate(free):
            self.s16i(register, to, 2 * index)
        self.addi(source, source, 4)
        self.addi(to, to, 8)
        self.label(four)
        self.extui(free[0], times, 0, 2)
        self.loopnez(free[0], one)
        self.l8ui(free[1], source)
        self.sext(free[1], free[1], 7)
        self.s16i(free[1], to)
        self.addi(source, source, 1)
        self.addi(to, to, 2)
        self.label(one)


def gather() -> bytes:
    """``gather(source, patches, windows, start)``: int16 patches of some pixels from ``start`` on.

    Each is the int8 inputs under a window row by row, then zeros up to a multiple of four.
    """
    f = _Function((POINTER, POINTER, POINTER, INT))
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

    ``wide`` is room for a channel's weights as int16, four bytes more than that.
    """
    return _products(_Function((POINTER,) * 6), requantised=False)


def convolve() -> bytes:
    """``convolve(weights, patches, wide, bias, target, sizes, multipliers, shifts)``: int8 outputs.

    Sums are requantised as viper_requantise does it.
    """
    return _products(_Function((POINTER,) * 8), requantised=True)


def _products(f: _Function, *, requantised: bool) -> bytes:
    wide, patch, x, t, u, turns, factor, right, out, channels, pixels, high, low, zero = range(
        2, 16
    )
    bias, channel, place, upper, least = (f.local(index) for index in range(5))
    f.l32i(t, 1, _SIZES)
    f.l32i(x, t, 4 * CHANNELS)
    f.s32i(x, 1, channel)
    if requantised:
        f.l32i(u, t, 4 * FIRST)
        f.mull(u, u, x)
        f.l32i(out, 1, _OUT)
        f.add(out, out, u)
        f.s32i(out, 1, _OUT)
        f.l32i(u, t, 4 * LEAST)
        f.s32i(u, 1, least)
    f.label("channel")
    _widen_weights(f)
    # What the channel needs, and where the next one's is.
    f.l32i(t, 1, _BIAS)
    f.l32i(u, t)
    f.s32i(u, 1, bias)
    f.addi(t, t, 4)
    f.s32i(t, 1, _BIAS)
    f.l32i(out, 1, _OUT)
    f.addi(t, out, 1 if requantised else 4)
    f.s32i(t, 1, _OUT)
    f.l32i(patch, 1, _PATCHES)
    f.addi(patch, patch, -4)
    f.l32i(t, 1, _SIZES)
    f.l32i(turns, t, 4 * TURNS)
    f.l32i(channels, t, 4 * CHANNELS)
    f.l32i(pixels, t, 4 * PIXELS)
    if requantised:
        f.l32i(low, t, 4 * LOW)
        f.l32i(high, t, 4 * HIGH)
        f.l32i(zero, t, 4 * ZERO)
        f.l32i(t, 1, _MULTIPLIERS)
        f.l32i(factor, t)
        f.srai(u, factor, 16)
        f.s32i(u, 1, upper)
        f.extui(factor, factor, 0, 16)
        f.addi(t, t, 4)
        f.s32i(t, 1, _MULTIPLIERS)
        f.l32i(t, 1, _SHIFTS)
        f.l8ui(u, t)
        f.addi(t, t, 1)
        f.s32i(t, 1, _SHIFTS)
        f.movi(right, 31)
        f.sub(right, right, u)
    else:
        f.slli(channels, channels, 2)
    f.l32i(u, 1, _WIDE)
    f.addi(u, u, -4)
    f.s32i(u, 1, place)
    f.label("pixel")
    f.l32i(x, 1, bias)
    f.wsr(x, ACCLO)
    f.l32i(wide, 1, place)
    f.ldinc(0, wide)
    f.ldinc(2, patch)
    f.loopnez(turns, "product")
    f.mula_dd_ldinc("ll", 1, wide, 0, 2)
    f.mula_dd_ldinc("hh", 3, patch, 0, 2)
    f.mula_dd_ldinc("ll", 0, wide, 1, 3)
    f.mula_dd_ldinc("hh", 2, patch, 1, 3)
    f.label("product")
    f.rsr(x, ACCLO)
    f.addi(patch, patch, -4)
    if requantised:
        _requantise(f, x, (t, u, wide), factor, right, (low, high, zero), (upper, least))
        f.s8i(x, out)
    else:
        f.s32i(x, out)
    f.add(out, out, channels)
    f.addi(pixels, pixels, -1)
    f.bnez(pixels, "pixel")
    f.l32i(t, 1, channel)
    f.addi(t, t, -1)
    f.s32i(t, 1, channel)
    f.bnez(t, "channel")
    return f.finish()


def _widen_weights(f: _Function) -> None:
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


def _requantise(
    f: _Function,
    x: int,
    free: tuple[int, int, int],
    factor: int,
    right: int,
    results: tuple[int, int, int],
    places: tuple[int, int],
) -> None:
    """x to its int8; ``right`` is by how many bits less one, -1 and below: by none, or to the left.

    ``factor`` holds the lower half of the multiplier, ``upper`` the place of the other.
    """
    (t, u, w), (low, high, zero), (upper, least) = free, results, places
    f.bgez(right, "shifted")
    f.movi(t, -1)
    f.sub(t, t, right)
    f.ssl(t)
    f.sll(x, x)
    f.label("shifted")
    f.l32i(t, 1, least)
    f.blt(x, t, "lowest")
    # x * factor >> 31, rounded half up, of 16-bit halves (viper_requantise): MULSH would be
    # shorter, but no core of QEMU has it.
    f.extui(t, x, 0, 16)
    f.srai(x, x, 16)
    f.mull(u, t, factor)
    f.extui(u, u, 16, 16)
    f.mull(w, x, factor)
    f.add(u, u, w)
    f.l32i(w, 1, upper)
    f.mull(t, t, w)
    f.mull(x, x, w)
    f.extui(w, u, 0, 16)
    f.add(t, t, w)
    f.srai(u, u, 16)
    f.add(x, x, u)
    f.addmi(t, t, 0x4000)
    f.srai(t, t, 15)
    f.addx2(x, x, t)
    f.bltz(right, "rounded")
    # Halves go away from zero.
    f.srai(t, x, 31)
    f.add(x, x, t)
    f.ssr(right)
    f.sra(x, x)
    f.addi(x, x, 1)
    f.srai(x, x, 1)
    f.label("rounded")
    f.add(x, x, zero)
    f.max(x, x, low)
    f.min(x, x, high)
    f.j("there")
    f.label("lowest")
    f.mov(x, low)
    f.label("there")


def programs() -> tuple[bytes, ...]:
    """As they stand in agent/tflite/mac16_code.py."""
    return gather(), sums(), convolve()
