# mypy: ignore-errors
# ruff: noqa: I001, PTH123, SIM105, SIM115
"""Module ``machine``: reset, identity and pins of the virtual board."""

import time

from rom import chip

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

# Where the once-programmable part holds the chip's identity, and its length.
_ID, _ID_BYTES = 16, 6
_FREQUENCY_HZ = 240_000_000


def unique_id():
    start = chip.flash_bytes + _ID
    return bytes(chip.flash[start : start + _ID_BYTES])


def reset():
    chip.exit_now(chip.EXIT_RESET)


def soft_reset():
    raise SystemExit


def reset_cause():
    return chip.registers[chip.RESET_CAUSE]


def freq(hz=None):
    return None if hz else _FREQUENCY_HZ


def idle():
    time.sleep_ms(1)


class WDT:
    """As on an ESP32: a later one replaces the time of an earlier one."""

    def __init__(self, id=0, timeout=5000):
        if id or timeout <= 0:
            raise ValueError("invalid timeout")
        at = chip.WATCHDOG_MS
        chip.registers[at : at + 4] = timeout.to_bytes(4, "little")
        self.feed()

    def feed(self):
        chip.registers[chip.WATCHDOG_FED] = chip.registers[chip.WATCHDOG_FED] + 1 & 0xFF


class Pin:
    """A pin whose level the host side can see and set."""

    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_DOWN, PULL_UP = 1, 2

    def __init__(self, number, mode=-1, pull=-1, *, value=None):
        if not 0 <= number < chip.PIN_COUNT:
            raise ValueError("invalid pin")
        self._number = number
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        if mode in (self.OUT, self.OPEN_DRAIN):
            chip.registers[chip.PINS + self._number] |= chip.PIN_DRIVEN
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            return chip.registers[chip.PINS + self._number] & chip.PIN_LEVEL
        driven = chip.registers[chip.PINS + self._number] & chip.PIN_DRIVEN
        chip.registers[chip.PINS + self._number] = driven | (1 if level else 0)
        return None

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def __repr__(self):
        return f"Pin({self._number})"
