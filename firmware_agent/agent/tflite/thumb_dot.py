"""Dot products by the dual multiply-accumulate of Cortex-M's DSP extension, in inline assembler.

MicroPython's assembler lacks these instructions; their halfwords stand in ``data``, as the Armv7-M
Architecture Reference Manual (DDI 0403, A7.7) encodes them:
    SXTB16 makes 16-bit halves of two of a word's bytes, the even ones or (rotated) the odd
    SMLAD adds both products of two words' halves
A word of weights and one of inputs lie in the same order, so that no byte needs to move. LDR
takes any address (A3.2.1); LDRD and LDM would not. r4 to r11 must be kept for the caller, of
which the assembler saves r4 to r7, and the return address with them.
"""


@micropython.asm_thumb
def dot_products(r0, r1, r2, r3):
    """Accumulators of all channels, two at least, of gathered patches, two at a time.

    r0: int8 weights, a row of taps for each channel. r1: int8 patches, a row of taps for each
    pixel. r2: int32 accumulators, a row of channels for each pixel. r3: int32 taps, channels,
    pairs of pixels, and each channel's bias. Of an odd number of channels the last pair has one
    that was done before.
    """
    push({r8, r9, r10, r11})
    # sp + 16: weights of this pair of channels; + 20: patches; + 24: its accumulators; + 28: r3
    push({r0, r1, r2, r3})
    # sp: channel; + 4: pairs of pixels to go; + 8: accumulators of this one
    push({r0, r1, r2, r3})
    mov(r0, 0)
    data(2, 0x9000)  # str r0, [sp]

    label(CHANNELS)
    data(2, 0x9B07)  # ldr r3, [sp, 28]
    ldr(r0, [r3, 8])
    data(2, 0x9001)  # str r0, [sp, 4]
    data(2, 0x9806)  # ldr r0, [sp, 24]
    data(2, 0x9002)  # str r0, [sp, 8]
    data(2, 0x9905)  # ldr r1, [sp, 20]

    label(PIXELS)
    # r0, r1: weights and inputs of the first channel and pixel; the second's lie r2 behind.
    # r4, r5: sums of both channels for the first pixel; r6, r7: for the second.
    data(2, 0x9F07)  # ldr r7, [sp, 28]
    ldr(r2, [r7, 0])
    data(2, 0x9800)  # ldr r0, [sp]
    lsl(r0, r0, 2)
    add(r7, r7, r0)
    ldr(r4, [r7, 12])
    ldr(r5, [r7, 16])
    mov(r6, r4)
    mov(r7, r5)
    data(2, 0x9804)  # ldr r0, [sp, 16]

    lsr(r3, r2, 4)
    beq_w(WORDS)
    label(SIXTEEN)
    data(2, 0xF850, 0xB002, 0xF850, 0x9B04)  # ldr r11, [r0, r2]; ldr r9, [r0], 4
    data(2, 0xF851, 0xE002)  # ldr lr, [r1, r2]
    data(2, 0xFA2F, 0xFA8B, 0xFA2F, 0xFB9B)  # sxtb16 r10, r11; sxtb16 r11, r11, ror 8
    data(2, 0xFA2F, 0xF889, 0xFA2F, 0xF999)  # sxtb16 r8, r9; sxtb16 r9, r9, ror 8
    data(2, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)  # sxtb16 r12, lr; sxtb16 lr, lr, ror 8
    data(2, 0xFB28, 0x660C, 0xFB29, 0x660E)  # smlad r6, r8, r12, r6; smlad r6, r9, lr, r6
    data(2, 0xFB2A, 0x770C, 0xFB2B, 0x770E)  # smlad r7, r10, r12, r7; smlad r7, r11, lr, r7
    data(2, 0xF851, 0xEB04)  # ldr lr, [r1], 4
    data(2, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)  # sxtb16 r12, lr; sxtb16 lr, lr, ror 8
    data(2, 0xFB28, 0x440C, 0xFB29, 0x440E)  # smlad r4, r8, r12, r4; smlad r4, r9, lr, r4
    data(2, 0xFB2A, 0x550C, 0xFB2B, 0x550E)  # smlad r5, r10, r12, r5; smlad r5, r11, lr, r5
    # The same for the next four.
    data(2, 0xF850, 0xB002, 0xF850, 0x9B04, 0xF851, 0xE002)
    data(2, 0xFA2F, 0xFA8B, 0xFA2F, 0xFB9B, 0xFA2F, 0xF889, 0xFA2F, 0xF999)
    data(2, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)
    data(2, 0xFB28, 0x660C, 0xFB29, 0x660E, 0xFB2A, 0x770C, 0xFB2B, 0x770E)
    data(2, 0xF851, 0xEB04, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)
    data(2, 0xFB28, 0x440C, 0xFB29, 0x440E, 0xFB2A, 0x550C, 0xFB2B, 0x550E)
    # And the next.
    data(2, 0xF850, 0xB002, 0xF850, 0x9B04, 0xF851, 0xE002)
    data(2, 0xFA2F, 0xFA8B, 0xFA2F, 0xFB9B, 0xFA2F, 0xF889, 0xFA2F, 0xF999)
    data(2, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)
    data(2, 0xFB28, 0x660C, 0xFB29, 0x660E, 0xFB2A, 0x770C, 0xFB2B, 0x770E)
    data(2, 0xF851, 0xEB04, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)
    data(2, 0xFB28, 0x440C, 0xFB29, 0x440E, 0xFB2A, 0x550C, 0xFB2B, 0x550E)
    # And the last.
    data(2, 0xF850, 0xB002, 0xF850, 0x9B04, 0xF851, 0xE002)
    data(2, 0xFA2F, 0xFA8B, 0xFA2F, 0xFB9B, 0xFA2F, 0xF889, 0xFA2F, 0xF999)
    data(2, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)
    data(2, 0xFB28, 0x660C, 0xFB29, 0x660E, 0xFB2A, 0x770C, 0xFB2B, 0x770E)
    data(2, 0xF851, 0xEB04, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)
    data(2, 0xFB28, 0x440C, 0xFB29, 0x440E, 0xFB2A, 0x550C, 0xFB2B, 0x550E)
    sub(r3, 1)
    bne_w(SIXTEEN)

    label(WORDS)
    lsl(r3, r2, 28)
    lsr(r3, r3, 30)
    beq(BYTES)
    label(FOUR)
    data(2, 0xF850, 0xB002, 0xF850, 0x9B04, 0xF851, 0xE002)
    data(2, 0xFA2F, 0xFA8B, 0xFA2F, 0xFB9B, 0xFA2F, 0xF889, 0xFA2F, 0xF999)
    data(2, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)
    data(2, 0xFB28, 0x660C, 0xFB29, 0x660E, 0xFB2A, 0x770C, 0xFB2B, 0x770E)
    data(2, 0xF851, 0xEB04, 0xFA2F, 0xFC8E, 0xFA2F, 0xFE9E)
    data(2, 0xFB28, 0x440C, 0xFB29, 0x440E, 0xFB2A, 0x550C, 0xFB2B, 0x550E)
    sub(r3, 1)
    bne(FOUR)

    label(BYTES)
    lsl(r3, r2, 30)
    lsr(r3, r3, 30)
    beq(STORE)
    label(ONE)
    data(2, 0xF910, 0xA002, 0xF910, 0x8B01)  # ldrsb r10, [r0, r2]; ldrsb r8, [r0], 1
    data(2, 0xF911, 0xE002, 0xF911, 0xCB01)  # ldrsb lr, [r1, r2]; ldrsb r12, [r1], 1
    data(2, 0xFB08, 0x440C, 0xFB0A, 0x550C)  # mla r4, r8, r12, r4; mla r5, r10, r12, r5
    data(2, 0xFB08, 0x660E, 0xFB0A, 0x770E)  # mla r6, r8, lr, r6; mla r7, r10, lr, r7
    sub(r3, 1)
    bne(ONE)

    label(STORE)
    add(r1, r1, r2)
    data(2, 0x9802)  # ldr r0, [sp, 8]
    data(2, 0x9B07)  # ldr r3, [sp, 28]
    ldr(r3, [r3, 4])
    lsl(r3, r3, 2)
    str(r4, [r0, 0])
    str(r5, [r0, 4])
    add(r0, r0, r3)
    str(r6, [r0, 0])
    str(r7, [r0, 4])
    add(r0, r0, r3)
    data(2, 0x9002)  # str r0, [sp, 8]
    data(2, 0x9801)  # ldr r0, [sp, 4]
    sub(r0, 1)
    data(2, 0x9001)  # str r0, [sp, 4]
    bne_w(PIXELS)

    # r4: how many channels on, one where but one is left
    data(2, 0x9800)  # ldr r0, [sp]
    data(2, 0x9B07)  # ldr r3, [sp, 28]
    ldr(r2, [r3, 0])
    ldr(r3, [r3, 4])
    sub(r3, r3, r0)
    sub(r3, 2)
    beq(DONE)
    mov(r4, 2)
    cmp(r3, 1)
    bne(STEP)
    mov(r4, 1)
    label(STEP)
    add(r0, r0, r4)
    data(2, 0x9000)  # str r0, [sp]
    mul(r2, r4)
    data(2, 0x9804)  # ldr r0, [sp, 16]
    add(r0, r0, r2)
    data(2, 0x9004)  # str r0, [sp, 16]
    lsl(r4, r4, 2)
    data(2, 0x9806)  # ldr r0, [sp, 24]
    add(r0, r0, r4)
    data(2, 0x9006)  # str r0, [sp, 24]
    b(CHANNELS)

    label(DONE)
    data(2, 0xB008)  # add sp, 32
    pop({r8, r9, r10, r11})
    mov(r0, 0)


@micropython.asm_thumb
def instruction_set():
    """ID_ISAR3 of a Cortex-M (Armv7-M ARM, B4.1): bits 4 to 7 are 3 where SMLAD is there."""
    movwt(r0, 0xE000ED6C)
    ldr(r0, [r0, 0])
