"""Functions for boards with an Xtensa core, as MicroPython calls those of the native kind."""

from collections.abc import Sequence
from itertools import count

from tinyteach.native.xtensa import Assembler

# How the runtime reads an argument (py/runtime0.h), and places in its table (py/nativeglue.h).
INT, POINTER = 2, 5
_NONE, _CONVERT = 0, 3
# In memory: the context of a function (py/objfun.h), and its constants, whose first is that table
# (py/bc.h).
_CONTEXT, _CONSTANTS = 4, 12
# Locals begin at the stack pointer; the last 32 bytes of a frame are the callers' registers.
_FRAME_BYTES = 128


class Function(Assembler):
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

    def answer(self) -> None:
        """Return None."""
        self.l32i(2, 1, self._none)
        self.retw()

    def finish(self) -> bytes:
        self.answer()
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

    def scale(
        self, x: int, free: tuple[int, int, int], factor: int, upper: int, right: int
    ) -> None:
        """x * multiplier >> 31, rounded half up, then >> right + 1, halves away from zero.

        ``factor`` holds the multiplier's lower half, ``upper`` is the place in the frame of the
        other; ``right`` of -1 and below: that is all. Of 16-bit halves, as viper_requantise does
        it: MULSH would be shorter, but no core of QEMU has it.
        """
        t, u, w = free
        rounded = self.new_label()
        self.extui(t, x, 0, 16)
        self.srai(x, x, 16)
        self.mull(u, t, factor)
        self.extui(u, u, 16, 16)
        self.mull(w, x, factor)
        self.add(u, u, w)
        self.l32i(w, 1, upper)
        self.mull(t, t, w)
        self.mull(x, x, w)
        self.extui(w, u, 0, 16)
        self.add(t, t, w)
        self.srai(u, u, 16)
        self.add(x, x, u)
        self.addmi(t, t, 0x4000)
        self.srai(t, t, 15)
        self.addx2(x, x, t)
        self.bltz(right, rounded)
        self.srai(t, x, 31)
        self.add(x, x, t)
        self.ssr(right)
        self.sra(x, x)
        self.addi(x, x, 1)
        self.srai(x, x, 1)
        self.label(rounded)
