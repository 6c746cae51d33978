"""Settings of work without a host, as the command line's words give them.

Light, so that what no board takes is told before one is looked for.
"""

from dataclasses import asdict, dataclass, replace

from tinyteach.device.wire.rules import NO_LINES_S, Settings
from tinyteach.errors import UsageError

WEIGHT_MIN, WEIGHT_STEPS = 8, 256
SECONDS_MAX = 0xFFFF - 1


@dataclass(frozen=True)
class Changes:
    """Settings to be changed; None leaves one as it is."""

    smoothing: float | None = None
    interval_ms: int | None = None
    lines: str | None = None
    keep: int | None = None
    keep_s: int | None = None
    watchdog_s: int | None = None

    @property
    def any(self) -> bool:
        return any(value is not None for value in asdict(self).values())

    def check(self) -> None:
        """Raises UsageError for a value that no board takes."""
        self.applied_to(Settings())

    def applied_to(self, settings: Settings) -> Settings:
        """Raises UsageError for a value that a board does not take."""
        given = {
            "weight": None if self.smoothing is None else _weight(self.smoothing),
            "interval_ms": _within("interval", self.interval_ms, 0xFFFF),
            "line_s": None if self.lines is None else _line_s(self.lines),
            "keep": _within("number of views kept", self.keep, 255),
            "keep_s": _within("time between views kept", self.keep_s, SECONDS_MAX),
            "watchdog_s": _within("watchdog's time", self.watchdog_s, 255),
        }
        return replace(settings, **{k: v for k, v in given.items() if v is not None})


def _within(what: str, value: int | None, highest: int) -> int | None:
    if value is not None and not 0 <= value <= highest:
        raise UsageError(f"The {what} is a number from 0 to {highest}.")
    return value


def _weight(smoothing: float) -> int:
    weight = round(smoothing * WEIGHT_STEPS) if 0 <= smoothing <= 1 else 0  # nan is neither
    if not WEIGHT_MIN <= weight <= WEIGHT_STEPS:
        lowest = WEIGHT_MIN / WEIGHT_STEPS
        raise UsageError(f"The weight of a new view is from {lowest:.2f} to 1, which smooths not.")
    return weight


def _line_s(words: str) -> int:
    named = {"off": NO_LINES_S, "changes": 0}
    if words in named:
        return named[words]
    if not words.isdigit() or not 1 <= int(words) <= SECONDS_MAX:
        raise UsageError("Lines are 'off', 'changes', or seconds such as 5.")
    return int(words)
