"""What a program needs in the machine code of ESP32-C3 and RP2350: see machine.py.

Written in MicroPython's inline assembler, so that mpy-cross makes it.
"""

from core import NO_ATTRIBUTE, REFUSED, Core
from inline_assembler import assembled

# Linux for RISC-V: the number in a7, arguments from a0 on; ECALL is 0x73.
_SOURCE = """
def driver():
    label(next)
    lw(t0, 0(s2))
    lw(a1, 4(s2))
    lw(a2, 8(s2))
    lw(a3, 12(s2))
    addi(s2, s2, 16)
    beq(t0, zero, read)
    addi(t0, t0, -1)
    beq(t0, zero, write)
    addi(t0, t0, -1)
    beq(t0, zero, copy)
    addi(t0, t0, -1)
    beq(t0, zero, call)
    addi(t0, t0, -1)
    beq(t0, zero, again)
    mv(s3, s2)
    jal(zero, next)
    label(again)
    mv(s2, s3)
    jal(zero, next)
    label(read)
    mv(s4, a2)
    li(a0, 0)
    li(a7, 63)
    data(4, 0x73)
    beq(a0, s4, next)
    li(a0, 0)
    li(a7, 93)
    data(4, 0x73)
    label(write)
    li(a0, 1)
    li(a7, 64)
    data(4, 0x73)
    jal(zero, next)
    label(copy)
    lbu(t0, 0(a2))
    sb(t0, 0(a1))
    addi(a1, a1, 1)
    addi(a2, a2, 1)
    addi(a3, a3, -1)
    bne(a3, zero, copy)
    jal(zero, next)
    label(call)
    mv(s4, a1)
    lw(a0, 0(s4))
    lw(a1, 4(s4))
    lw(a2, 8(s4))
    lw(a3, 12(s4))
    lw(t0, 16(s4))
    jalr(ra, t0, 0)
    lw(t0, 20(s4))
    sw(a0, 0(t0))
    jal(zero, next)

def identity():
    addi(a0, a0, 0)

def load_attr(a0, a1):
    label(next)
    lw(a2, 0(a0))
    beq(a2, a1, found)
    addi(a0, a0, 8)
    addi(a2, a2, 1)
    bne(a2, zero, next)
    li(a0, %d)
    li(a7, 93)
    data(4, 0x73)
    label(found)
    lw(a0, 4(a0))

def subscript(a0, a1):
    slli(a1, a1, 2)
    add(a0, a0, a1)
    lw(a0, 0(a0))

def quotient(a0, a1):
    div(a2, a0, a1)
    rem(a3, a0, a1)
    beq(a3, zero, exact)
    xor(a3, a3, a1)
    bge(a3, zero, exact)
    addi(a2, a2, -1)
    label(exact)
    mv(a0, a2)

def remainder(a0, a1):
    rem(a0, a0, a1)
    beq(a0, zero, exact)
    xor(a3, a0, a1)
    bge(a3, zero, exact)
    add(a0, a0, a1)
    label(exact)
    mv(a0, a0)
"""
_REFUSAL = """
def refusal():
    li(a0, %d)
    li(a7, 93)
    data(4, 0x73)
"""


def _core(march: str) -> Core:
    return Core(
        march=march,
        qemu="qemu-riscv32",
        cpu="rv32",
        machine=243,
        flags=1,  # compressed instructions
        # AUIPC t0; LW s2, 12(t0); JAL over the word.
        start=bytes.fromhex("97020000 03a9c200 6f008000 00000000"),
        place=12,
        entry=0,
        functions=assembled("asm_rv32", march, _SOURCE % NO_ATTRIBUTE),
        refusal=lambda index: assembled("asm_rv32", march, _REFUSAL % (REFUSED + index))["refusal"],
    )


ESP32_C3 = _core("rv32imc")
