"""Depthwise convolutions of 3x3 by the multiply-accumulate unit, as machine code.

Channel by channel. A column of inputs is three int16 and one that nobody uses, so that two loads
take it, and a window is three columns side by side.
An input row stays where it is while windows move down, over the place of the row that is left
behind, so each is gathered once, or twice where calls meet. The weights turn instead: they are laid
out for a window whose first row is in the first place, in the second, in the third.
"""

from tinyteach.native.function import POINTER, Function
from tinyteach.native.requantise import PLACES, ToInt8
from tinyteach.native.xtensa import ACCLO, M0

# What ``sizes`` holds, int32 each: channels, rows and columns of the output, rows between windows,
# the range of the results and the zero point, what the first window's first row is, of which
# output value on results go, how many rows the input has, values of a row of it, columns of
# those, bytes of the room before them, columns with padding, its value, and bytes from one window
# to the next less one column's.
CHANNELS, ROWS, ACROSS, STRIDE_Y, LOW, HIGH, ZERO, FIRST_ROW, FIRST = range(9)
HEIGHT, ROW, INSIDE, BEFORE, COLUMNS, FILL, STEP = range(9, 16)
# ``room`` begins with the weights: three times five words; then columns of eight bytes, of which
# one more than there are is read.
WEIGHT_BYTES = 64
_TURNED, _ROW_BYTES, _COLUMN_BYTES = 20, 2, 8

_SOURCE, _TARGET, _ROOM, _WEIGHTS, _BIAS, _SIZES, _MULTIPLIERS, _SHIFTS = (4 * i for i in range(8))


def depthwise() -> bytes:
    """``depthwise(source, target, room, weights, bias, sizes, multipliers, shifts)``: some rows.

    As many output channels as the input has; ``source`` and ``target`` are whole images.
    """
    f = Function((POINTER,) * 8)
    channel, bias, rows, row, source, place, turn = (f.local(index) for index in range(7))
    places = [f.local(7 + index) for index in range(PLACES)]
    at, middle, last, end, x, t, out, depth, step, *result = range(2, 16)
    pointers = _SIZES, _MULTIPLIERS, _SHIFTS
    to_int8 = ToInt8(f, (x, t, *result), places, pointers, (LOW, HIGH, ZERO))
    _begin(f, depth, channel)
    f.label("channel")
    _turn_weights(f)
    to_int8.begin()
    _begin_channel(f, (at, x, t, out, depth), (bias, rows, row, source, place, turn))
    f.label("rows")
    _gather(f, (row, source, place), depth)
    _take_weights(f, (x, t), turn, (last, middle, end))
    f.l32i(t, 1, _SIZES)
    f.l32i(step, t, 4 * STEP)
    f.l32i(x, t, 4 * ACROSS)
    f.l32i(at, 1, _ROOM)
    f.addi(at, at, WEIGHT_BYTES - 4)
    f.ldinc(0, at)
    f.loopnez(x, "output")
    # M0 and M1 are loaded once in a turn: QEMU 7.2 would go on with what was there before.
    f.l32i(t, 1, bias)
    f.l32i(x, at, _COLUMN_BYTES)
    f.wsr(t, ACCLO)
    f.mula_dd_ldinc("ll", 1, at, 0, 2)
    f.mula_dd("hh", 0, 2)
    f.l32i(t, at, 2 * _COLUMN_BYTES - 4)
    f.mula_ad("ll", x, 3)
    f.mula_ad("hh", x, 3)
    f.l32i(x, at, _COLUMN_BYTES)
    f.mula_aa("ll", t, last)
    f.mula_aa("hh", t, last)
    f.l32i(t, at, 2 * _COLUMN_BYTES)
    f.mula_aa("lh", x, middle)
    f.add(at, at, step)
    f.mula_aa("ll", t, end)
    f.mula_da_ldinc("ll", 0, at, 1, middle)
    to_int8.store(out, depth)
    f.label("output")
    _turn(f, (at, x, t), rows, turn)
    f.l32i(t, 1, channel)
    f.addi(t, t, -1)
    f.s32i(t, 1, channel)
    f.bnez(t, "channel")
    f.answer()
    to_int8.exactly()
    return f.code()


def _begin(f: Function, depth: int, channel: int) -> None:
    """Padding in all columns; where the first channel's input and output are."""
    t, x, to, value = 2, 3, 4, 5
    f.l32i(t, 1, _SIZES)
    f.l32i(value, t, 4 * FILL)
    f.l32i(x, t, 4 * COLUMNS)
    f.slli(x, x, 2)
    f.l32i(to, 1, _ROOM)
    f.addi(to, to, WEIGHT_BYTES)
    f.fill(value, to, x)
    f.l32i(depth, t, 4 * CHANNELS)
    f.s32i(depth, 1, channel)
    f.l32i(x, t, 4 * FIRST)
    f.l32i(to, 1, _TARGET)
    f.add(to, to, x)
    f.sub(to, to, depth)
    f.s32i(to, 1, _TARGET)
    f.l32i(x, t, 4 * FIRST_ROW)
    f.l32i(to, t, 4 * ROW)
    f.mull(x, x, to)
    f.l32i(to, 1, _SOURCE)
    f.add(to, to, x)
    f.s32i(to, 1, _SOURCE)


