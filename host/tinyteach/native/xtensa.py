"""An assembler of the Xtensa instructions that kernels need.

Encodings are those of the Xtensa Instruction Set Architecture Reference Manual, chapter 6. Beyond
the core's they are of its options for windowed registers, loops, MAC16, 32-bit products and
quotients, and miscellaneous operations, which ESP32 and ESP32-S3 have (esp-idf,
components/xtensa/<chip>/include/xtensa/config/core-isa.h). Instructions are of 24 bits.
"""

from collections.abc import Callable

# Special registers: the low half of MAC16's accumulator, and M0.
ACCLO, M0 = 16, 32
_BRANCH_REACH, _LOOP_REACH = range(-128, 128), range(256)


class Assembler:
    """Instructions one after the other; registers are numbers, 0 to 15, labels any text.

    ValueError for what no instruction can hold: it is a mistake in the program.
    """

    def __init__(self) -> None:
        self._words: list[int | Callable[[int], int]] = []
        self._labels: dict[str, int] = {}

    def code(self) -> bytes:
        """The machine code, all labels resolved."""
        words = [
            word(3 * index) if callable(word) else word for index, word in enumerate(self._words)
        ]
        return b"".join(word.to_bytes(3, "little") for word in words)

    def label(self, name: str) -> None:
        if name in self._labels:
            raise ValueError(f"label {name!r} stands twice")
        self._labels[name] = 3 * len(self._words)

    def _emit(self, word: int | Callable[[int], int]) -> None:
        self._words.append(word)

    def _rrr(self, op2: int, op1: int, r: int, s: int, t: int, op0: int = 0) -> None:
        self._emit(op2 << 20 | op1 << 16 | r << 12 | s << 8 | t << 4 | op0)

    def _rri8(self, imm: int, r: int, s: int, t: int, op0: int = 2) -> None:
        self._emit((imm & 255) << 16 | r << 12 | s << 8 | t << 4 | op0)

    def _target(self, name: str, at: int, reach: range) -> int:
        distance = self._labels[name] - at - 4
        if distance not in reach:
            raise ValueError(f"label {name!r} is {distance} bytes away")
        return distance

    # Loads, stores, constants: offsets in bytes.
    def l8ui(self, t: int, s: int, offset: int = 0) -> None:
        self._rri8(_within(offset, range(256)), 0, s, t)

    def l32i(self, t: int, s: int, offset: int = 0) -> None:
        self._rri8(_within(offset, range(0, 1024, 4)) // 4, 2, s, t)

    def s8i(self, t: int, s: int, offset: int = 0) -> None:
        self._rri8(_within(offset, range(256)), 4, s, t)

    def s16i(self, t: int, s: int, offset: int = 0) -> None:
        self._rri8(_within(offset, range(0, 512, 2)) // 2, 5, s, t)

    def s32i(self, t: int, s: int, offset: int = 0) -> None:
        self._rri8(_within(offset, range(0, 1024, 4)) // 4, 6, s, t)

    def movi(self, t: int, value: int) -> None:
        _within(value, range(-2048, 2048))
        self._rri8(value & 255, 10, value >> 8 & 15, t)

    # Arithmetic: the result's register first.
    def addi(self, t: int, s: int, value: int) -> None:
        self._rri8(_within(value, range(-128, 128)), 12, s, t)

    def addmi(self, t: int, s: int, value: int) -> None:
        self._rri8(_within(value, range(-32768, 32768, 256)) // 256, 13, s, t)

    def add(self, r: int, s: int, t: int) -> None:
        self._rrr(8, 0, r, s, t)

    def addx2(self, r: int, s: int, t: int) -> None:
        """r = 2 * s + t."""
        self._rrr(9, 0, r, s, t)

    def addx4(self, r: int, s: int, t: int) -> None:
        """r = 4 * s + t."""
        self._rrr(10, 0, r, s, t)

    def addx8(self, r: int, s: int, t: int) -> None:
        """r = 8 * s + t."""
        self._rrr(11, 0, r, s, t)

    def sub(self, r: int, s: int, t: int) -> None:
        self._rrr(12, 0, r, s, t)

    def neg(self, r: int, t: int) -> None:
        self._rrr(6, 0, r, 0, t)

    def and_(self, r: int, s: int, t: int) -> None:
        self._rrr(1, 0, r, s, t)

    def or_(self, r: int, s: int, t: int) -> None:
        self._rrr(2, 0, r, s, t)

    def xor(self, r: int, s: int, t: int) -> None:
        self._rrr(3, 0, r, s, t)

    def mov(self, r: int, s: int) -> None:
        self.or_(r, s, s)

    def mull(self, r: int, s: int, t: int) -> None:
        self._rrr(8, 2, r, s, t)

    def quos(self, r: int, s: int, t: int) -> None:
        """s / t, towards zero."""
        self._rrr(13, 2, r, s, t)

    def rems(self, r: int, s: int, t: int) -> None:
        self._rrr(15, 2, r, s, t)

    def sext(self, r: int, s: int, bit: int) -> None:
        """Bit ``bit``, 7 to 22, is the sign."""
        self._rrr(2, 3, r, s, _within(bit, range(7, 23)) - 7)

    def min(self, r: int, s: int, t: int) -> None:
        self._rrr(4, 3, r, s, t)

    def max(self, r: int, s: int, t: int) -> None:
        self._rrr(5, 3, r, s, t)

    # Shifts.
    def slli(self, r: int, s: int, count: int) -> None:
        amount = 32 - _within(count, range(1, 32))
        self._rrr(amount >> 4, 1, r, s, amount & 15)

    def srai(self, r: int, t: int, count: int) -> None:
        _within(count, range(32))
        self._rrr(2 | count >> 4, 1, r, count & 15, t)

    def srli(self, r: int, t: int, count: int) -> None:
        self._rrr(4, 1, r, _within(count, range(16)), t)

    def extui(self, r: int, t: int, shift: int, bits: int) -> None:
        """``bits``, 1 to 16, from bit ``shift`` on, unsigned."""
        _within(shift, range(32))
        self._rrr(_within(bits, range(1, 17)) - 1, 4 | shift >> 4, r, shift & 15, t)

    def ssr(self, s: int) -> None:
        """Let SRA, SRL and SRC shift right by s, 0 to 31."""
        self._rrr(4, 0, 0, s, 0)

    def ssl(self, s: int) -> None:
        """Let SLL shift left by s, 0 to 31."""
        self._rrr(4, 0, 1, s, 0)

    def sll(self, r: int, s: int) -> None:
        self._rrr(10, 1, r, s, 0)

    def sra(self, r: int, t: int) -> None:
        self._rrr(11, 1, r, 0, t)

    def srl(self, r: int, t: int) -> None:
        self._rrr(9, 1, r, 0, t)

    def src(self, r: int, s: int, t: int) -> None:
        """s and t as one number, t below, shifted right; the lower half."""
        self._rrr(8, 1, r, s, t)

    # MAC16: w is 0 to 3, the register m0 to m3 that is loaded; x is m0 or m1, y m2 or m3.
    def wsr(self, t: int, register: int) -> None:
        self._rrr(1, 3, register >> 4, register & 15, t)

    def rsr(self, t: int, register: int) -> None:
        self._rrr(0, 3, register >> 4, register & 15, t)

    def ldinc(self, w: int, s: int) -> None:
        """s += 4, then load two int16 from there."""
        self._rrr(8, 0, _within(w, range(4)), s, 0, 4)

    def mula_dd_ldinc(self, halves: str, w: int, s: int, x: int, y: int) -> None:
        """The same, and load w as `ldinc` does, after x and y were read."""
        r = _within(x, (0, 1)) << 2 | _within(w, range(4))
        self._mula(0, halves, r, s, (_within(y, (2, 3)) - 2) << 2)

    def mula_dd(self, halves: str, x: int, y: int) -> None:
        self._mula(2, halves, _within(x, (0, 1)) << 2, 0, (_within(y, (2, 3)) - 2) << 2)

    def mula_aa(self, halves: str, s: int, t: int) -> None:
        """Of halves of two address registers."""
        self._mula(7, halves, 0, s, t)

    def mula_ad(self, halves: str, s: int, y: int) -> None:
        """The first factor is a half of an address register."""
        self._mula(3, halves, 0, s, (_within(y, (2, 3)) - 2) << 2)

    def mula_da_ldinc(self, halves: str, w: int, s: int, x: int, t: int) -> None:
        """The second factor is a half of an address register; load w as well."""
        self._mula(4, halves, _within(x, (0, 1)) << 2 | _within(w, range(4)), s, t)

    def _mula(self, op2: int, halves: str, r: int, s: int, t: int) -> None:
        self._rrr(op2, 8 | _HALVES[halves], r, s, t, 4)

    # Where to go on.
    def beq(self, s: int, t: int, to: str) -> None:
        self._branch(1, s, t, to)

    def blt(self, s: int, t: int, to: str) -> None:
        self._branch(2, s, t, to)

    def bne(self, s: int, t: int, to: str) -> None:
        self._branch(9, s, t, to)

    def bge(self, s: int, t: int, to: str) -> None:
        self._branch(10, s, t, to)

    def _branch(self, r: int, s: int, t: int, to: str) -> None:
        self._emit(
            lambda at: (
                (self._target(to, at, _BRANCH_REACH) & 255) << 16 | r << 12 | s << 8 | t << 4 | 7
            )
        )

    def beqz(self, s: int, to: str) -> None:
        self._branch_zero(1, s, to)

    def bnez(self, s: int, to: str) -> None:
        self._branch_zero(5, s, to)

    def bltz(self, s: int, to: str) -> None:
        self._branch_zero(9, s, to)

    def bgez(self, s: int, to: str) -> None:
        self._branch_zero(13, s, to)

    def _branch_zero(self, mn: int, s: int, to: str) -> None:
        reach = range(-2048, 2048)
        self._emit(lambda at: (self._target(to, at, reach) & 0xFFF) << 12 | s << 8 | mn << 4 | 6)

    def j(self, to: str) -> None:
        reach = range(-(1 << 17), 1 << 17)
        self._emit(lambda at: (self._target(to, at, reach) & 0x3FFFF) << 6 | 6)

    def loopnez(self, s: int, end: str) -> None:
        """Repeat what follows, up to the label, s times; without jumps at its ends.

        The first instruction of a loop may not cross a word (GNU as, Xtensa Automatic Alignment;
        XCHAL_INST_FETCH_WIDTH is 4), so code begins at a multiple of four.
        """
        while (3 * len(self._words) + 3) % 4 > 1:
            self.nop()
        self._emit(
            lambda at: self._target(end, at, _LOOP_REACH) << 16 | 9 << 12 | s << 8 | 7 << 4 | 6
        )

    def entry(self, frame_bytes: int) -> None:
        self._emit(_within(frame_bytes, range(0, 32768, 8)) // 8 << 12 | 1 << 8 | 3 << 4 | 6)

    def retw(self) -> None:
        self._emit(0x000090)

    def callx8(self, s: int) -> None:
        self._emit(s << 8 | 0xE0)

    def nop(self) -> None:
        self._emit(0x0020F0)

    def syscall(self) -> None:
        self._emit(0x005000)


_HALVES = {"ll": 0, "hl": 1, "lh": 2, "hh": 3}


def _within(value: int, allowed: range | tuple[int, ...]) -> int:
    if value not in allowed:
        raise ValueError(f"{value} does not fit in an instruction")
    return value
