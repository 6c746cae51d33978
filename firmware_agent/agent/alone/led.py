"""The status LED, where the board has one: what the board does, seen from across the room.

``/tinyteach/led`` names its pin and the level at which it is lit, as ``21 0``; pairing writes
it from the board's facts. docs/on-its-own.md has the patterns. Loaded when needed only
(seldom.py).
"""

import time

from agent import board
from agent.slots import DIRECTORY

PLACE = DIRECTORY + "/led"
# Patterns: of each so many ms (a power of two, less 1) it is lit for the first so many.
OFF = (0, 0)
LIT = (0, 1)
ALIVE = (2047, 128)
TROUBLE = (2047, 1024)
SAFE_MODE = (255, 128)


class Led:
    """``pin`` is the LED's own name for whoever uses that pin otherwise; empty without."""

    def __init__(self) -> None:
        self.pin = ""
        self._output = None
        try:
            with open(PLACE) as file:
                self.pin, lit = file.read().split()
            self._lit = int(lit)
            self._output = board.output(self.pin, 1 - self._lit)
        except (OSError, ValueError, TypeError):
            self.pin = ""

    def show(self, pattern: tuple[int, int], now_ms: int) -> None:
        """Set it as the pattern wants it at this moment."""
        if self._output:
            lit = now_ms & pattern[0] < pattern[1]
            self._output.value(self._lit if lit else 1 - self._lit)

    def give_away(self) -> None:
        """Something else has the pin now."""
        self._output = None


class SafeMode:
    """All that a board in safe mode does without a host."""

    def __init__(self) -> None:
        self._led = Led()

    def wait_ms(self) -> int:
        """How long the next step may wait."""
        return 50

    def step(self) -> None:
        self._led.show(SAFE_MODE, time.ticks_ms())  # type: ignore[arg-type] # a number

    def end(self) -> None:
        self._led.show(OFF, 0)


def begin(agent: object) -> "SafeMode":
    """What works in safe mode."""
    return SafeMode()