def _turn_weights(f: Function) -> None:
    """A channel's weights, each for the three places that its row may have."""
    source, to, low, t, depth, left, w = 2, 3, 4, 5, 6, 7, 8
    f.l32i(t, 1, _SIZES)
    f.l32i(depth, t, 4 * CHANNELS)
    f.l32i(t, 1, _WEIGHTS)
    f.addi(w, t, 1)
    f.s32i(w, 1, _WEIGHTS)
    f.l32i(to, 1, _ROOM)
    f.mov(low, to)
    f.movi(left, 3)
    f.label("column")
    f.mov(source, t)
    for row in range(3):
        f.l8ui(w, source)
        f.addx2(source, depth, source)
        f.add(source, source, depth)
        f.sext(w, w, 7)
        for turn in range(3):
            place = (row + turn) % 3
            if place < 2:
                f.s16i(w, to, _TURNED * turn + 2 * place)
            else:
                f.s16i(w, low, _TURNED * turn + 12)
    f.add(t, t, depth)
    f.addi(to, to, 4)
    f.addi(low, low, 2)
    f.addi(left, left, -1)
    f.bnez(left, "column")


def _take_weights(
    f: Function, free: tuple[int, int], turn: int, rest: tuple[int, int, int]
) -> None:
    """Those of the first two columns' upper rows into M2 and M3.

    ``rest``: the last column's, the first two's lowest, and the last one.
    """
    x, t = free
    f.l32i(x, 1, turn)
    f.l32i(t, 1, _ROOM)
    f.add(x, x, t)
    for index in range(2):
        f.l32i(t, x, 4 * index)
        f.wsr(t, M0 + 2 + index)
    for index, register in enumerate(rest):
        f.l32i(register, x, 8 + 4 * index)


def _begin_channel(f: Function, free: tuple[int, ...], places: tuple[int, ...]) -> None:
    """Bias, where input and output are, and the first window's three rows yet to be gathered."""
    at, x, t, out, depth = free
    bias, rows, row, source, place, turn = places
    f.l32i(t, 1, _BIAS)
    f.l32i(x, t)
    f.s32i(x, 1, bias)
    f.addi(t, t, 4)
    f.s32i(t, 1, _BIAS)
    f.l32i(t, 1, _SOURCE)
    f.s32i(t, 1, source)
    f.addi(t, t, 1)
    f.s32i(t, 1, _SOURCE)
    f.l32i(t, 1, _TARGET)
    f.mov(out, t)
    f.addi(t, t, 1)
    f.s32i(t, 1, _TARGET)
    f.l32i(t, 1, _SIZES)
    f.l32i(depth, t, 4 * CHANNELS)
    f.l32i(x, t, 4 * ROWS)
    f.s32i(x, 1, rows)
    f.l32i(x, t, 4 * FIRST_ROW)
    f.s32i(x, 1, row)
    f.movi(x, 0)
    f.s32i(x, 1, place)
    f.s32i(x, 1, turn)
    f.movi(6, 3)  # as `_gather` takes it


def _gather(f: Function, places: tuple[int, int, int], depth: int) -> None:
    """As many input rows as register 6 says, each to the next of the three places."""
    row, source, place = places
    to, count, t, base, left, x, y = 2, 3, 4, 5, 6, 7, 10
    f.l32i(y, 1, row)
    f.label("gather")
    f.l32i(t, 1, _SIZES)
    f.l32i(count, t, 4 * INSIDE)
    f.l32i(to, t, 4 * BEFORE)
    f.l32i(x, 1, place)
    f.add(to, to, x)
    f.addi(x, x, _ROW_BYTES)
    f.addi(base, x, -3 * _ROW_BYTES)
    f.bltz(base, "placed")
    f.movi(x, 0)
    f.label("placed")
    f.s32i(x, 1, place)
    f.l32i(x, 1, _ROOM)
    f.add(to, to, x)
    f.l32i(base, 1, source)
    f.l32i(x, t, 4 * ROW)
    f.add(x, x, base)
    f.s32i(x, 1, source)
    f.l32i(x, t, 4 * HEIGHT)
    f.bltz(y, "outside")
    f.bge(y, x, "outside")
    f.loopnez(count, "gathered")
    f.l8ui(x, base)
    f.add(base, base, depth)
    f.sext(x, x, 7)
    f.s16i(x, to)
    f.addi(to, to, _COLUMN_BYTES)
    f.label("gathered")
    f.j("next")
    f.label("outside")
    f.l32i(x, t, 4 * FILL)
    f.loopnez(count, "next")
    f.s16i(x, to)
    f.addi(to, to, _COLUMN_BYTES)
    f.label("next")
    f.addi(y, y, 1)
    f.addi(left, left, -1)
    f.bnez(left, "gather")
    f.s32i(y, 1, row)


def _turn(f: Function, free: tuple[int, int, int], rows: int, turn: int) -> None:
    """Windows go down by a stride: so many rows are gathered next, and weights turn as often."""
    y, x, t = free
    f.l32i(x, 1, rows)
    f.addi(x, x, -1)
    f.s32i(x, 1, rows)
    f.beqz(x, "done")
    f.l32i(t, 1, _SIZES)
    f.l32i(6, t, 4 * STRIDE_Y)
    f.l32i(t, 1, turn)
    f.slli(y, 6, 4)
    f.addx4(y, 6, y)
    f.add(t, t, y)
    f.addi(y, t, -3 * _TURNED)
    f.bltz(y, "turned")
    f.mov(t, y)
    f.label("turned")
    f.s32i(t, 1, turn)
    f.j("rows")
    f.label("done")


def programs() -> tuple[bytes, ...]:
    """As they stand in agent/tflite/mac16_depthwise.py."""
    return (depthwise(),)
