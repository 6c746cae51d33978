"""Depthwise convolutions on cores with the DSP extension, in inline assembler.

Four channels at a time, as they lie side by side in inputs and weights: SXTB16 makes two pairs of
16-bit halves of either word, SMLABB and SMLATT multiply halves and add. Sums go to int8 as in
thumb_requantise. What MicroPython's assembler lacks stands in ``data``, as in thumb_dot.
"""


@micropython.asm_thumb
def depthwise(r0, r1, r2, r3):
    """int8 outputs, of as many channels as the input has, four at least; sums below 2**30.

    r0: int8 input. r1: int8 weights, of each tap a row of channels. r2: the int8 output. r3: int32
    channels, pixels, where from r3 on there is room for a pixel of padding, and for addresses,
    pixels of an output row, height and width of the input, strides down and across, padding above
    and at the left, filter rows and columns, four times the padding's byte, zero point, lowest and
    highest result, taps; each channel's bias; its multiplier; as bytes by how many bits less one it
    shifts right; and that room. Of channels that four does not divide some are made twice.
    """
    push({r8, r9, r10, r11})
    # sp + 16: input; + 20: weights; + 24: output; + 28: r3
    push({r0, r1, r2, r3})
    ldr(r4, [r3, 4])
    mov(r5, 0)
    mov(r6, 0)
    # sp: this pixel's output; + 4: pixels to go; + 8: column; + 12: row
    push({r2, r4, r5, r6})
    ldr(r4, [r3, 8])
    add(r4, r4, r3)
    ldr(r5, [r3, 52])
    ldr(r6, [r3, 0])
    label(PADDING)
    str(r5, [r4, 0])
    add(r4, 4)
    sub(r6, 4)
    bgt(PADDING)

    # Where what is under each tap lies, into r7.
    label(PIXEL)
    data(2, 0x9B07)  # ldr r3, [sp, 28]
    ldr(r7, [r3, 12])
    add(r7, r7, r3)
    ldr(r4, [r3, 8])
    add(r4, r4, r3)
    mov(r8, r4)
    data(2, 0x9D03)  # ldr r5, [sp, 12]
    ldr(r4, [r3, 28])
    mul(r5, r4)
    ldr(r4, [r3, 36])
    sub(r5, r5, r4)
    ldr(r4, [r3, 44])
    mov(r9, r4)
    label(ROW)
    data(2, 0x9E02)  # ldr r6, [sp, 8]
    ldr(r4, [r3, 32])
    mul(r6, r4)
    ldr(r4, [r3, 40])
    sub(r6, r6, r4)
    ldr(r4, [r3, 48])
    mov(r10, r4)
    ldr(r2, [r3, 24])
    mul(r2, r5)
    add(r2, r2, r6)
    ldr(r4, [r3, 0])
    mul(r2, r4)
    data(2, 0x9804)  # ldr r0, [sp, 16]
    add(r2, r2, r0)
    label(COLUMN)
    mov(r0, r8)
    ldr(r1, [r3, 20])
    cmp(r5, r1)
    bcs(OUTSIDE)
    ldr(r1, [r3, 24])
    cmp(r6, r1)
    bcs(OUTSIDE)
    mov(r0, r2)
    label(OUTSIDE)
    str(r0, [r7, 0])
    add(r7, 4)
    add(r2, r2, r4)
    add(r6, 1)
    data(2, 0xF1BA, 0x0A01)  # subs r10, r10, 1
    bne(COLUMN)
    add(r5, 1)
    data(2, 0xF1B9, 0x0901)  # subs r9, r9, 1
    bne(ROW)

    mov(r2, 0)
    # r2: the first of four channels; r4 to r7: their sums
    label(CHANNELS)
    data(2, 0x9B07, 0x9905)  # ldr r3, [sp, 28]; ldr r1, [sp, 20]
    lsl(r0, r2, 2)
    add(r0, r0, r3)
    add(r0, 72)
    data(2, 0xC8F0)  # ldm r0!, {r4, r5, r6, r7}
    ldr(r0, [r3, 12])
    add(r0, r0, r3)
    data(2, 0xF8D3, 0xC044)  # ldr r12, [r3, 68]
    ldr(r3, [r3, 0])
    label(TAP)
    data(2, 0xF850, 0xEB04)  # ldr lr, [r0], 4
    data(2, 0xF851, 0xA002, 0xF85E, 0x8002)  # ldr r10, [r1, r2]; ldr r8, [lr, r2]
    data(2, 0xFA2F, 0xFB9A, 0xFA2F, 0xFA8A)  # sxtb16 r11, r10, ror 8; sxtb16 r10, r10
    data(2, 0xFA2F, 0xF998, 0xFA2F, 0xF888)  # sxtb16 r9, r8, ror 8; sxtb16 r8, r8
    data(2, 0xFB18, 0x440A, 0xFB19, 0x550B)  # smlabb r4, r8, r10, r4; smlabb r5, r9, r11, r5
    data(2, 0xFB18, 0x663A, 0xFB19, 0x773B)  # smlatt r6, r8, r10, r6; smlatt r7, r9, r11, r7
    add(r1, r1, r3)
    data(2, 0xF1BC, 0x0C01)  # subs r12, r12, 1
    bne(TAP)
    # r0: multipliers; r1: shifts; r8 to r10: zero point and range; r11: output
    data(2, 0x9807)  # ldr r0, [sp, 28]
    ldr(r1, [r0, 56])
    mov(r8, r1)
    ldr(r1, [r0, 60])
    mov(r9, r1)
    ldr(r1, [r0, 64])
    mov(r10, r1)
    add(r0, 72)
    lsl(r1, r3, 3)
    add(r1, r1, r0)
    add(r1, r1, r2)
    lsl(r3, r3, 2)
    add(r0, r0, r3)
    lsl(r3, r2, 2)
    add(r0, r0, r3)
    data(2, 0x9B00)  # ldr r3, [sp]
    add(r3, r3, r2)
    mov(r11, r3)
    mov(r3, 4)
    label(RESULT)
    data(2, 0xF850, 0xCB04, 0xF811, 0xEB01)  # ldr r12, [r0], 4; ldrb lr, [r1], 1
    lsl(r4, r4, 1)
    data(2, 0xFB54, 0xF41C)  # smmulr r4, r4, r12
    data(2, 0xEB04, 0x74E4)  # add r4, r4, r4, asr 31
    data(2, 0xFA44, 0xF40E)  # asr r4, r4, lr
    add(r4, 1)
    data(2, 0xEB08, 0x0464)  # add r4, r8, r4, asr 1
    data(2, 0x454C, 0xBFB8, 0x464C)  # cmp r4, r9; it lt; movlt r4, r9
    data(2, 0x4554, 0xBFC8, 0x4654)  # cmp r4, r10; it gt; movgt r4, r10
    data(2, 0xF80B, 0x4B01)  # strb r4, [r11], 1
    mov(r4, r5)
    mov(r5, r6)
    mov(r6, r7)
    sub(r3, 1)
    bne(RESULT)
    data(2, 0x9B07)  # ldr r3, [sp, 28]
    ldr(r3, [r3, 0])
    sub(r1, r3, r2)
    sub(r1, 4)
    beq(NEXT)
    add(r2, 4)
    cmp(r1, 4)
    bge(CHANNELS)
    sub(r2, r3, 4)
    b(CHANNELS)

    label(NEXT)
    data(2, 0x9800)  # ldr r0, [sp]
    add(r0, r0, r3)
    data(2, 0x9000, 0x9B07, 0x9802)  # str r0, [sp]; ldr r3, [sp, 28]; ldr r0, [sp, 8]
    add(r0, 1)
    ldr(r1, [r3, 16])
    cmp(r0, r1)
    bne(SAME_ROW)
    data(2, 0x9803)  # ldr r0, [sp, 12]
    add(r0, 1)
    data(2, 0x9003)  # str r0, [sp, 12]
    mov(r0, 0)
    label(SAME_ROW)
    data(2, 0x9002, 0x9801)  # str r0, [sp, 8]; ldr r0, [sp, 4]
    sub(r0, 1)
    data(2, 0x9001)  # str r0, [sp, 4]
    bne_w(PIXEL)
    data(2, 0xB008)  # add sp, 32
    pop({r8, r9, r10, r11})
    mov(r0, 0)
