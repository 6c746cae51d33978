"""Smoothing and rule files on the board, against the host's reference, on both word sizes."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_smoothing import believed, smooth
from tinyteach.device.wire.rules import Action, Rule, RuleFile, Settings, decode

SMOOTH = """
import sys
from agent.alone.smoothing import Smoother
for line in sys.stdin:
    weight, outputs, labels, threshold, text = line.split()
    scores, outputs = bytes.fromhex(text), int(outputs)
    smoother = Smoother(outputs, int(weight))
    for at in range(0, len(scores), outputs):
        smoother.add(scores[at : at + outputs])
        best = smoother.best(int(labels))
        known = smoother.steps(best) >= int(threshold)
        steps = [smoother.steps(index) for index in range(outputs)]
        print(*steps, best if known else -1)
"""

CASES = 60


def test_smoothing_is_the_reference_bit_for_bit(micropython):
    rng = np.random.default_rng(5)
    lines, expected = [], []
    for case in range(CASES):
        outputs, views = int(rng.integers(2, 9)), int(rng.integers(1, 40))
        weight = (1, 8, 128, 255, 256)[case % 5] if case < 20 else int(rng.integers(1, 257))
        scores = rng.integers(-128, 128, (views, outputs)).astype(np.int8)
        if case % 3 == 0:  # the extremes, and long stays at one
            scores = np.repeat(rng.choice([-128, 127], (views, outputs)), 3, 0).astype(np.int8)
        threshold = int(rng.integers(0, 256))
        lines.append(f"{weight} {outputs} {outputs - 1} {threshold} {scores.tobytes().hex()}")
        smoothed = smooth(scores, weight)
        labels = believed(smoothed, outputs - 1, threshold)
        expected += [[*map(int, row), label] for row, label in zip(smoothed, labels, strict=True)]
    said = micropython.run(SMOOTH, stdin="\n".join(lines).encode())
    assert [list(map(int, line.split())) for line in said.splitlines()] == expected


def test_smoothing_allocates_nothing(micropython):
    code = """
import gc, micropython
from agent.alone.smoothing import Smoother
smoother, scores = Smoother(5, 77), bytearray(b"\\x80\\x7f\\x00\\xff\\x10")
def views():
    for _ in range(1000):
        smoother.add(scores)
        smoother.best(4)
micropython.heap_lock()
views()
micropython.heap_unlock()
print("done")
"""
    assert micropython.run(code) == "done\n"


def test_rules_that_do_not_change_allocate_nothing(micropython, tmp_path):
    rules = (
        Rule("cat", 1, 200, 3, 500, Action(3, "on"), Action(3, "off")),
        Rule("", 0, 0, 2, 0, Action(3, "on"), Action()),
    )
    path = tmp_path / "rules"
    path.write_bytes(RuleFile(Settings(), rules).encode())
    code = f"""
import micropython, time
from agent.alone import rules
from agent.alone.smoothing import Smoother
_, loaded = rules.load({str(path)!r})
smoother = Smoother(3, 128)
smoother.add(b"\\x7f\\x80\\x80")
def views():
    for rule in loaded:
        for _ in range(1000):
            rule.take(rule.holds(smoother, 0), time.ticks_ms())
for rule in loaded:
    assert rule.begin(["cat", "dog"]) == ""
views()
micropython.heap_lock()
views()
micropython.heap_unlock()
print([rule.met for rule in loaded])
"""
    assert micropython.run(code) == "[True, False]\n"


# (whether a view meets the condition, ms since the first, whether the rule is met by then): of two
# frames in a row, held for a second from the last view that had them.
HELD = [
    *[(True, 0, False), (False, 10, False), (True, 20, False), (True, 30, True)],
    *[(True, 40, True), (False, 50, True), (True, 1039, True), (False, 1040, False)],
    *[(True, 1050, False), (True, 1060, True), (False, 2059, True), (False, 2060, False)],
]


@pytest.mark.parametrize("first_ms", [0, 2**30 - 35, 2**30 - 1500])
def test_a_rule_holds_for_so_long(micropython, tmp_path, first_ms):
    """By a board's clock, which wraps in between, too."""
    path = tmp_path / "rules"
    rule = Rule("cat", 0, 0, 2, 1000, Action(3, "on"), Action())
    path.write_bytes(RuleFile(Settings(), (rule,)).encode())
    code = f"""
import time
from agent.alone import rules
_, (rule,) = rules.load({str(path)!r})
rule.begin(["cat"])
met = []
for holds, at_ms, _ in {HELD!r}:
    before = rule.met
    assert rule.take(holds, time.ticks_add({first_ms}, at_ms)) == (rule.met != before)
    met.append(rule.met)
print(met)
"""
    assert micropython.run(code) == f"{[met for _, _, met in HELD]}\n"


