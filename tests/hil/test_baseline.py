"""--tt-baseline: what runs are compared with, and what is told of it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach.errors import HilFileError
from tinyteach.hil.baseline import (
    Baseline,
    KindBaseline,
    PastRun,
    format_baseline,
    parse_baseline,
)
from tinyteach.hil.comparison import Now, compare
from tinyteach.hil.drift import RUNS_MAX
from tinyteach.hil.quantities import PROCESSOR_TIME, photographs, plain_test, quantities
from tinyteach.hil.results import Measurement, Sighting

FILE = Path("baseline.json")

# The file

TEXT = st.text(max_size=3)
RUNS = st.builds(
    PastRun,
    *(TEXT, TEXT, TEXT),
    st.dictionaries(TEXT, st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=3)),
)
RIGHT = st.dictionaries(TEXT, st.dictionaries(TEXT, st.booleans(), max_size=2), max_size=2)
KINDS = st.builds(
    lambda runs, photographs: KindBaseline(runs, max(len(runs) - 2, 0), photographs),
    st.lists(RUNS, max_size=3),
    RIGHT,
)


@settings(max_examples=50)
@given(st.dictionaries(TEXT, KINDS, max_size=2))
def test_what_was_written_is_read(kinds):
    assert parse_baseline(format_baseline(Baseline(kinds)), FILE) == Baseline(kinds)


@settings(max_examples=50)
@given(KINDS, st.data())
def test_a_damaged_file_is_refused_with_a_sentence_or_read(kind, data):
    content = bytearray(format_baseline(Baseline({"virtual": kind})))
    for _ in range(3):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_baseline(bytes(content), FILE)
    except HilFileError as error:
        assert FILE.name in str(error) and "\n" not in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=5,
)


@given(JSON, JSON, JSON)
def test_whatever_stands_there_is_refused_with_a_sentence_or_read(since, runs, rounds):
    run = {"at": "", "agent": "", "computer": "", "rounds": {"x": rounds}}
    kind = {"since": since, "runs": runs, "photographs": {}}
    for of in (kind, kind | {"since": 0, "runs": [run]}):
        content = json.dumps({"tinyteach_baseline": 1, "kinds": {"virtual": of}}).encode()
        try:
            parse_baseline(content, FILE)
        except HilFileError as error:
            assert "baseline.json is no baseline (" in str(error)


def test_a_newer_file_is_no_damaged_one():
    with pytest.raises(HilFileError, match="written by a newer TinyTeach"):
        parse_baseline(b'{"tinyteach_baseline": 2, "kinds": {}}', FILE)


def test_only_so_many_runs_are_kept_and_a_change_begins_anew():
    known = KindBaseline()
    for number in range(RUNS_MAX + 5):
        run = PastRun(str(number), "", "", {"x": [number]})
        known = known.with_run(run, {"t": {str(number): True}}, is_change=number == 20)
    assert [run.at for run in known.runs] == [str(n) for n in range(5, RUNS_MAX + 5)]
    assert known.compared[0].at == "20" and len(known.photographs["t"]) == 1


# Comparing

TEST = "test_it.py::test_it"


def latencies(embedding: float, head: float, wobble: float = 0.0):
    """Of three rounds, as a board's processor measures them."""
    return [
        Measurement("latency_ms", (value + step,) * 10, "ms", {"stage": stage} | PROCESSOR_TIME)
        for step in (-wobble, 0, wobble)
        for stage, value in (("embedding", embedding), ("head", head))
    ]


def known_of(runs, right=None, computer="this"):
    """A baseline of these runs' measurements."""
    past = [
        PastRun("", "", computer, {q.key: list(q.rounds) for q in quantities(each)})
        for each in runs
    ]
    return KindBaseline(past, 0, right or {})


BEFORE = [latencies(100 + n, 10, 0.5) for n in (-0.4, 0, 0.4)]


def now(measured, seen=(), computer="this"):
    return Now(quantities(measured), photographs(seen), computer, is_virtual=True)


