"""From sums to int8 on cores with the DSP extension, in inline assembler.

SMMULR multiplies to 64 bits, adds half of the lower word and keeps the upper one. Of twice the sum,
and a 31-bit multiplier, that is their product >> 31, rounded half up: LiteRT's first step. What
MicroPython's assembler lacks stands in ``data``, as in thumb_dot.
"""


@micropython.asm_thumb
def requantise(r0, r1, r2, r3):
    """int8 outputs of some pixels; sums must be below 2**30.

    r0: int32 sums, a row of channels for each pixel. r1: the int8 output. r2: int32 channels,
    pixels, where in the output they begin, zero point, lowest and highest result. r3: each
    channel's int32 multiplier, then as bytes by how many bits less one it shifts right.
    """
    push({r8, r9, r10, r11})
    ldr(r4, [r2, 8])
    add(r1, r1, r4)
    ldr(r4, [r2, 12])
    mov(r8, r4)
    ldr(r4, [r2, 16])
    mov(r9, r4)
    ldr(r4, [r2, 20])
    mov(r10, r4)
    ldr(r4, [r2, 4])
    mov(r11, r4)
    ldr(r4, [r2, 0])
    mov(r12, r4)

    label(PIXEL)
    mov(r5, r3)
    mov(r7, r12)
    lsl(r6, r7, 2)
    add(r6, r6, r3)

    label(VALUE)
    data(2, 0xF850, 0x2B04)  # ldr r2, [r0], 4
    data(2, 0xF855, 0xEB04)  # ldr lr, [r5], 4
    data(2, 0xF816, 0x4B01)  # ldrb r4, [r6], 1
    lsl(r2, r2, 1)
    data(2, 0xFB52, 0xF21E)  # smmulr r2, r2, lr
    # Halves go away from zero.
    data(2, 0xEB02, 0x72E2)  # add r2, r2, r2, asr 31
    asr(r2, r4)
    add(r2, 1)
    data(2, 0xEB08, 0x0262)  # add r2, r8, r2, asr 1
    data(2, 0x454A, 0xBFB8, 0x464A)  # cmp r2, r9; it lt; movlt r2, r9
    data(2, 0x4552, 0xBFC8, 0x4652)  # cmp r2, r10; it gt; movgt r2, r10
    data(2, 0xF801, 0x2B01)  # strb r2, [r1], 1
    sub(r7, 1)
    bne(VALUE)
    data(2, 0xF1BB, 0x0B01)  # subs r11, r11, 1
    bne(PIXEL)
    pop({r8, r9, r10, r11})
    mov(r0, 0)
