"""Rows of two pixels a word in inline assembler, for cores with the DSP extension.

As in kernels_viper each of a pixel's bits is masked once, but into three words: their fields have
room for an output row's whole weight, sixteen at most, so that a row on an edge is added as any
other, times its weight, and a channel is put together once. Of a half word, RRRRRGGGGGGBBBBB:
    r11 of w:      blue's lower 2 bits from bit 0 on, green's upper 2 from 9
    r12 of w >> 2: blue's upper 3 from 0, red's lower 2 from 9
    lr of w >> 5:  green's lower 4 from 0, red's upper 3 from 8
UXTB16 takes either byte of both half words, from bit 9 on doubled. SEL takes the bytes that REV16
has exchanged where flags say so that nothing else here touches (GE). MicroPython's assembler lacks
most of this; halfwords are those of the Armv7-M Architecture Reference Manual (DDI 0403, A7.7).
"""


@micropython.asm_thumb
def columns(r0, r1, r2, r3):
    """An output row's weighted sums of columns.

    r0: RGB565. r1: sums, as kernels_viper has them. r2: the plan. r3: 1 where the high byte comes
    first, else 0. Later r3: words to go; r4: a word; r5, r6: free; r7: weight of a whole row; r8,
    r9, r10: masks.
    """
    push({r8, r9, r10, r11})
    neg(r3, r3)
    data(2, 0xFA83, 0xF343)  # uadd8 r3, r3, r3: carries of -1 set the flags
    # sp: sums of the second half, 0 while it is done
    add(r3, r1, 2)
    push({r3})
    ldr(r3, [r2, 44])
    add(r0, r0, r3)
    ldr(r7, [r2, 4])
    movwt(r4, 0x06030603)
    mov(r8, r4)
    movwt(r4, 0x06070607)
    mov(r9, r4)
    movwt(r4, 0x070F070F)
    mov(r10, r4)

    label(HALF)
    ldr(r3, [r2, 8])

    label(WORD)
    ldr(r4, [r0, 0])
    data(2, 0xBA65, 0xFAA5, 0xF484)  # rev16 r5, r4; sel r4, r5, r4
    data(2, 0xEA08, 0x0504, 0xFB05, 0xFB07)  # and r5, r8, r4; mul r11, r5, r7
    data(2, 0xEA09, 0x0594, 0xFB05, 0xFC07)  # and r5, r9, r4, lsr 2; mul r12, r5, r7
    data(2, 0xEA0A, 0x1554, 0xFB05, 0xFE07)  # and r5, r10, r4, lsr 5; mul lr, r5, r7
    # The second whole row, where there is one; then the third and the fourth.
    ldr(r5, [r2, 52])
    cmp(r5, 0)
    beq(BEFORE)
    data(2, 0x5944)  # ldr r4, [r0, r5]
    data(2, 0xBA65, 0xFAA5, 0xF484)
    data(2, 0xEA08, 0x0504, 0xFB05, 0xBB07)  # and r5, r8, r4; mla r11, r5, r7, r11
    data(2, 0xEA09, 0x0594, 0xFB05, 0xCC07)  # and r5, r9, r4, lsr 2; mla r12, r5, r7, r12
    data(2, 0xEA0A, 0x1554, 0xFB05, 0xEE07)  # and r5, r10, r4, lsr 5; mla lr, r5, r7, lr
    ldr(r5, [r2, 56])
    cmp(r5, 0)
    beq(BEFORE)
    data(2, 0x5944)  # ldr r4, [r0, r5]
    data(2, 0xBA65, 0xFAA5, 0xF484)
    data(2, 0xEA08, 0x0504, 0xFB05, 0xBB07, 0xEA09, 0x0594, 0xFB05, 0xCC07)
    data(2, 0xEA0A, 0x1554, 0xFB05, 0xEE07)
    ldr(r5, [r2, 60])
    cmp(r5, 0)
    beq(BEFORE)
    data(2, 0x5944)  # ldr r4, [r0, r5]
    data(2, 0xBA65, 0xFAA5, 0xF484)
    data(2, 0xEA08, 0x0504, 0xFB05, 0xBB07, 0xEA09, 0x0594, 0xFB05, 0xCC07)
    data(2, 0xEA0A, 0x1554, 0xFB05, 0xEE07)

    label(BEFORE)
    # The row before, by its weight in r6; then the row after.
    ldr(r6, [r2, 36])
    cmp(r6, 0)
    beq(AFTER)
    ldr(r5, [r2, 40])
    sub(r5, r0, r5)
    ldr(r4, [r5, 0])
    data(2, 0xBA65, 0xFAA5, 0xF484)
    data(2, 0xEA08, 0x0504, 0xFB05, 0xBB06, 0xEA09, 0x0594, 0xFB05, 0xCC06)
    data(2, 0xEA0A, 0x1554, 0xFB05, 0xEE06)
    label(AFTER)
    ldr(r6, [r2, 68])
    cmp(r6, 0)
    beq(CHANNELS)
    ldr(r5, [r2, 64])
    data(2, 0x5944)  # ldr r4, [r0, r5]
    data(2, 0xBA65, 0xFAA5, 0xF484)
    data(2, 0xEA08, 0x0504, 0xFB05, 0xBB06, 0xEA09, 0x0594, 0xFB05, 0xCC06)
    data(2, 0xEA0A, 0x1554, 0xFB05, 0xEE06)

    label(CHANNELS)
    # Red to r4, green to r5, blue to r6: upper bits * 33 or 65, lower bits * 8 or 4.
    data(2, 0xFA3F, 0xF49E, 0xFA3F, 0xF59C)  # uxtb16 r4, lr, ror 8; uxtb16 r5, r12, ror 8
    data(2, 0xEB04, 0x1444, 0xEB04, 0x0485)  # add r4, r4, r4, lsl 5; add r4, r4, r5, lsl 2
    data(2, 0xFA3F, 0xF59B, 0xFA3F, 0xF68E)  # uxtb16 r5, r11, ror 8; uxtb16 r6, lr
    lsr(r5, r5, 1)
    data(2, 0xEB05, 0x1585, 0xEB05, 0x0586)  # add r5, r5, r5, lsl 6; add r5, r5, r6, lsl 2
    data(2, 0xFA3F, 0xF68C, 0xFA3F, 0xFB8B)  # uxtb16 r6, r12; uxtb16 r11, r11
    data(2, 0xEB06, 0x1646, 0xEB06, 0x06CB)  # add r6, r6, r6, lsl 5; add r6, r6, r11, lsl 3
    strh(r4, [r1, 0])
    strh(r5, [r1, 4])
    strh(r6, [r1, 8])
    lsr(r4, r4, 16)
    lsr(r5, r5, 16)
    lsr(r6, r6, 16)
    strh(r4, [r1, 12])
    strh(r5, [r1, 16])
    strh(r6, [r1, 20])
    add(r1, 24)
    add(r0, 4)
    sub(r3, 1)
    bne_w(WORD)

    data(2, 0x9900, 0x9300)  # ldr r1, [sp]; str r3, [sp]
    cmp(r1, 0)
    bne_w(HALF)
    pop({r3})
    pop({r8, r9, r10, r11})
    mov(r0, 0)


