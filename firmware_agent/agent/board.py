"""Facts of the board that the agent runs on, and its reset."""

import binascii
import os
import sys
import time

from agent import files
from agent.slots import DIRECTORY

ID_FILE = DIRECTORY + "/id"
_ID_BYTES = const(8)
# sys.implementation._mpy >> 10, named as mpy-cross names them (MicroPython docs, mpyfiles).
ARCHITECTURES = [
    "",
    "x86",
    "x64",
    "armv6",
    "armv6m",
    "armv7m",
    "armv7em",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
    "rv64imc",
]


def platform():
    """The port's name: esp32, rp2, linux …"""
    return sys.platform


def machine_name():
    """What the firmware calls its board and chip."""
    return getattr(sys.implementation, "_machine", sys.platform)


def micropython_version():
    """Such as 1.25.0."""
    return ".".join(str(part) for part in sys.implementation.version[:3])


def architecture():
    """The native code architecture in mpy-cross's words, empty where there is none."""
    index = getattr(sys.implementation, "_mpy", 0) >> 10 & 15
    return ARCHITECTURES[index] if index < len(ARCHITECTURES) else ""


def board_id():
    """An identity that stays: the chip's, else one made once and kept on the flash."""
    try:
        from machine import unique_id

        identity = unique_id()
    except ImportError:
        identity = _kept_id()
    return str(binascii.hexlify(identity), "ascii")


def _kept_id():
    if files.size_of(ID_FILE) != _ID_BYTES:
        with open(ID_FILE, "wb") as file:
            file.write(_random_bytes())
    return files.read_whole(ID_FILE)


def _random_bytes():
    try:
        return os.urandom(_ID_BYTES)
    except AttributeError:
        return time.ticks_us().to_bytes(_ID_BYTES, "little")


def restart():
    """Start anew, as after power-on. Does not return."""
    import machine

    machine.reset()
