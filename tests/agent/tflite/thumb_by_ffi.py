"""Runs on MicroPython of armhf, and takes the place of the agent's modules thumb_* there.

Debian's build has no inline assembler, and takes its functions in .mpy files for bytecode. So the
machine code that mpy-cross made of them (module thumb_code, written by the test) is put into memory
that may be executed, and called as C functions, whose convention is the same.
"""

import ffi
import thumb_code
import uctypes

import agent.tflite
import agent.vision

# mmap(2): PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS
PROTECTION, FLAGS = 7, 0x22

_mmap = ffi.open("libc.so.6").func("p", "mmap", "piiiii")


def function(code, arguments):
    address = _mmap(0, len(code), PROTECTION, FLAGS, -1, 0)
    uctypes.bytearray_at(address, len(code))[:] = code
    return ffi.func("v", address | 1, arguments)  # bit 0: Thumb instructions


class thumb_dot:
    dot_products = function(thumb_code.DOT, "PPPP")


class thumb_gather:
    gather = function(thumb_code.GATHER, "PPPi")


class thumb_depthwise:
    depthwise = function(thumb_code.DEPTHWISE, "PPPP")


class thumb_requantise:
    requantise = function(thumb_code.REQUANTISE, "PPPP")


class thumb_rows:
    columns = function(thumb_code.COLUMNS, "PPPi")
    across = function(thumb_code.ACROSS, "PPP")


agent.tflite.thumb_dot = thumb_dot
agent.tflite.thumb_gather = thumb_gather
agent.tflite.thumb_depthwise = thumb_depthwise
agent.tflite.thumb_requantise = thumb_requantise
agent.vision.thumb_rows = thumb_rows
