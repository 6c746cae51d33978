"""Runs on MicroPython: files of a board, damaged, given to what reads them there.

Argument: a folder. Lines of stdin: kind, and the file's content in hex. Prints for each whether it
was read or refused; an error that is neither ends it.
"""

# MicroPython has no pathlib; printing is how a script answers.
# ruff: noqa: PTH101, PTH102, PTH123, PTH208, T201

import binascii
import os
import sys


class Pin:
    """A chip's with 40 of them."""

    IN, OUT, PULL_UP, PULL_DOWN = range(4)

    def __init__(self, name, *_, **__):
        if not isinstance(name, int) or not 0 <= name < 40:
            raise ValueError("invalid pin")

    def value(self, *_):
        return 0


class Machine:
    Pin = Pin


sys.modules["machine"] = Machine

from agent import board, files, slots  # noqa: E402
from agent.alone import rules  # noqa: E402
from agent.teaching import button as _button  # noqa: E402, F401 - it compiles here


def read_rules():
    try:
        for rule in rules.load(slots.DIRECTORY + "/rules.bin")[1]:
            rule.begin(["cat"])
    except ValueError:
        return False
    return True


def read_button():
    """What the agent takes for a button is what teaching by it can read."""
    if board.button() is None:
        return False
    pin, level, turn = files.read_whole(board.BUTTON).decode().split("\n")[0].split()
    return int(turn) % 3 >= 0


def read_slots():
    found = slots.HeadSlots()
    assert found.active in ("a", "b", None) and found.previous in ("a", "b", None)
    return found.active is not None


READERS = {
    "rules": (slots.DIRECTORY + "/rules.bin", read_rules),
    "button": (board.BUTTON, read_button),
    "slots": (slots.STATE, read_slots),
}


def main(folder):
    os.chdir(folder)
    if slots.DIRECTORY not in os.listdir():
        os.mkdir(slots.DIRECTORY)
    for path in slots.HEADS:
        open(path, "wb").close()
    for line in sys.stdin:
        kind, _, content = line.rstrip("\n").partition(" ")
        path, read = READERS[kind]
        with open(path, "wb") as file:
            file.write(binascii.unhexlify(content))
        print("read" if read() else "refused")


main(sys.argv[1])
