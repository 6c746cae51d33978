"""Dot products by the MAC16 unit of ESP32 and ESP32-S3, and additions.

The functions' machine code is assembled by the host and put in here when it compiles this file for
such a board (host package, native/, where arguments are told). What Python can say is their
types.
"""


@micropython.viper
def gather(source: ptr8, patches: ptr16, windows: ptr32, start: int):
    pass


@micropython.viper
def sums(w: ptr8, patches: ptr16, wide: ptr16, bias: ptr32, accumulators: ptr32, sizes: ptr32):
    pass


@micropython.viper
def convolve(
    w: ptr8,
    patches: ptr16,
    wide: ptr16,
    bias: ptr32,
    target: ptr8,
    sizes: ptr32,
    multipliers: ptr32,
    shifts: ptr8,
):
    pass


@micropython.viper
def add(a: ptr8, b: ptr8, target: ptr8, sizes: ptr32, table: ptr32, table2: ptr32):
    pass
