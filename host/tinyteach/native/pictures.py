"""Preprocessing of whole frames as machine code for ESP32 and ESP32-S3.

The functions are those of agent/vision/kernels_viper.py, with its arguments, sums and plan.
`firmware` puts them into agent/vision/mac16_rows.py's .mpy, as native/mac16.py tells.

Of a half word, RRRRRGGGGGGBBBBB, three words of sums have fields with room for an output row's
whole weight, sixteen at most:
    sum of w & MASKS[0]:       blue's lower 2 bits from bit 0 on, green's upper 2 from 9
    of w >> 2 & MASKS[1]:      blue's upper 3 from 0, red's lower 2 from 9
    of w >> 5 & MASKS[2]:      green's lower 4 from 0, red's upper 3 from 8
A channel is put together once: its upper bits * 33 or 65, and its lower bits * 8 or 4.
"""

from tinyteach.native.function import INT, POINTER, Function

# What the plan holds, 32-bit words (agent/vision/kernels_viper.py).
SIDE, UNIT, WORDS, FACTOR, SHIFT, OUT = 0, 1, 2, 3, 4, 7
FIRST, BACK, WHOLE, SECOND, THIRD, FOURTH, AFTER, LAST, PIXELS = 9, 10, 11, 13, 14, 15, 16, 17, 18
MASKS = (0x0603, 0x0607, 0x070F)
_SHIFTS = (0, 2, 5)
# From the sums of a column to those of the next, and to those of the next word's.
_COLUMN, _TWO_COLUMNS = 12, 24

# Registers of `columns`. free: what weighs a row, too.
_P, _SUMS, _W, _T, _FREE, _33, _BYTES, _SIX_BITS = 2, 3, 4, 5, 6, 7, 14, 15
_FIELDS, _MASKS = (8, 9, 10), (11, 12, 13)


def columns(*, high_byte_first: bool) -> bytes:
    """``big`` or ``little(w, low, high, source, sums, plan)``: a row's weighted sums of columns."""
    f = Function((INT, INT, INT, POINTER, POINTER, POINTER))
    _begin_columns(f)
    f.label("half")
    f.l32i(_T, 1, 20)
    f.l32i(_T, _T, 4 * WORDS)
    f.addx4(_T, _T, _P)
    f.s32i(_T, 1, f.local(_END))
    f.label("word")
    _add_whole_rows(f, high_byte_first)
    for weight, offset, after in ((_FIRST, _BACK, "before"), (_LAST, _AFTER, "after")):
        f.l32i(_FREE, 1, f.local(weight))
        f.beqz(_FREE, after)
        f.l32i(_T, 1, f.local(offset))
        _add_row(f, high_byte_first, weighted=True)
        f.label(after)
    _store_channels(f, high_byte_first)
    f.addi(_SUMS, _SUMS, _TWO_COLUMNS)
    f.addi(_P, _P, 4)
    f.l32i(_T, 1, f.local(_END))
    f.sub(_T, _T, _P)
    f.bnez(_T, "word")
    f.l32i(_SUMS, 1, f.local(_NEXT))
    f.s32i(_T, 1, f.local(_NEXT))
    f.bnez(_SUMS, "half")
    return f.finish()


# Locals of `columns`, the first seven from the plan: weights, and offsets from the first whole row.
_UNIT, _SECOND, _THIRD, _FOURTH, _FIRST, _AFTER, _LAST, _BACK, _END, _NEXT = range(10)
_TAKEN = (UNIT, SECOND, THIRD, FOURTH, FIRST, AFTER, LAST)


def _begin_columns(f: Function) -> None:
    f.l32i(_T, 1, 20)
    for index, place in enumerate(_TAKEN):
        f.l32i(_W, _T, 4 * place)
        f.s32i(_W, 1, f.local(index))
    f.l32i(_W, _T, 4 * BACK)
    f.neg(_W, _W)
    f.s32i(_W, 1, f.local(_BACK))
    f.l32i(_P, 1, 12)
    f.l32i(_W, _T, 4 * WHOLE)
    f.add(_P, _P, _W)
    # Columns of the second half have the upper half words; then there is no next half.
    f.l32i(_SUMS, 1, 16)
    f.addi(_W, _SUMS, 2)
    f.s32i(_W, 1, f.local(_NEXT))
    for register, value in zip((*_MASKS, _BYTES, _SIX_BITS), (*MASKS, 255, 63), strict=True):
        f.movi(register, value)
        f.slli(_W, register, 16)
        f.or_(register, register, _W)
    f.movi(_33, 33)
    f.movi(_W, 8)
    f.ssr(_W)  # for `_load`


def _load(f: Function, high_byte_first: bool, register: int) -> None:
    """A word; reversed, with its pixels, where the high byte comes first."""
    f.l32i(_W, register)
    if high_byte_first:
        f.extui(_T, _W, 16, 16)
        f.src(_T, _T, _W)
        f.src(_T, _T, _T)
        f.src(_W, _W, _T)


def _add_whole_rows(f: Function, high_byte_first: bool) -> None:
    _load(f, high_byte_first, _P)
    for shift, mask, field in zip(_SHIFTS, _MASKS, _FIELDS, strict=True):
        if shift:
            f.srli(_T, _W, shift)
        f.and_(field, _T if shift else _W, mask)
    for offset in (_SECOND, _THIRD, _FOURTH):
        f.l32i(_T, 1, f.local(offset))
        f.beqz(_T, "whole")
        _add_row(f, high_byte_first, weighted=False)
    f.label("whole")
    f.l32i(_T, 1, f.local(_UNIT))
    for field in _FIELDS:
        f.mull(field, field, _T)


