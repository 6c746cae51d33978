"""ADD for ESP32 and ESP32-S3, as machine code: what viper_elementwise does."""

from tinyteach.native.function import POINTER, Function

# What ``sizes`` holds, int32 each: elements, the results' range and zero point, the multiplier of
# the sum and by how many bits less one it is shifted right; then of each input its zero point,
# multiplier and the same.
ELEMENTS, LOW, HIGH, ZERO, FACTOR, RIGHT = range(6)
INPUTS = (6, 9)
_LEFT_SHIFT = 20  # of an input before it is scaled (agent/tflite/ops.py)
_A, _B, _OUT, _SIZES, _TABLES = 0, 4, 8, 12, (16, 20)


def add() -> bytes:
    """``add(a, b, target, sizes, table, table2)``: int8; tables of 256 words for each input."""
    f = Function((POINTER,) * 6)
    for table, start in zip(_TABLES, INPUTS, strict=True):
        _fill_table(f, table, start)
    w, a, x, t, u, b, factor, right, out, table, table2, high, low, zero = range(2, 16)
    upper = f.local(0)
    f.l32i(t, 1, _SIZES)
    _take_factor(f, t, FACTOR, factor, right, upper, u)
    f.l32i(low, t, 4 * LOW)
    f.l32i(high, t, 4 * HIGH)
    f.l32i(zero, t, 4 * ZERO)
    f.l32i(x, t, 4 * ELEMENTS)
    for register, place in (
        (a, _A),
        (b, _B),
        (out, _OUT),
        (table, _TABLES[0]),
        (table2, _TABLES[1]),
    ):
        f.l32i(register, 1, place)
    f.loopnez(x, "end")
    f.l8ui(x, a)
    f.l8ui(t, b)
    f.addx4(x, x, table)
    f.addx4(t, t, table2)
    f.l32i(x, x)
    f.l32i(t, t)
    f.addi(a, a, 1)
    f.addi(b, b, 1)
    f.add(x, x, t)
    f.scale(x, (t, u, w), factor, upper, right)
    f.add(x, x, zero)
    f.max(x, x, low)
    f.min(x, x, high)
    f.s8i(x, out)
    f.addi(out, out, 1)
    f.label("end")
    return f.finish()


def _take_factor(
    f: Function, sizes: int, at: int, factor: int, right: int, upper: int, free: int
) -> None:
    """A multiplier's halves and its shift, as `Function.scale` has them."""
    f.l32i(factor, sizes, 4 * at)
    f.l32i(right, sizes, 4 * at + 4)
    f.srai(free, factor, 16)
    f.s32i(free, 1, upper)
    f.extui(factor, factor, 0, 16)


def _fill_table(f: Function, table: int, start: int) -> None:
    """What ADD makes of each byte of one input before it sums two of them."""
    w, out, x, t, u, value, factor, right, zero = range(2, 11)
    upper, end = f.local(0), f.new_label()
    f.l32i(t, 1, _SIZES)
    f.l32i(zero, t, 4 * start)
    _take_factor(f, t, start + 1, factor, right, upper, u)
    f.l32i(out, 1, table)
    f.movi(value, 0)
    f.movi(x, 256)
    f.loopnez(x, end)
    f.sext(x, value, 7)
    f.sub(x, x, zero)
    f.slli(x, x, _LEFT_SHIFT)
    f.scale(x, (t, u, w), factor, upper, right)
    f.s32i(x, out)
    f.addi(out, out, 4)
    f.addi(value, value, 1)
    f.label(end)
