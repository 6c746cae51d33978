# mypy: ignore-errors
# ruff: noqa: F401, F403, F405, I001, PTH123, SIM105, SIM115
"""The board's silicon: memory shared with the supervisor.

Stands for what firmware does in C. Three things are inherited as open files,
their numbers given as arguments: the board's memory (registers, then frame
buffers, ROMFS), its flash chip, and the camera's bus. Memory is mapped outside the
garbage collector's heap, as PSRAM frame buffers are on a board, so that heap
figures speak for the agent.
"""

import struct
import sys

import micropython

try:
    from rom.libc import die_with_supervisor, exit_now, ignore_interrupts, map_file, peek
except ImportError:
    from rom.libc_in_python import die_with_supervisor, exit_now, ignore_interrupts, map_file, peek

from rom.registers import *

_CTRL_C = 3


def read_u32(offset):
    return int.from_bytes(registers[offset : offset + 4], "little")


_memory_fd, _flash_fd, _bus_fd = map(int, sys.argv[1:4])
registers = map_file(_memory_fd, REGISTERS_BYTES)
memory = map_file(_memory_fd, read_u32(MEMORY_BYTES) + read_u32(ROMFS_BYTES))
flash_bytes = read_u32(FLASH_BYTES)
# One more block than the file system sees: the once-programmable part.
flash = map_file(_flash_fd, flash_bytes + 4096)
_bus = open(_bus_fd, "r+b")


def tell(number, what, *arguments):
    """Send the supervisor a request."""
    padded = arguments + (0,) * (6 - len(arguments))
    _bus.write(struct.pack(BUS_REQUEST, number, what, *padded))


def answer_to(number):
    """Wait for the answer to request ``number``: ``(status, value)``.

    Answers to earlier requests, whose wait Ctrl-C ended, are dropped.
    """
    while True:
        message = _bus.read(BUS_MESSAGE_BYTES)
        if not message:
            exit_now(0)  # the supervisor is gone
        answered, status, value, _ = struct.unpack(BUS_ANSWER, message)
        if answered == number:
            return status, value


def check_interrupt():
    """Raise KeyboardInterrupt where Ctrl-C has come.

    A signal may strike in the middle of the collector; places that call this
    are safe, so the supervisor gives a running program time to reach one.
    """
    if registers[INTERRUPT_REQUESTED]:
        registers[INTERRUPT_REQUESTED] = 0
        raise KeyboardInterrupt


def set_interrupt_char(char):
    """Ctrl-C is ``char`` from now on; -1: every byte is data."""
    registers[INTERRUPT_CHAR] = char & 0xFF
    registers[INTERRUPT_REQUESTED] = 0


def interrupts_on():
    """A program begins: Ctrl-C raises KeyboardInterrupt in it."""
    micropython.kbd_intr(_CTRL_C)
    set_interrupt_char(_CTRL_C)


def interrupts_off():
    """At a prompt: a signal on its way is for a program that has ended, so it is dropped."""
    ignore_interrupts()
    set_interrupt_char(-1)


def peek_input(buffer):
    """Wait for input, copy what is there into ``buffer``, leave it unread; the count."""
    count = peek(buffer)
    if count == 0:
        exit_now(0)  # the supervisor is gone
    return max(count, 0)
