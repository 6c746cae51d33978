"""What a program needs in the machine code of Cortex-M: see machine.py.

Written in MicroPython's inline assembler, so that mpy-cross makes it. QEMU runs the instructions of
Armv7E-M on a core of Armv7-A, which has them too.
"""

from core import NO_ATTRIBUTE, REFUSED, Core
from inline_assembler import assembled

# Linux for Arm: the number in r7, arguments from r0 on; SVC 0.
_SOURCE = """
def driver():
    label(NEXT)
    ldr(r0, [r4, 0])
    ldr(r1, [r4, 4])
    ldr(r2, [r4, 8])
    ldr(r3, [r4, 12])
    add(r4, 16)
    cmp(r0, 0)
    beq(READ)
    cmp(r0, 1)
    beq(WRITE)
    cmp(r0, 2)
    beq(COPY)
    cmp(r0, 3)
    beq(CALL)
    cmp(r0, 4)
    beq(AGAIN)
    mov(r5, r4)
    b(NEXT)
    label(AGAIN)
    mov(r4, r5)
    b(NEXT)
    label(READ)
    mov(r6, r2)
    mov(r0, 0)
    mov(r7, 3)
    data(2, 0xDF00)
    cmp(r0, r6)
    beq(NEXT)
    mov(r0, 0)
    mov(r7, 1)
    data(2, 0xDF00)
    label(WRITE)
    mov(r0, 1)
    mov(r7, 4)
    data(2, 0xDF00)
    b(NEXT)
    label(COPY)
    ldrb(r0, [r2, 0])
    strb(r0, [r1, 0])
    add(r2, 1)
    add(r1, 1)
    sub(r3, 1)
    bne(COPY)
    b(NEXT)
    label(CALL)
    mov(r6, r1)
    ldr(r0, [r6, 0])
    ldr(r1, [r6, 4])
    ldr(r2, [r6, 8])
    ldr(r3, [r6, 12])
    ldr(r7, [r6, 16])
    data(2, 0x47B8)  # blx r7
    ldr(r7, [r6, 20])
    str(r0, [r7, 0])
    b(NEXT)

def identity():
    nop()

def load_attr(r0, r1):
    label(NEXT)
    ldr(r2, [r0, 0])
    cmp(r2, r1)
    beq(FOUND)
    add(r0, 8)
    add(r2, 1)
    bne(NEXT)
    mov(r0, %d)
    mov(r7, 1)
    data(2, 0xDF00)
    label(FOUND)
    ldr(r0, [r0, 4])

def subscript(r0, r1):
    lsl(r1, r1, 2)
    add(r0, r0, r1)
    ldr(r0, [r0, 0])

def quotient(r0, r1):
    sdiv(r2, r0, r1)
    mov(r3, r2)
    mul(r3, r1)
    sub(r3, r0, r3)
    beq(EXACT)
    mov(r4, r3)
    eor(r4, r1)
    cmp(r4, 0)
    bge(EXACT)
    sub(r2, 1)
    label(EXACT)
    mov(r0, r2)

def remainder(r0, r1):
    sdiv(r2, r0, r1)
    mul(r2, r1)
    sub(r0, r0, r2)
    beq(EXACT)
    mov(r3, r0)
    eor(r3, r1)
    cmp(r3, 0)
    bge(EXACT)
    add(r0, r0, r1)
    label(EXACT)
    nop()
"""
_REFUSAL = """
def refusal():
    mov(r0, %d)
    mov(r7, 1)
    data(2, 0xDF00)
"""


def _core(march: str, cpu: str) -> Core:
    return Core(
        march=march,
        qemu="qemu-arm",
        cpu=cpu,
        machine=40,
        flags=0x05000000,
        # LDR r4 of the word behind a jump over it.
        start=b"\x00\x4c\x01\xe0" + bytes(4),
        place=4,
        entry=0,
        functions=assembled("asm_thumb", march, _SOURCE % NO_ATTRIBUTE),
        refusal=lambda index: assembled("asm_thumb", march, _REFUSAL % (REFUSED + index))[
            "refusal"
        ],
        code_offset=1,
    )


CORTEX_M7 = _core("armv7emdp", "max")
