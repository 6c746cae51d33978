"""Rules as data: when a label is seen so or so, set a pin or print a line.

SPEC.md, Rules, has the format. Labels and pins are looked up once; a view allocates nothing
until something changes. Loaded when needed only (seldom.py).
"""

import struct
import time

from agent import board, files
from agent.refused import Refused
from tinyteach_protocol import errors

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any

    from _mpy_shed.time_mp import _TicksMs
    from machine import Pin

    from agent.alone.report import Report
    from agent.alone.smoothing import Smoother

_HEADER = "<4sBHHBHBB"
DEFAULTS = (b"TTR1", 127, 200, 5, 0, 60, 0, 0)
# Conditions.
_BEST = const(0)
_AT_LEAST = const(1)
_LESS = const(2)
# Actions.
_LOW = const(1)
_HIGH = const(2)
_LINE = const(3)
_HOLD_MS_MAX = const(86400000)
# Which label is best and believed, where none is.
NO_LABEL = -1


class Action:
    """What a rule does: nothing, a pin's level or a line."""

    def __init__(self, fields: "Fields") -> None:
        (self._kind,) = fields.take("B")
        self.text = fields.text()
        self._pin: "Pin | None" = None
        if self._kind > _LINE:
            raise ValueError("action")

    def prepare(self, opposite: bool) -> None:
        """Make the pin an output, at the action's level or the opposite one."""
        if self._kind in (_LOW, _HIGH):
            self._pin = board.output(self.text, (self._kind == _HIGH) != opposite)

    def sets(self, pin: str) -> bool:
        return self._pin is not None and self.text == pin

    def perform(self, report: "Report") -> None:
        if self._pin:
            self._pin.value(self._kind == _HIGH)
        elif self._kind == _LINE:
            report.print(self.text)


class Rule:
    """One rule of the file, and whether it is met now. One that ``rests`` never is."""

    def __init__(self, fields: "Fields") -> None:
        self.label = fields.text()
        self._kind, self._steps, self._frames, self._hold_ms = fields.take("<BBHI")
        if self._kind > (_LESS if self.label else _BEST) or not self._frames:
            raise ValueError("condition")
        if self._hold_ms > _HOLD_MS_MAX:
            raise ValueError("hold_ms")
        self._then, self._else = Action(fields), Action(fields)
        # Until begin() has found what it needs.
        self.rests = True
        self.problem = ""  # why it rests, until that has been printed
        self.met = False
        self._run = 0
        self._last_ms: "_TicksMs | int" = 0
        self._index = NO_LABEL

    def begin(self, labels: list[str]) -> str:
        """Look up label and pins; words where the head or the board lacks them."""
        if self.label and self.label not in labels:
            return "the head has no class %s" % self.label
        try:
            self._then.prepare(True)
            self._else.prepare(False)
        except (ValueError, TypeError, OSError) as error:
            return "pin %s: %s" % (self._then.text, error)
        if self.label:
            self._index = labels.index(self.label)
        self.rests = False
        return ""

    def uses(self, pin: str) -> bool:
        """Whether the rule sets this pin."""
        return not self.rests and (self._then.sets(pin) or self._else.sets(pin))

    def holds(self, smoother: "Smoother", believed: int) -> bool:
        """Whether a view meets the condition; ``believed`` is a label's index or NO_LABEL."""
        if self._kind == _BEST:
            return believed == self._index
        return (smoother.steps(self._index) >= self._steps) == (self._kind == _AT_LEAST)  # type: ignore[no-any-return]

    def take(self, holds: bool, now_ms: "_TicksMs") -> bool:
        """Count a view; True where the rule became met by it, or no longer is."""
        self._run = min(self._run + 1, self._frames) if holds else 0
        if self._run == self._frames:
            self._last_ms = now_ms
            met = True
        else:
            met = self.met and time.ticks_diff(now_ms, self._last_ms) < self._hold_ms
        changed = met != self.met
        self.met = met
        return changed

    def act(self, report: "Report") -> None:
        """Do what belongs to the state that the rule has now."""
        action = self._then if self.met else self._else
        action.perform(report)


class Fields:
    """Takes fields off a file's content. Raises ValueError where it is cut short."""

    def __init__(self, content: bytearray) -> None:
        self._content = content
        self._at = 0

    def take(self, layout: str) -> "tuple[Any, ...]":
        return struct.unpack(layout, self._piece(struct.calcsize(layout)))

    def text(self) -> str:
        return str(self._piece(self.take("B")[0]), "utf-8")

    def _piece(self, size: int) -> bytearray:
        start, self._at = self._at, self._at + size
        if self._at > len(self._content):
            raise ValueError("cut short")
        return self._content[start : self._at]


def load(path: str) -> "tuple[tuple[Any, ...], list[Rule]]":
    """``(settings, rules)`` of a file; settings as its header. Raises ValueError for a bad one."""
    if files.size_of(path) < 0:
        return DEFAULTS, []
    fields = Fields(files.read_whole(path))
    settings = fields.take(_HEADER)
    if settings[0] != DEFAULTS[0]:
        raise ValueError("magic")
    return settings, [Rule(fields) for _ in range(settings[7])]


def check(path: str) -> None:
    """Refused where the file cannot be loaded."""
    try:
        load(path)
    except ValueError as error:
        raise Refused(errors.BAD_VALUE, str(error)) from None
