# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115
"""Module ``micropython`` whose kbd_intr() tells the supervisor which byte is Ctrl-C."""

import sys

import micropython

from rom import chip


class BoardMicroPython:
    def kbd_intr(self, char):
        chip.set_interrupt_char(char)

    def __getattr__(self, name):
        return getattr(micropython, name)


def install():
    sys.modules["micropython"] = BoardMicroPython()
