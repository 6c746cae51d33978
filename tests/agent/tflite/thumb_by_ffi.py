"""Runs on MicroPython of armhf, and takes the place of agent.tflite.thumb_dot there.

Debian's build has no inline assembler, and takes its functions in .mpy files for bytecode. So the
machine code that mpy-cross made of thumb_dot (module thumb_code, written by the test) is put into
memory that may be executed, and called as a C function, whose convention is the same.
"""

import sys

import ffi
import uctypes
from thumb_code import CODE

import agent.tflite

# mmap(2): PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS
PROTECTION, FLAGS = 7, 0x22

_mmap = ffi.open("libc.so.6").func("p", "mmap", "piiiii")
_address = _mmap(0, len(CODE), PROTECTION, FLAGS, -1, 0)
uctypes.bytearray_at(_address, len(CODE))[:] = CODE
# Bit 0 of a function's address: Thumb instructions.
dot_products = ffi.func("v", _address | 1, "PPPP")

agent.tflite.thumb_dot = sys.modules["thumb_by_ffi"]
