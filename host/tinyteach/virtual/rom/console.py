# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115
"""Text output as on a board: print() and sys.stdout send CR LF, sys.stdout.buffer is raw.

The unix port leaves LF to the terminal's driver, which a raw line has not.
"""

import builtins
import io
import sys
from collections import namedtuple

from rom import chip

_print = builtins.print
_raw = sys.stdout.buffer
_OWN_FRAME = '/rom/repl.py", line'


class Console(io.IOBase):
    """sys.stdout of a board."""

    buffer = _raw

    def write(self, text):
        chip.check_interrupt()
        data = text.encode() if isinstance(text, str) else bytes(text)
        _raw.write(data.replace(b"\n", b"\r\n"))
        return len(text)

    def flush(self):
        pass


console = Console()


def board_print(*values, sep=" ", end="\n", file=None):
    """print(), through the console unless told another file."""
    _print(*values, sep=sep, end=end, file=file or console)


def show_value(value):
    """What the prompt does with a statement's value."""
    if value is not None:
        board_print(repr(value))


_FIELDS = ("name", "version", "_machine", "_mpy", "_build")
_ARCH_NAMES = {1: "x86", 2: "x86-64", 8: "ARMv7"}


def _implementation():
    real = sys.implementation
    cpu = _ARCH_NAMES.get(real._mpy >> 10 & 15, "this machine's processor")
    machine = "TinyTeach virtual board with " + cpu
    fields = namedtuple("implementation", _FIELDS)
    return fields(real.name, real.version, machine, real._mpy, "VIRTUAL")


class BoardSys:
    """Module ``sys`` with the board's own stdout and name; all else is MicroPython's."""

    def __init__(self):
        self.stdout = console
        self.implementation = _implementation()

    def __getattr__(self, name):
        return getattr(sys, name)


_board_sys = BoardSys()


def install():
    builtins.print = board_print
    builtins.__repl_print__ = show_value
    sys.modules["sys"] = _board_sys


def board_machine():
    return _board_sys.implementation._machine


def write(text):
    """Firmware's own text, sent as it is."""
    _raw.write(text)


def show_exception(error):
    """The traceback without the firmware's own frames, which on a board are C."""
    text = io.StringIO()
    sys.print_exception(error, text)
    for line in text.getvalue().split("\n")[:-1]:
        if _OWN_FRAME not in line:
            console.write(line + "\n")
