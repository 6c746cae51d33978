"""Scores smoothed over time, in whole numbers; tests/reference_smoothing.py computes the same.

Each score has a level of 16 bits: at first ``steps * 256``, then with each view
``level += ((steps * 256 - level) * weight) >> 8``, which rounds down. Its smoothed
probability in 256ths is ``(level + 128) >> 8``. Loaded when needed only (seldom.py).
"""

from array import array

from agent.head import steps_of

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from tinyteach_protocol.frame import Buffer


class Smoother:
    """``weight`` of a new view in 256ths, 1 to 256; 256 smooths nothing."""

    def __init__(self, count: int, weight: int) -> None:
        self._levels = array("H", bytes(2 * count))
        self._weight = weight
        self._first = True

    def add(self, scores: "Buffer") -> None:
        """Take in a view's int8 scores. Allocates nothing."""
        levels = self._levels
        weight = 256 if self._first else self._weight
        for index in range(len(levels)):
            level = levels[index]
            levels[index] = level + (((steps_of(scores, index) << 8) - level) * weight >> 8)
        self._first = False

    def steps(self, index: int) -> int:
        """A label's smoothed probability in 256ths."""
        return (self._levels[index] + 128) >> 8

    def best(self, count: int) -> int:
        """Index of the highest of the first ``count``; the first of equals."""
        best = 0
        for index in range(1, count):
            if self.steps(index) > self.steps(best):
                best = index
        return best
