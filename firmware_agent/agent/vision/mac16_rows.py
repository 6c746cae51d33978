"""Rows of two pixels a word for ESP32 and ESP32-S3.

The functions' machine code is assembled by the host and put in here when it compiles this file for
such a board (host package, native/pictures.py). Arguments are those of kernels_viper's functions.
"""


@micropython.viper
def big(w: int, low: int, high: int, source: ptr8, sums: ptr16, plan: ptr32):
    pass


@micropython.viper
def little(w: int, low: int, high: int, source: ptr8, sums: ptr16, plan: ptr32):
    pass


@micropython.viper
def across(sums: ptr32, r: int, g: int, b: int, out: ptr8, plan: ptr32):
    pass
