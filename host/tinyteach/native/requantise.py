"""From sums to int8, as machine code: one product where that decides, LiteRT's steps where not.

LiteRT multiplies a sum by a 31-bit multiplier, takes 31 bits off, rounded, then ``rs`` more, halves
away from zero. That is the floor of P = (x * multiplier + c) / 2**(31 + rs) + zero, with c =
2**(30 + rs) + 2**30, or less 2**30, below zero. With 24 bits behind the point a factor of
multiplier / 2**(7 + rs), rounded, makes x * factor + 2**23 instead, which differs by no more than
``E`` = |x| / 2 + 2**(23 - rs). E more is never less than P and at most 2 E too much, so both have
one floor unless what is behind its point is 2 E or less: then the sum goes through LiteRT's steps
(`Function.scale`).

A sum is brought first to between the two that make about the middle of the lowest and of the
highest result, so that nothing overflows and no result need be limited. For ``rs`` from 4 to 13
all that fits, with a quarter of a result to spare; with another every sum goes through the steps.
"""

from collections.abc import Sequence

from tinyteach.native.function import Function
from tinyteach.native.xtensa import ACCLO

# Words that it keeps in the frame.
PLACES = 8
_LEAST_RIGHT, _MOST_RIGHT = 3, 12  # of rs - 1
_ALWAYS = 16  # more than 16 bits behind the point can be


class ToInt8:
    """A channel's sums to int8; ``registers`` are the channel's but for the first two, x and t.

    ``sizes`` is the place of a pointer to numbers of which ``results`` are the lowest result, the
    highest and the zero point; ``multipliers`` and ``shifts`` those of pointers that are moved on.
    """

    def __init__(
        self,
        f: Function,
        registers: Sequence[int],
        places: Sequence[int],
        pointers: tuple[int, int, int],
        results: tuple[int, int, int],
    ) -> None:
        self._f = f
        self.x, self.t, *self._kept = registers
        *self._saved, self._lower, self._upper, self._right = places
        self._sizes, self._multipliers, self._shifts = pointers
        self._results = results
        self._near, self._found = f.new_label(), f.new_label()

    def begin(self) -> None:
        """Take the next channel's multiplier and shift."""
        f, x, t = self._f, self.x, self.t
        factor, origin, near, least, most = self._kept
        far, kept = f.new_label(), f.new_label()
        self._take_multiplier()
        f.movi(least, 1)
        f.slli(least, least, 31)
        f.addi(most, least, -1)
        f.addi(t, near, -_LEAST_RIGHT)
        f.bltz(t, far)
        f.addi(t, near, -_MOST_RIGHT - 1)
        f.bgez(t, far)
        f.addi(t, near, 7)
        f.ssr(t)
        f.srl(factor, x)
        f.addi(factor, factor, 1)
        f.srli(factor, factor, 1)
        f.movi(origin, 1)
        f.slli(origin, origin, 22)
        f.ssr(near)
        f.srl(origin, origin)
        low, high, zero = self._results
        f.l32i(x, 1, self._sizes)
        f.l32i(least, x, 4 * low)
        f.l32i(most, x, 4 * high)
        f.l32i(near, x, 4 * zero)
        for end in (least, most):
            f.sub(end, end, near)
            f.slli(end, end, 22)
            f.quos(end, end, factor)
            f.slli(end, end, 2)
        f.neg(x, least)
        f.max(x, x, most)
        f.srai(x, x, 1)
        f.add(origin, origin, x)
        f.addi(origin, origin, 2)  # E
        f.slli(x, near, 1)
        f.addi(x, x, 1)
        f.slli(x, x, 23)
        f.srai(near, origin, 7)
        f.addi(near, near, 1)
        f.add(origin, origin, x)
        f.j(kept)
        f.label(far)
        f.movi(near, 1)
        f.slli(near, near, _ALWAYS)
        f.label(kept)
        for register, place in zip(self._kept, self._saved, strict=True):
            f.s32i(register, 1, place)

    def _take_multiplier(self) -> None:
        """Into x, by how many bits less one it shifts right into ``near``; both kept, too."""
        f, x, t, near = self._f, self.x, self.t, self._kept[2]
        f.l32i(t, 1, self._multipliers)
        f.l32i(x, t)
        f.addi(t, t, 4)
        f.s32i(t, 1, self._multipliers)
        f.srai(t, x, 16)
        f.s32i(t, 1, self._upper)
        f.extui(t, x, 0, 16)
        f.s32i(t, 1, self._lower)
        f.l32i(t, 1, self._shifts)
        f.l8ui(near, t)
        f.addi(t, t, 1)
        f.s32i(t, 1, self._shifts)
        f.movi(t, 31)
        f.sub(near, t, near)
        f.s32i(near, 1, self._right)

    def store(self, out: int, step: int) -> None:
        """The unit's sum to int8, to where ``out`` points when ``step`` more is added to it."""
        f, x, t = self._f, self.x, self.t
        factor, origin, near, least, most = self._kept
        f.rsr(x, ACCLO)
        f.min(x, x, most)
        f.max(x, x, least)
        f.mull(t, x, factor)
        f.add(out, out, step)
        f.add(t, t, origin)
        f.extui(x, t, 8, 16)
        f.blt(x, near, self._near)
        f.srai(t, t, 24)
        f.label(self._found)
        f.s8i(t, out)

    def exactly(self) -> None:
        """Where `store` goes and comes back from: what one product does not decide."""
        f, x, t = self._f, self.x, self.t
        factor, u, w, right, most = self._kept
        shifted = f.new_label()
        f.label(self._near)
        f.rsr(x, ACCLO)
        f.min(x, x, most)
        f.max(x, x, right)
        f.l32i(factor, 1, self._lower)
        f.l32i(right, 1, self._right)
        f.bgez(right, shifted)
        f.movi(t, -1)
        f.sub(t, t, right)
        f.ssl(t)
        f.sll(x, x)
        f.label(shifted)
        f.scale(x, (t, u, w), factor, self._upper, right)
        low, high, zero = self._results
        f.l32i(t, 1, self._sizes)
        f.l32i(u, t, 4 * zero)
        f.l32i(w, t, 4 * low)
        f.l32i(most, t, 4 * high)
        f.add(x, x, u)
        f.max(x, x, w)
        f.min(t, x, most)
        for register, place in zip(self._kept, self._saved, strict=True):
            f.l32i(register, 1, place)
        f.j(self._found)
