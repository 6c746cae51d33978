# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115
"""Module ``micropython`` whose kbd_intr() tells the supervisor which byte is Ctrl-C.

And imports that take Ctrl-C between them: one that strikes while a file is looked for
counts as a missing file (extmod/vfs.c), so it would be lost.
"""

import builtins
import sys

import micropython

from rom import chip


class BoardMicroPython:
    def kbd_intr(self, char):
        chip.set_interrupt_char(char)

    def __getattr__(self, name):
        return getattr(micropython, name)


_import = builtins.__import__


def board_import(*arguments):
    chip.check_interrupt()
    module = _import(*arguments)
    chip.check_interrupt()
    return module


def install():
    sys.modules["micropython"] = BoardMicroPython()
    builtins.__import__ = board_import