def _add_row(f: Function, high_byte_first: bool, *, weighted: bool) -> None:
    """The row t bytes away to the fields."""
    f.add(_T, _P, _T)
    _load(f, high_byte_first, _T)
    for shift, mask, field in zip(_SHIFTS, _MASKS, _FIELDS, strict=True):
        if shift:
            f.srli(_T, _W, shift)
        f.and_(_T, _T if shift else _W, mask)
        if weighted:
            f.mull(_T, _T, _FREE)
        f.add(field, field, _T)


def _store_channels(f: Function, high_byte_first: bool) -> None:
    first, second, third = _FIELDS
    f.srli(_T, third, 8)
    f.and_(_T, _T, _BYTES)
    f.mull(_T, _T, _33)
    f.srli(_FREE, second, 9)
    f.and_(_FREE, _FREE, _SIX_BITS)
    f.addx8(_T, _FREE, _T)
    _store_channel(f, 0, high_byte_first)
    f.srli(_T, first, 9)
    f.and_(_T, _T, _SIX_BITS)
    f.slli(_FREE, _T, 6)
    f.add(_T, _T, _FREE)
    f.and_(_FREE, third, _BYTES)
    f.addx4(_T, _FREE, _T)
    _store_channel(f, 4, high_byte_first)
    f.and_(_T, second, _BYTES)
    f.mull(_T, _T, _33)
    f.and_(_FREE, first, _SIX_BITS)
    f.addx8(_T, _FREE, _T)
    _store_channel(f, 8, high_byte_first)


def _store_channel(f: Function, at: int, high_byte_first: bool) -> None:
    """The half words of t to the two columns: a reversed word has the first one above."""
    low, high = (at + _COLUMN, at) if high_byte_first else (at, at + _COLUMN)
    f.s16i(_T, _SUMS, low)
    f.extui(_T, _T, 16, 16)
    f.s16i(_T, _SUMS, high)


def across() -> bytes:
    """``across(sums, r, g, b, out, plan)``: a row of int8, a pixel of either half at a time."""
    f = Function((POINTER, INT, INT, INT, POINTER, POINTER))
    sums, out, right, room, unit, left, count, factor = 2, 3, 4, 5, 9, 10, 11, 15
    totals, free = (6, 7, 8), (12, 13, 14)
    side, half = f.local(0), f.local(1)
    t, u, v = free
    f.l32i(v, 1, 20)
    f.l32i(sums, 1, 0)
    f.l32i(out, 1, 16)
    f.l32i(t, v, 4 * OUT)
    f.add(out, out, t)
    f.l32i(count, v, 4 * PIXELS)
    f.addx2(u, count, count)
    f.add(right, out, u)
    f.addx2(t, u, t)
    f.s32i(t, v, 4 * OUT)
    f.l32i(unit, v, 4 * UNIT)
    f.l32i(factor, v, 4 * FACTOR)
    f.l32i(t, v, 4 * SHIFT)
    f.ssr(t)
    f.l32i(t, v, 4 * SIDE)
    f.s32i(t, 1, side)
    # Half of what is divided by, in both half words.
    f.mull(t, t, t)
    f.srli(t, t, 1)
    f.slli(u, t, 16)
    f.or_(t, t, u)
    f.s32i(t, 1, half)
    f.movi(left, 0)

    f.label("pixel")
    f.l32i(room, 1, side)
    f.l32i(totals[0], 1, half)
    f.mov(totals[1], totals[0])
    f.mov(totals[2], totals[0])
    f.beqz(left, "whole")
    _add_part(f, sums, left, totals, free)
    f.addi(sums, sums, _COLUMN)
    f.sub(room, room, left)
    f.label("whole")
    _add_whole(f, sums, room, unit, totals, (left, *free))
    f.movi(left, 0)
    f.beqz(room, "store")
    _add_part(f, sums, room, totals, free)
    f.sub(left, unit, room)
    f.label("store")
    for channel, total in enumerate(totals):
        for to, first_bit in ((out, 0), (right, 16)):
            f.extui(t, total, first_bit, 16)
            f.mull(t, t, factor)
            f.srl(t, t)
            f.addi(t, t, -128)
            f.s8i(t, to, channel)
    f.addi(out, out, 3)
    f.addi(right, right, 3)
    f.addi(count, count, -1)
    f.bnez(count, "pixel")
    return f.finish()


_Three = tuple[int, int, int]


def _add_part(f: Function, sums: int, weight: int, totals: _Three, free: _Three) -> None:
    """A column's sums by their weight."""
    for channel, register in enumerate(free):
        f.l32i(register, sums, 4 * channel)
    for register in free:
        f.mull(register, register, weight)
    for total, register in zip(totals, free, strict=True):
        f.add(total, total, register)


def _add_whole(
    f: Function, sums: int, room: int, unit: int, totals: _Three, free: tuple[int, int, int, int]
) -> None:
    """As many whole columns as there is room for; what it leaves stays in ``room``."""
    t, *channels = free
    f.quos(t, room, unit)
    f.mull(channels[0], t, unit)
    f.sub(room, room, channels[0])
    for register in channels:
        f.movi(register, 0)
    f.s32i(unit, 1, f.local(2))
    f.loopnez(t, "added")
    for channel, register in enumerate(channels):
        f.l32i(unit, sums, 4 * channel)
        f.add(register, register, unit)
    f.addi(sums, sums, _COLUMN)
    f.label("added")
    f.l32i(unit, 1, f.local(2))
    for total, register in zip(totals, channels, strict=True):
        f.mull(register, register, unit)
        f.add(total, total, register)


def programs() -> tuple[bytes, ...]:
    """As they stand in agent/vision/mac16_rows.py."""
    return columns(high_byte_first=True), columns(high_byte_first=False), across()
