"""What a board does without a host, as the file that lies on it (SPEC.md, Rules)."""

import struct
from dataclasses import dataclass, field, replace

from tinyteach.errors import LinkError
from tinyteach.plain_text import plain

MAGIC = b"TTR1"
HEADER = "<4sBHHBHBB"
RULES_MAX = 16
FILE_BYTES_MAX = 1024
HOLD_MS_MAX = 86_400_000
FRAMES_MAX = 0xFFFF
NO_LINES_S = 0xFFFF

BEST, AT_LEAST, LESS = range(3)
NOTHING, PIN_LOW, PIN_HIGH, LINE = range(4)


@dataclass(frozen=True)
class Action:
    """``text`` is a pin's name or the line that is printed."""

    kind: int = NOTHING
    text: str = ""

    def as_text(self) -> str:
        """As it is written on the command line."""
        if self.kind == NOTHING:
            return "nothing"
        if self.kind == LINE:
            return f"say {plain(self.text)}"
        return f"pin {plain(self.text)} {'high' if self.kind == PIN_HIGH else 'low'}"


@dataclass(frozen=True)
class Rule:
    """When ``label`` (empty: none is believed) is seen so, do ``then``, afterwards ``otherwise``.

    ``steps`` is a probability in 256ths, ``frames`` how many views in a row must meet the
    condition, ``hold_ms`` how long the rule stays met after the last of them.
    """

    label: str
    condition: int
    steps: int
    frames: int
    hold_ms: int
    then: Action
    otherwise: Action


@dataclass(frozen=True)
class Settings:
    """How a board works alone; ``weight`` of a new view in 256ths, 1 to 256."""

    weight: int = 128
    interval_ms: int = 200
    line_s: int = 5
    keep: int = 0
    keep_s: int = 60
    watchdog_s: int = 0


@dataclass(frozen=True)
class RuleFile:
    """Settings and rules together, as they go to the board."""

    settings: Settings = field(default_factory=Settings)
    rules: tuple[Rule, ...] = ()

    def encode(self) -> bytes:
        s = self.settings
        numbers = (s.weight - 1, s.interval_ms, s.line_s, s.keep, s.keep_s, s.watchdog_s)
        header = struct.pack(HEADER, MAGIC, *numbers, len(self.rules))
        return header + b"".join(map(_encode_rule, self.rules))

    def with_rules(self, rules: tuple[Rule, ...]) -> "RuleFile":
        return replace(self, rules=rules)


def _encode_rule(rule: Rule) -> bytes:
    numbers = struct.pack("<BBHI", rule.condition, rule.steps, rule.frames, rule.hold_ms)
    actions = _encode_action(rule.then) + _encode_action(rule.otherwise)
    return _encode_text(rule.label) + numbers + actions


def _encode_action(action: Action) -> bytes:
    return bytes((action.kind,)) + _encode_text(action.text)


def _encode_text(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data),)) + data


def decode(content: bytes) -> RuleFile:
    """What a board holds. Raises LinkError where it is of a version that is not known here."""
    try:
        return _decode(content)
    except (ValueError, struct.error, IndexError) as error:
        raise LinkError(
            "The rules on the board cannot be read; clear them with 'tinyteach rule clear'."
        ) from error


def _decode(content: bytes) -> RuleFile:
    magic, weight, *numbers, count = struct.unpack_from(HEADER, content)
    if magic != MAGIC or count > RULES_MAX:
        raise ValueError("magic or count")
    at, rules = struct.calcsize(HEADER), []
    for _ in range(count):
        rule, at = _decode_rule(content, at)
        rules.append(rule)
    return RuleFile(Settings(weight + 1, *numbers), tuple(rules))


def _decode_rule(content: bytes, at: int) -> tuple[Rule, int]:
    label, at = _decode_text(content, at)
    condition, steps, frames, hold_ms = struct.unpack_from("<BBHI", content, at)
    if condition > LESS:
        raise ValueError("condition")
    then, at = _decode_action(content, at + 8)
    otherwise, at = _decode_action(content, at)
    return Rule(label, condition, steps, frames, hold_ms, then, otherwise), at


def _decode_action(content: bytes, at: int) -> tuple[Action, int]:
    text, end = _decode_text(content, at + 1)
    if content[at] > LINE:
        raise ValueError("action")
    return Action(content[at], text), end


def _decode_text(content: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + content[at]
    if end > len(content):
        raise ValueError("cut short")
    return content[at + 1 : end].decode(), end
