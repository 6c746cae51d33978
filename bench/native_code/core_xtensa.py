"""What a program needs in the machine code of ESP32 and ESP32-S3: see machine.py.

QEMU's core dc233c has the windowed registers, loops, MAC16 and 32-bit products of Espressif's.
"""

from core import NO_ATTRIBUTE, REFUSED, STDIN, STDOUT, Core

from tinyteach.native.xtensa import Assembler

# Linux for Xtensa, arch/xtensa/kernel/syscalls: the number in a2, arguments in a6, a3, a4.
_EXIT, _READ, _WRITE = 118, 12, 13


def _answer(assembler: Assembler) -> bytes:
    assembler.retw()
    return assembler.code()


def _function() -> Assembler:
    made = Assembler()
    made.entry(32)
    return made


def _exit(f: Assembler, status: int) -> None:
    f.movi(2, _EXIT)
    f.movi(6, status)
    f.syscall()


def _refusal(index: int) -> bytes:
    f = _function()
    _exit(f, REFUSED + index)
    return f.code()


def _identity() -> bytes:
    return _answer(_function())


def _load_attr() -> bytes:
    """An object is its attributes: (name's number, value), a last without one."""
    f = _function()
    f.label("next")
    f.l32i(4, 2)
    f.beq(4, 3, "found")
    f.addi(2, 2, 8)
    f.movi(5, -1)
    f.bne(4, 5, "next")
    _exit(f, NO_ATTRIBUTE)
    f.label("found")
    f.l32i(2, 2, 4)
    return _answer(f)


def _obj_subscr() -> bytes:
    """Items lie one after the other."""
    f = _function()
    f.addx4(2, 3, 2)
    f.l32i(2, 2)
    return _answer(f)


def _divide(*, remainder: bool) -> bytes:
    """Python's // and %: towards minus infinity."""
    f = _function()
    f.quos(4, 2, 3)
    f.rems(5, 2, 3)
    f.beqz(5, "exact")
    f.xor(6, 5, 3)
    f.bgez(6, "exact")
    f.addi(4, 4, -1)
    f.add(5, 5, 3)
    f.label("exact")
    f.mov(2, 5 if remainder else 4)
    return _answer(f)


def _driver() -> bytes:
    """Does what the list at a7 says; ends where nothing is left to read.

    It calls no deeper than the registers reach, so that none need be saved for it.
    """
    f = Assembler()
    f.label("next")
    for register in (2, 3, 4, 5):
        f.l32i(register, 7, 4 * (register - 2))
    f.addi(7, 7, 16)
    for kind, label in enumerate(("read", "write", "copy", "call", "again")):
        f.movi(6, kind)
        f.beq(2, 6, label)
    f.s32i(7, 1)  # a mark
    f.j("next")

    f.label("again")
    f.l32i(7, 1)
    f.j("next")

    f.label("read")
    f.mov(5, 4)
    f.movi(2, _READ)
    f.movi(6, STDIN)
    f.syscall()
    f.beq(2, 5, "next")
    _exit(f, 0)

    f.label("write")
    f.movi(2, _WRITE)
    f.movi(6, STDOUT)
    f.syscall()
    f.j("next")

    f.label("copy")
    f.loopnez(5, "copied")
    f.l8ui(6, 4)
    f.s8i(6, 3)
    f.addi(4, 4, 1)
    f.addi(3, 3, 1)
    f.label("copied")
    f.j("next")

    f.label("call")
    for index in range(4):
        f.l32i(10 + index, 3, 4 * index)
    f.l32i(8, 3, 16)
    f.l32i(6, 3, 20)
    f.callx8(8)
    f.s32i(10, 6)
    f.j("next")
    return f.code()


XTENSA = Core(
    march="xtensawin",
    qemu="qemu-xtensa",
    cpu="dc233c",
    machine=94,
    flags=0,
    # A word for the list's address, and L32R a7 of it.
    start=bytes(4) + b"\x71\xff\xff",
    place=0,
    entry=4,
    functions={
        "driver": _driver(),
        "identity": _identity(),
        "load_attr": _load_attr(),
        "subscript": _obj_subscr(),
        "quotient": _divide(remainder=False),
        "remainder": _divide(remainder=True),
    },
    refusal=_refusal,
)