@micropython.asm_thumb
def across(r0, r1, r2):
    """An output row of int8 from the sums of columns, a pixel of either half at a time.

    r0: sums. r1: the output. r2: the plan. Later r2: the output's right half; r3: what an output
    pixel still takes; r4, r5, r6: its sums; r7: a weight; r8, r9, r10: a column's sums; r11: what a
    column has; r12: what the last one has left; lr: pixels to go.
    """
    push({r8, r9, r10, r11})
    ldr(r3, [r2, 28])
    add(r1, r1, r3)
    ldr(r4, [r2, 72])
    mov(lr, r4)
    lsl(r5, r4, 1)
    add(r5, r5, r4)
    lsl(r6, r5, 1)
    add(r3, r3, r6)
    str(r3, [r2, 28])
    add(r3, r1, r5)
    ldr(r4, [r2, 0])
    mov(r5, r4)
    mul(r5, r4)
    lsr(r5, r5, 1)
    lsl(r6, r5, 16)
    orr(r5, r6)
    ldr(r6, [r2, 4])
    mov(r11, r6)
    ldr(r6, [r2, 12])
    ldr(r7, [r2, 16])
    # sp: side; + 4: what rounds, twice; + 8 and + 12: factor and shift
    push({r4, r5, r6, r7})
    mov(r2, r3)
    mov(r7, 0)
    mov(r12, r7)

    label(PIXEL)
    data(2, 0x9B00, 0x9C01)  # ldr r3, [sp]; ldr r4, [sp, 4]
    mov(r5, r4)
    mov(r6, r4)
    mov(r7, r12)
    cmp(r7, 0)
    beq(WHOLE)
    data(2, 0xE8B0, 0x0700, 0xFB08, 0x4407)  # ldm r0!, {r8, r9, r10}; mla r4, r8, r7, r4
    data(2, 0xFB09, 0x5507, 0xFB0A, 0x6607)  # mla r5, r9, r7, r5; mla r6, r10, r7, r6
    sub(r3, r3, r7)
    label(WHOLE)
    data(2, 0xEBB3, 0x030B)  # subs r3, r3, r11
    blt(PART)
    label(ONE)
    data(2, 0xE8B0, 0x0700, 0xFB08, 0x440B)  # ldm r0!, {r8, r9, r10}; mla r4, r8, r11, r4
    data(2, 0xFB09, 0x550B, 0xFB0A, 0x660B)  # mla r5, r9, r11, r5; mla r6, r10, r11, r6
    data(2, 0xEBB3, 0x030B)
    bge(ONE)
    label(PART)
    data(2, 0xEB13, 0x070B)  # adds r7, r3, r11
    mov(r12, r7)
    beq(STORE)
    neg(r3, r3)
    mov(r12, r3)
    data(2, 0xE890, 0x0700, 0xFB08, 0x4407)  # ldm r0, {r8, r9, r10}; mla r4, r8, r7, r4
    data(2, 0xFB09, 0x5507, 0xFB0A, 0x6607)

    label(STORE)
    data(2, 0x9B02, 0x9F03)  # ldr r3, [sp, 8]; ldr r7, [sp, 12]
    data(2, 0xFA1F, 0xF884, 0xFA1F, 0xF985)  # uxth r8, r4; uxth r9, r5
    data(2, 0xFA1F, 0xFA86)  # uxth r10, r6
    data(2, 0xFB08, 0xF803, 0xFB09, 0xF903)  # mul r8, r8, r3; mul r9, r9, r3
    data(2, 0xFB0A, 0xFA03)  # mul r10, r10, r3
    data(2, 0xFA28, 0xF807, 0xFA29, 0xF907)  # lsr r8, r8, r7; lsr r9, r9, r7
    data(2, 0xFA2A, 0xFA07)  # lsr r10, r10, r7
    data(2, 0xF088, 0x0880, 0xF089, 0x0980)  # eor r8, r8, 128; eor r9, r9, 128
    data(2, 0xF08A, 0x0A80)  # eor r10, r10, 128
    data(2, 0xF801, 0x8B01, 0xF801, 0x9B01)  # strb r8, [r1], 1; strb r9, [r1], 1
    data(2, 0xF801, 0xAB01)  # strb r10, [r1], 1
    lsr(r4, r4, 16)
    lsr(r5, r5, 16)
    lsr(r6, r6, 16)
    mul(r4, r3)
    mul(r5, r3)
    mul(r6, r3)
    lsr(r4, r7)
    lsr(r5, r7)
    lsr(r6, r7)
    data(2, 0xF084, 0x0480, 0xF085, 0x0580)  # eor r4, r4, 128; eor r5, r5, 128
    data(2, 0xF086, 0x0680)  # eor r6, r6, 128
    data(2, 0xF802, 0x4B01, 0xF802, 0x5B01)  # strb r4, [r2], 1; strb r5, [r2], 1
    data(2, 0xF802, 0x6B01)  # strb r6, [r2], 1
    data(2, 0xF1BE, 0x0E01)  # subs lr, lr, 1
    bne_w(PIXEL)

    data(2, 0xB004)  # add sp, 16
    pop({r8, r9, r10, r11})
    mov(r0, 0)