def test_a_slower_stage_is_named_with_old_and_new():
    found = compare(known_of(BEFORE), now(latencies(110, 10.1, 0.5)))
    assert {row.title for row in found.worse} == {
        "latency embedding processor p50",
        "latency embedding processor p95",
    } or [row.stage for row in found.worse] == ["embedding", "embedding"]
    head, first, *_, stage = found.lines()
    assert head.split() == ["old", "new", "change", "95", "%", "interval"]
    assert "100 ms" in first and "110 ms" in first and "+10.0 %" in first
    assert stage == "Most of it is in embedding: 99 % of what got slower."


def test_what_is_as_before_or_better_is_nothing_to_tell():
    assert compare(known_of(BEFORE), now(latencies(100.1, 10, 0.5))).lines() == []
    assert compare(known_of(BEFORE), now(latencies(80, 9, 0.5))).lines() == []


def test_another_computer_s_times_and_those_by_the_clock_are_not_compared():
    found = compare(known_of(BEFORE), now(latencies(200, 10), computer="other"))
    assert not found.rows and "are another computer's" in found.notes[0]
    plain = [Measurement("latency_ms", (5.0,), "ms")]
    found = compare(known_of([plain]), now([Measurement("latency_ms", (9.0,), "ms")]))
    assert not found.rows and "they tell of the computer's load" in found.notes[0]


def test_with_few_runs_their_noise_is_not_known_and_that_is_told():
    (note,) = compare(known_of(BEFORE[:1]), now(latencies(100, 10, 0.5))).notes
    assert note.startswith("The baseline has 1 run of this kind of board")


def test_a_drift_is_told():
    runs = [latencies(100 + 0.1 * n, 10, 0.5) for n in range(9)]
    found = compare(known_of(runs), now(latencies(101, 10, 0.5)))
    assert not found.worse and "drifts: from 100 to 100.9 ms over 10 runs" in found.drifts[0]


def seen(right, names=True, test=TEST):
    return [
        Sighting("cup", "cup" if each else "pot", "cup", 0.9, f"cup {n}" * names, test=test)
        for n, each in enumerate(right)
    ]


@pytest.mark.parametrize("names", [True, False])
def test_photographs_are_compared_each_with_itself(names):
    before = photographs(seen([True] * 95 + [False] * 5, names))
    lost = seen([True] * 80 + [False] * 20, names)
    found = compare(known_of([], before), now([], lost))
    (row,) = found.worse
    assert (row.title, row.change.old, row.change.new) == ("accuracy", 0.95, 0.80)
    assert "95.0 %" in found.lines()[1] and "-15.0 points" in found.lines()[1]
    same = compare(known_of([], before), now([], seen([True] * 95 + [False] * 5, names)))
    assert same.rows and not same.worse


def test_other_photographs_are_not_compared():
    before = photographs(seen([True] * 10))
    others = [Sighting("cup", "pot", "cup", 0.9, f"other {n}", test=TEST) for n in range(10)]
    found = compare(known_of([], before), now([], others))
    assert not found.rows and "of the 10 photographs of the baseline none were" in found.notes[0]


def test_a_test_is_the_same_on_whatever_board():
    assert plain_test("t.py::t[/dev/tty-A]", "/dev/tty-A") == "t.py::t"
    assert plain_test("t.py::t[virtual-3]", "virtual") == "t.py::t[3]"
    assert plain_test("t.py::t[3]", "virtual") == "t.py::t[3]"


# In pytest

MEASURES = """
def test_figures(board, measure):
    for value in ({values}):
        measure("boot_s", value, clock="processor")

def test_recognised(board, measure):
    import tinyteach as tt
    from tinyteach.hil.results import Sighting
    for number in range(100):
        label = "cup" if number >= {wrong} else "pot"
        measure._pending.sightings.append(Sighting("cup", label, label, 0.9, f"cup {{number}}"))
"""
GOOD = MEASURES.format(values="1.0, 1.01, 0.99", wrong=3)
BAD = MEASURES.format(values="1.5, 1.51, 1.49", wrong=30)


@pytest.fixture(scope="module")
def baseline(one_board, tmp_path_factory):
    return tmp_path_factory.mktemp("baseline") / FILE


def run_twice(run_tests, code, *options):
    """Under the same name, as a project's tests have it."""
    return run_tests(code, *options, name="test_board.py")