# Files

LOAD = """
import sys
from agent.alone import rules
for line in sys.stdin:
    with open(sys.argv[1], "wb") as file:
        file.write(bytes.fromhex(line))
    try:
        settings, loaded = rules.load(sys.argv[1])
        print(*settings[1:], *[len(rule.label) for rule in loaded])
    except ValueError as error:
        print("refused:", error)
"""

texts = st.text(max_size=20).map(lambda text: text.encode(errors="replace").decode())
pins = st.builds(Action, st.integers(1, 2), st.text("ABC0123", min_size=1, max_size=5))
actions = st.one_of(pins, st.builds(Action, st.just(3), texts), st.just(Action()))
numbers = {"frames": st.integers(1, 65535), "hold_ms": st.integers(0, 86_400_000)}
rule_texts = st.builds(
    Rule,
    st.text("abcdef ü空", min_size=1, max_size=20),
    st.integers(0, 2),
    st.integers(0, 255),
    then=actions,
    otherwise=actions,
    **numbers,
)
files = st.builds(
    RuleFile,
    st.builds(
        Settings,
        st.integers(1, 256),
        st.integers(0, 65535),
        st.integers(0, 65535),
        st.integers(0, 255),
        st.integers(0, 65535),
        st.integers(0, 255),
    ),
    st.lists(rule_texts, max_size=5).map(tuple),
)


@given(st.lists(files, min_size=1, max_size=20))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_board_and_host_read_the_same(micropython, tmp_path, written):
    lines = "\n".join(file.encode().hex() for file in written)
    said = micropython.run(LOAD, str(tmp_path / "rules"), stdin=lines.encode()).splitlines()
    for file, line in zip(written, said, strict=True):
        s = file.settings
        expected = [s.weight - 1, s.interval_ms, s.line_s, s.keep, s.keep_s, s.watchdog_s]
        expected += [len(file.rules), *[len(rule.label) for rule in file.rules]]
        assert list(map(int, line.split())) == expected
        assert decode(file.encode()) == file


def test_cut_and_wrong_files_are_refused(micropython, tmp_path):
    rule = Rule("cat", 1, 200, 3, 500, Action(2, "21"), Action(3, "off"))
    whole = RuleFile(Settings(), (rule, rule)).encode()
    cut = [whole[:length] for length in range(len(whole))]
    at = 14 + 4
    wrong = [b"TTR2" + whole[4:]]
    wrong += [whole[:at] + bytes((3,)) + whole[at + 1 :]]  # a condition that there is not
    wrong += [whole[: at + 2] + bytes(2) + whole[at + 4 :]]  # no frames
    wrong += [whole[: at + 4] + b"\xff\xff\xff\xff" + whole[at + 8 :]]  # held too long
    wrong += [whole[: at + 8] + bytes((9,)) + whole[at + 9 :]]  # an action that there is not
    lines = "\n".join(content.hex() for content in [*cut, *wrong])
    said = micropython.run(LOAD, str(tmp_path / "rules"), stdin=lines.encode()).splitlines()
    # A file of no bytes is one that was cut, too.
    assert len(said) == len(cut) + len(wrong)
    assert all(line.startswith("refused") for line in said), json.dumps(said)


@pytest.mark.parametrize("weight", [8, 128, 256])
def test_smoothing_reaches_what_stays(weight):
    """Whatever was before, a score that stays is reached to one step."""
    scores = np.array([[-128], *[[127]] * 2000, *[[-128]] * 2000], np.int8)
    smoothed = smooth(scores, weight)[:, 0]
    assert abs(int(smoothed[2000]) - 255) <= 1 and smoothed[-1] <= 1
