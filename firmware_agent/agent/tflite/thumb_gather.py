"""The patches that thumb_dot multiplies: bytes as they are, moved four at a time.

Inline assembler; what MicroPython's lacks stands in ``data``, as in thumb_dot.
"""


@micropython.asm_thumb
def gather(r0, r1, r2, r3):
    """Copy what lies under windows, pixel by pixel and row by row; padding is the zero point.

    r0: the int8 input. r1: patches. r3: the first pixel. r2: int32 pixels, pixels of an output
    row, input rows, bytes of one, bytes of a filter row, filter rows, bytes from window to window,
    input rows from window to window, padding above in rows, at the left in bytes, four times the
    zero point.
    """
    push({r8, r9, r10, r11})
    ldr(r4, [r2, 4])
    udiv(r5, r3, r4)
    mul(r4, r5)
    sub(r3, r3, r4)
    ldr(r6, [r2, 0])
    mov(r7, r0)
    # sp: x; + 4: y; + 8: pixels to go; + 12: the input; + 16: where the window's row begins in it
    push({r0, r1})
    push({r3, r5, r6, r7})
    ldr(r6, [r2, 40])

    label(PIXEL)
    # r8, r9, r10: bytes of a row before, inside and behind the input
    # r11: rows to go; r12: which row of the input
    data(2, 0x9800)  # ldr r0, [sp]
    ldr(r3, [r2, 24])
    mul(r0, r3)
    ldr(r3, [r2, 36])
    sub(r0, r0, r3)
    data(2, 0x9F01)  # ldr r7, [sp, 4]
    ldr(r3, [r2, 28])
    mul(r7, r3)
    ldr(r3, [r2, 32])
    sub(r7, r7, r3)
    mov(r12, r7)
    ldr(r5, [r2, 12])
    mul(r7, r5)
    add(r7, r7, r0)
    data(2, 0x9B03)  # ldr r3, [sp, 12]
    add(r7, r7, r3)
    data(2, 0x9704)  # str r7, [sp, 16]
    mov(r3, 0)
    cmp(r0, 0)
    bge(LEFT_INSIDE)
    sub(r3, r3, r0)
    label(LEFT_INSIDE)
    mov(r8, r3)
    ldr(r7, [r2, 16])
    add(r4, r0, r7)
    sub(r4, r4, r5)
    bge(RIGHT_OUTSIDE)
    mov(r4, 0)
    label(RIGHT_OUTSIDE)
    mov(r10, r4)
    sub(r7, r7, r3)
    sub(r7, r7, r4)
    mov(r9, r7)
    ldr(r7, [r2, 20])
    mov(r11, r7)

    label(ROW)
    mov(r4, r12)
    ldr(r5, [r2, 8])
    cmp(r4, r5)
    bcs(OUTSIDE)  # without signs: rows above the input too
    mov(r3, r8)
    bl(FILL)
    data(2, 0x9804)  # ldr r0, [sp, 16]
    mov(r4, r8)
    add(r0, r0, r4)
    mov(r3, r9)
    sub(r3, 16)
    blt(WORDS)
    label(SIXTEEN)
    data(2, 0xF850, 0x4B04, 0xF850, 0x5B04)  # ldr r4, [r0], 4; ldr r5, [r0], 4
    data(2, 0xF841, 0x4B04, 0xF841, 0x5B04)  # str r4, [r1], 4; str r5, [r1], 4
    data(2, 0xF850, 0x4B04, 0xF850, 0x5B04)
    data(2, 0xF841, 0x4B04, 0xF841, 0x5B04)
    sub(r3, 16)
    bge(SIXTEEN)
    label(WORDS)
    add(r3, 12)
    blt(BYTES)
    label(FOUR)
    data(2, 0xF850, 0x4B04, 0xF841, 0x4B04)  # ldr r4, [r0], 4; str r4, [r1], 4
    sub(r3, 4)
    bge(FOUR)
    label(BYTES)
    add(r3, 4)
    beq(BEHIND)
    label(ONE)
    data(2, 0xF810, 0x4B01, 0xF801, 0x4B01)  # ldrb r4, [r0], 1; strb r4, [r1], 1
    sub(r3, 1)
    bne(ONE)
    label(BEHIND)
    mov(r3, r10)
    bl(FILL)
    b(NEXT)
    label(OUTSIDE)
    ldr(r3, [r2, 16])
    bl(FILL)

    label(NEXT)
    data(2, 0x9804)  # ldr r0, [sp, 16]
    ldr(r5, [r2, 12])
    add(r0, r0, r5)
    data(2, 0x9004)  # str r0, [sp, 16]
    mov(r4, r12)
    add(r4, 1)
    mov(r12, r4)
    mov(r4, r11)
    sub(r4, 1)
    mov(r11, r4)
    bne(ROW)

    data(2, 0x9800)  # ldr r0, [sp]
    add(r0, 1)
    ldr(r5, [r2, 4])
    cmp(r0, r5)
    bne(SAME_ROW)
    data(2, 0x9F01)  # ldr r7, [sp, 4]
    add(r7, 1)
    data(2, 0x9701)  # str r7, [sp, 4]
    mov(r0, 0)
    label(SAME_ROW)
    data(2, 0x9000)  # str r0, [sp]
    data(2, 0x9802)  # ldr r0, [sp, 8]
    sub(r0, 1)
    data(2, 0x9002)  # str r0, [sp, 8]
    bne_w(PIXEL)
    b(DONE)

    label(FILL)
    # r3 bytes of r6
    sub(r3, 4)
    blt(FILL_BYTES)
    label(FILL_FOUR)
    data(2, 0xF841, 0x6B04)  # str r6, [r1], 4
    sub(r3, 4)
    bge(FILL_FOUR)
    label(FILL_BYTES)
    add(r3, 4)
    beq(FILLED)
    label(FILL_ONE)
    data(2, 0xF801, 0x6B01)  # strb r6, [r1], 1
    sub(r3, 1)
    bne(FILL_ONE)
    label(FILLED)
    bx(lr)

    label(DONE)
    data(2, 0xB006)  # add sp, 24
    pop({r8, r9, r10, r11})
    mov(r0, 0)
