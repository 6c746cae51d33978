"""Rules in words, there and back."""

import pytest

from tinyteach.device.wire.rules import AT_LEAST, BEST, LESS, LINE, PIN_HIGH, PIN_LOW, Action, Rule
from tinyteach.errors import UsageError
from tinyteach.service.boards.rule_text import condition_text, missing_labels, parse_rule, rule_text

PIN = Action(PIN_HIGH, "21")
BACK = Action(PIN_LOW, "21")


@pytest.mark.parametrize(
    ("words", "label", "condition", "steps", "frames"),
    [
        ("mask >= 80% for 3 frames", "mask", AT_LEAST, 205, 3),
        ("mask>=80% for 1 frame", "mask", AT_LEAST, 205, 1),
        ("no mask < 20 %", "no mask", LESS, 51, 1),
        ("no mask", "no mask", BEST, 0, 1),
        ("red cup for 12 views", "red cup", BEST, 0, 12),
        ("unknown for 5 frames", "", BEST, 0, 5),
        ("Käse >= 100%", "Käse", AT_LEAST, 255, 1),
        ('"unknown" >= 50%', "unknown", AT_LEAST, 128, 1),
        ('"a = b" for 2 frames', "a = b", BEST, 0, 2),
    ],
)
def test_conditions(words, label, condition, steps, frames):
    rule = parse_rule(words, "pin 21 high", None, 0)
    assert rule == Rule(label, condition, steps, frames, 0, PIN, BACK)
    assert parse_rule(condition_text(rule), "pin 21 high", None, 0) == rule


@pytest.mark.parametrize(
    "words",
    ["", "   ", "mask >= 80", "mask > 80%", "mask = 3", "mask >= 101%", "mask for 0 frames"]
    + ["mask for 70000 frames", "unknown >= 50%", "mask >= 80% for frames", ">= 80%"],
)
def test_conditions_that_mean_nothing(words):
    with pytest.raises(UsageError, match=r".*\.$"):
        parse_rule(words, "pin 21 high", None, 0)


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("pin LED low", Action(PIN_LOW, "LED")),
        ("say door is open", Action(LINE, "door is open")),
        ('say {"door":  1}', Action(LINE, '{"door":  1}')),
    ],
)
def test_actions(words, action):
    rule = parse_rule("cat", words, None, 2.5)
    assert rule.then == action and rule.hold_ms == 2500
    assert rule.then.as_text() == words and words in rule_text(rule)
    assert parse_rule("cat", words, "nothing", 0).otherwise == Action()
    assert parse_rule("cat", words, "say bye", 0).otherwise == Action(LINE, "bye")


@pytest.mark.parametrize(
    "words", ["", "pin 21", "pin high", "pin 21 up", "say", "nothing", "sing", "say " + "x" * 201]
)
def test_actions_that_mean_nothing(words):
    with pytest.raises(UsageError, match=r".*\.$"):
        parse_rule("cat", words, None, 0)


@pytest.mark.parametrize("hold_s", [-1, 86_401])
def test_hold_time_is_bounded(hold_s):
    with pytest.raises(UsageError, match="held"):
        parse_rule("cat", "pin 1 high", None, hold_s)


def test_a_head_without_the_class_is_said():
    rules = [parse_rule(words, "pin 1 high", None, 0) for words in ("cat", "dog", "unknown")]
    assert missing_labels(rules, ["cat", "coffee"]) == [
        "Rule 2 (dog) rests: the head on the board has no class dog."
    ]


@pytest.mark.parametrize("written", ["Unknown", "UNKNOWN for 2 frames", " unKnown "])
def test_unknown_is_unknown_however_it_is_written(written):
    rule = parse_rule(written, "say x", None, 0)
    assert rule.label == "" and condition_text(rule).startswith("unknown")
    named = parse_rule('"Unknown"', "say x", None, 0)
    assert named.label == "Unknown" and condition_text(named) == '"Unknown"'
