# mypy: ignore-errors
# ruff: noqa: I001
"""What the board needs of the C library where there is no ffi, but Python around MicroPython.

interpreter/in_python.py has mapped the files and says where C functions are. They are called as
MicroPython calls its own built-in ones: by an object of their type that holds their address. Their
arguments are then machine words instead of objects, and so is what they give: such a word may be
passed on and looked at as memory, nothing else. Never through Python, out of which the signal of
Ctrl-C must not jump; and what ends the process allocates nothing (see copy_plain.py).
"""

import os
import struct
import sys

import uctypes

_WORD_BYTES = 8 if sys.maxsize > 0x7FFFFFFF else 4
_SIGINT, _MSG_PEEK = 2, 2


def _words_of(what, start, count):
    """Words of an object, as bytes that can be changed."""
    return uctypes.bytearray_at(id(what) + start * _WORD_BYTES, count * _WORD_BYTES)


def _as_objects(words):
    """A tuple of these words: py/objtuple.h has type and length before the first."""
    made = tuple([None] * len(words))
    packed = b"".join([word.to_bytes(_WORD_BYTES, "little") for word in words])
    _words_of(made, 2, len(words))[:] = packed
    return made


def _object_of(address, model):
    """py/obj.h's mp_obj_fun_builtin_fixed_t: the type of ``model``, then the address."""
    return bytearray(_words_of(model, 0, 1)) + address.to_bytes(_WORD_BYTES, "little")


# By addresses and built-in functions of as many arguments; the objects are kept.
_addresses = map(int, os.getenv("BOARD_FUNCTIONS").split())
_objects = list(map(_object_of, _addresses, (len, hasattr, setattr)))
_exit, _signal, _recvmsg = _as_objects(list(map(uctypes.addressof, _objects)))
_maps = dict([pair.split(":") for pair in os.getenv("BOARD_MAPS").split()])
# C takes the lower half of each; a word of 0 would be no object at all to MicroPython.
_ints = _as_objects([1 << 32 | number for number in range(256)])
_sig_ign = _as_objects([1])


def exit_now(status):
    _exit(_ints[status])


def map_file(fd, size):
    return memoryview(uctypes.bytearray_at(int(_maps[str(fd)]), size))


def ignore_interrupts():
    _signal(_ints[_SIGINT], _sig_ign[0])


def peek(buffer):
    # recv() has one argument too many. struct msghdr: one struct iovec, no address, nothing else.
    where = struct.pack("PP", uctypes.addressof(buffer), len(buffer))
    message = struct.pack("PPPPPPP", 0, 0, uctypes.addressof(where), 1, 0, 0, 0)
    given = (_recvmsg(_ints[0], _as_objects([uctypes.addressof(message)])[0], _ints[_MSG_PEEK]),)
    return struct.unpack("i", _words_of(given, 2, 1))[0]  # -1 has all bits set


def die_with_supervisor():
    """in_python.py has seen to it."""