def test_a_baseline_is_written_kept_to_and_changed(one_board, run_tests, baseline):
    options = "--tt-board", one_board.port, "--tt-baseline", str(baseline)
    update = *options, "--tt-update-baseline"
    missing = run_twice(run_tests, GOOD, *options)
    assert missing.code == 23 and "write it with --tt-baseline" in missing.said
    for count in (1, 2, 3):
        ran = run_twice(run_tests, GOOD, *update)
        assert ran.code == 0 and f"Runs of virtual in the baseline: {count}." in ran.said
    content = baseline.read_bytes()
    ran = run_twice(run_tests, GOOD, *options)
    assert ran.code == 0 and "1 compared, none worse than in the baseline" in ran.said
    ran = run_twice(run_tests, BAD, *options)
    assert ran.code == 1 and set(ran.outcomes.values()) == {"failed"}
    for said in ("Worse than in the baseline", "+50.0 %", "97.0 %", "70.0 %", "-27.0 points"):
        assert said in ran.said
    assert baseline.read_bytes() == content
    ran = run_twice(run_tests, BAD, *update)
    assert ran.code == 0 and "virtual got worse; later runs are compared with this one." in ran.said
    assert len(json.loads(baseline.read_bytes())["kinds"]["virtual"]["runs"]) == 4
    assert run_twice(run_tests, BAD, *options).code == 0


def test_a_run_that_fails_is_not_added(one_board, run_tests, tmp_path):
    options = "--tt-baseline", str(tmp_path / FILE), "--tt-update-baseline"
    failing = GOOD + "\ndef test_fails(board):\n    assert False\n"
    ran = run_tests(failing, "--tt-board", one_board.port, *options)
    assert ran.code == 1 and "only a run that ends with 0 is added to it" in ran.said
    assert not (tmp_path / FILE).exists()
    ran = run_tests("def test_none(board):\n    pass\n", "--tt-board", one_board.port, *options)
    assert ran.code == 0 and "no test measured anything" in ran.said


def test_a_baseline_that_is_none_or_cannot_be_written(one_board, run_tests, tmp_path):
    code = "def test_it(board):\n    pass\n"
    (tmp_path / FILE).write_text("{}")
    ran = run_tests(code, "--tt-baseline", str(tmp_path / FILE))
    assert ran.code == 23 and "is no baseline (it is another file)" in ran.said
    assert run_tests(code, "--tt-update-baseline").code == pytest.ExitCode.USAGE_ERROR
    nowhere = str(tmp_path / "no" / "such" / FILE)
    options = "--tt-board", one_board.port, "--tt-baseline", nowhere, "--tt-update-baseline"
    ran = run_tests(GOOD, *options)
    assert ran.code == 23 and "could not be written" in ran.said and "Traceback" not in ran.said


def test_the_budgets_of_the_project_are_kept_to(one_board, run_tests, tmp_path):
    toml = tmp_path / "tinyteach-hil.toml"
    toml.write_text(
        "[budget.default]\nboot_s = 0.5\n[budget.virtual]\naccuracy_of = {cup = 0.98}\n"
    )
    options = "--tt-board", one_board.port, "--tt-config", str(toml)
    ran = run_tests(GOOD, *options)
    assert ran.code == 1 and set(ran.outcomes.values()) == {"failed"}
    assert "boot processor is 1 s (p50), and its budget is at most 0.5." in ran.said
    assert "accuracy cup is 0.97, and its budget is at least 0.98." in ran.said
    toml.write_text("[budget.virtual]\nboot_s = 2\n[budget.rp2350]\nboot_s = 0.5\n")
    assert run_tests(GOOD, *options).code == 0
    toml.write_text("[budget.virtual]\nboot_s = 'quick'\n")
    ran = run_tests(GOOD, *options)
    assert ran.code == 23 and "boot_s is 'quick'; give it a number of 0 or more." in ran.said


def test_what_is_measured_of_no_board_needs_none(run_tests, tmp_path):
    toml = tmp_path / "tinyteach-hil.toml"
    toml.write_text("[budget.default]\nboot_s = 0.5\n")
    code = "def test_it(measure):\n    measure('boot_s', 9)\n"
    assert run_tests(code, "--tt-board=/dev/ttyNONE", "--tt-config", str(toml)).code == 0
