"""Rules in words: ``mask >= 80% for 3 frames``, ``pin 21 high``."""

import re
from collections.abc import Sequence

from tinyteach.coded import Coded, fill, say
from tinyteach.data.names import UNKNOWN, stored_form
from tinyteach.device.wire.rules import (
    AT_LEAST,
    BEST,
    FRAMES_MAX,
    HOLD_MS_MAX,
    LESS,
    LINE,
    NOTHING,
    PIN_HIGH,
    PIN_LOW,
    Action,
    Rule,
)
from tinyteach.errors import UsageError
from tinyteach.plain_text import plain

STEPS = 256
CONDITION = re.compile(
    r"""\s* (?P<label> "[^"]+" | .+? ) \s*
    (?: (?P<sign> >= | < ) \s* (?P<percent> \d+ (?:\.\d+)? ) \s* % \s* )?
    (?: (?<=\s) for \s+ (?P<frames> \d+ ) \s+ (?:frames?|views?) \s* )?""",
    re.VERBOSE,
)
# Such a class is written in quotation marks.
NEEDS_QUOTES = re.compile(r"[<>=%]|\bfor \d+ (frame|view)|^(?i:unknown)$")
CONDITION_HINT = "write it like 'mask >= 80% for 3 frames', 'mask for 3 frames' or 'unknown'"
ACTION_HINT = "write it like 'pin 21 high', 'pin 21 low' or 'say some words'"
TEXT_BYTES_MAX = 200


def parse_rule(condition: str, action: str, otherwise: str | None, hold_s: float) -> Rule:
    """A rule of the command line's words. Raises UsageError with a sentence that says how.

    Without ``otherwise`` a pin goes back to its other level, and nothing follows a line.
    """
    then = parse_action(action)
    if then.kind == NOTHING:
        raise UsageError(f"A rule that does nothing is of no use; {ACTION_HINT}.")
    after = opposite(then) if otherwise is None else parse_action(otherwise)
    return Rule(*_parse_condition(condition), _hold_ms(hold_s), then, after)


def opposite(action: Action) -> Action:
    levels = {PIN_HIGH: PIN_LOW, PIN_LOW: PIN_HIGH}
    return Action(levels[action.kind], action.text) if action.kind in levels else Action()


def _parse_condition(text: str) -> tuple[str, int, int, int]:
    """(label, condition, steps, frames)."""
    found = CONDITION.fullmatch(text)
    if not found or not found["label"].strip():
        raise UsageError(f"The condition {text!r} cannot be read; {CONDITION_HINT}.")
    label = found["label"].strip().strip('"')
    anything_else = stored_form(found["label"]) == UNKNOWN
    if NEEDS_QUOTES.search(label) and not anything_else and found["label"] != f'"{label}"':
        raise UsageError(f"The condition {text!r} cannot be read; {CONDITION_HINT}.")
    if anything_else and found["sign"]:
        raise UsageError("'unknown' has no probability; write 'unknown for 3 frames'.")
    frames = int(found["frames"] or 1)
    if not 1 <= frames <= FRAMES_MAX:
        raise UsageError(f"A rule takes 1 to {FRAMES_MAX} frames.")
    kind = {">=": AT_LEAST, "<": LESS, None: BEST}[found["sign"]]
    return "" if anything_else else label, kind, _steps(found["percent"]), frames


def _steps(percent: str | None) -> int:
    """A percentage in 256ths, 0…255."""
    value = float(percent or 0)
    if value > 100:
        raise UsageError("A probability is from 0% to 100%.")
    return min(round(value / 100 * STEPS), STEPS - 1)


def _hold_ms(hold_s: float) -> int:
    if not 0 <= hold_s * 1000 <= HOLD_MS_MAX:
        raise UsageError(f"A rule can be held for 0 to {HOLD_MS_MAX // 1000} seconds.")
    return round(hold_s * 1000)


def parse_action(text: str) -> Action:
    """``pin NAME high``, ``pin NAME low``, ``say WORDS`` or ``nothing``."""
    words = text.split()
    if words == ["nothing"]:
        return Action()
    if len(words) == 3 and words[0] == "pin" and words[2] in ("high", "low"):
        return Action(PIN_HIGH if words[2] == "high" else PIN_LOW, _short(words[1]))
    if len(words) > 1 and words[0] == "say":
        return Action(LINE, _short(text.strip()[len("say") :].strip()))
    raise UsageError(f"The action {text!r} cannot be read; {ACTION_HINT}.")


def _short(text: str) -> str:
    if len(text.encode()) > TEXT_BYTES_MAX or not text.isprintable():
        raise UsageError(f"A pin or line has at most {TEXT_BYTES_MAX} bytes, on one line.")
    return text


# The way back


def condition_text(rule: Rule) -> Coded:
    """As `parse_rule` takes it."""
    seen = _seen(rule)
    if rule.frames == 1:
        return seen
    return fill("rule-for-frames", "{seen} for {frames} frames", seen=seen, frames=rule.frames)


def _seen(rule: Rule) -> Coded:
    label = plain(rule.label) or UNKNOWN
    if rule.label and NEEDS_QUOTES.search(label):
        label = f'"{label}"'
    level = f"{round(rule.steps * 100 / STEPS)}%"
    if rule.condition == AT_LEAST:
        return fill("rule-at-least", "{label} >= {level}", label=label, level=level)
    if rule.condition == LESS:
        return fill("rule-less", "{label} < {level}", label=label, level=level)
    return fill("rule-best", "{label}", label=label)


def rule_text(rule: Rule) -> Coded:
    """For a person."""
    then, hold, after = action_text(rule.then), "", ""
    if rule.hold_ms:
        hold = fill("rule-held", ", held {time_s} s", time_s=f"{rule.hold_ms / 1000:g}")
    if rule.otherwise.kind:
        after = fill("rule-then", ", then {action}", action=action_text(rule.otherwise))
    told = "{seen}: {then}{hold}{after}"
    return fill("rule", told, seen=condition_text(rule), then=then, hold=hold, after=after)


def action_text(action: Action) -> Coded:
    """As `parse_action` takes it."""
    told, what = action.as_text(), plain(action.text)
    if action.kind == PIN_HIGH:
        return say("rule-pin-high", told, pin=what)
    if action.kind == PIN_LOW:
        return say("rule-pin-low", told, pin=what)
    return say("rule-says", told, words=what) if action.kind else say("rule-nothing", told)


def rests_with(rule: Rule, labels: Sequence[str]) -> bool:
    """Whether a rule rests with a head of these labels, because it has not the rule's class."""
    return bool(rule.label) and plain(rule.label) not in labels


def missing_labels(rules: Sequence[Rule], labels: Sequence[str]) -> list[str]:
    """Sentences on rules that rest because a head has not their class."""
    return [
        fill(
            "rule-rests",
            "Rule {number} ({seen}) rests: the head on the board has no class {label}.",
            number=number,
            seen=condition_text(rule),
            label=plain(rule.label),
        )
        for number, rule in enumerate(rules, 1)
        if rests_with(rule, labels)
    ]
