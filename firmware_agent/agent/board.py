"""The board that the agent runs on: its identity, its pins, its starts."""

import binascii
import os
import sys
import time

from agent import files
from agent.slots import DIRECTORY

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from machine import WDT, Pin

    Button = tuple[Pin, int]  # and its level when down

ID_FILE = DIRECTORY + "/id"
CRASH = DIRECTORY + "/crash.txt"
# Pin, level when down and whose turn it is in the first line, then the classes in line.
BUTTON = DIRECTORY + "/button"
_ID_BYTES = const(8)


def board_id() -> str:
    """An identity that stays: the chip's, else one made once and kept on the flash."""
    try:
        from machine import unique_id

        identity = unique_id()
    except ImportError:
        identity = _kept_id()
    return str(binascii.hexlify(identity), "ascii")


def _kept_id() -> bytes:
    if files.size_of(ID_FILE) != _ID_BYTES:
        with open(ID_FILE, "wb") as file:
            file.write(_random_bytes())
    return files.read_whole(ID_FILE)  # type: ignore[return-value] # a bytearray, as good here


def _random_bytes() -> bytes:
    try:
        return os.urandom(_ID_BYTES)
    except AttributeError:
        return time.ticks_us().to_bytes(_ID_BYTES, "little")  # type: ignore[attr-defined, no-any-return]


def reset_cause() -> str:
    """Why the board started: PWRON, HARD, WDT, DEEPSLEEP or SOFT; empty where it does not tell."""
    import machine

    for name in ("PWRON", "HARD", "WDT", "DEEPSLEEP", "SOFT"):
        if getattr(machine, name + "_RESET", None) == machine.reset_cause():
            return name
    return ""


def output(name: str, level: bool | int) -> "Pin":
    """The pin called so, as an output at ``level``. Raises ValueError where there is none."""
    from machine import Pin

    return Pin(int(name) if name.isdigit() else name, Pin.OUT, value=level)


def watchdog(timeout_ms: int) -> "WDT | None":
    """One that restarts the board unless it is fed within each ``timeout_ms``, or None.

    It must be possible to let go of it, so that a board stopped by Ctrl-C stays at the REPL: of
    the ports, only the ESP32's takes another time later (ports/esp32/machine_wdt.c). The unix
    port is the virtual board, which does the same.
    """
    import machine

    if sys.platform not in ("esp32", "linux") or not hasattr(machine, "WDT"):
        return None
    return machine.WDT(timeout=timeout_ms)


def button() -> "Button | None":
    """(pin, level when down) of the button that teaches, or None where there is none."""
    try:
        from machine import Pin

        name, level, turn = files.read_whole(BUTTON).decode().split("\n")[0].split()
        int(turn)  # what teaching by it will read
        pull = Pin.PULL_DOWN if level == "1" else Pin.PULL_UP
        return Pin(int(name) if name.isdigit() else name, Pin.IN, pull), int(level)
    except (ImportError, OSError, TypeError, ValueError):
        return None


def is_down(button: "Button | None") -> bool:
    """Whether it is pressed now."""
    assert button
    return button[0].value() == button[1]


def restart() -> None:
    """Start anew, as after power-on. Does not return."""
    import machine

    machine.reset()
