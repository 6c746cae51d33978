"""The budgets of tinyteach-hil.toml."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.errors import HilFileError
from tinyteach.hil import budgets
from tinyteach.hil.budgets import DEFAULT, KEYS, unkept
from tinyteach.hil.results import Measurement
from tinyteach.hil.settings import parse

FILE = Path("tinyteach-hil.toml")
PROCESSOR = {"clock": "processor"}


def limits(text: str, kind: str):
    return parse(text.encode(), FILE).budgets.limits(kind)


def test_a_kind_s_own_take_the_place_of_the_default_s_one_by_one():
    text = """
    [budget.default]
    accuracy = 0.9
    latency_p95_ms = { embedding = 100, head = 5 }
    [budget.virtual]
    latency_p95_ms = { embedding = 300 }
    heap_peak_bytes = 400_000
    """
    found = {(each.name, *each.tags.values()): each.value for each in limits(text, "virtual")}
    assert found == {
        ("accuracy",): 0.9,
        ("latency_ms", "embedding"): 300,
        ("latency_ms", "head"): 5,
        ("heap_peak_bytes",): 400_000,
    }
    assert {each.value for each in limits(text, "rp2350")} == {0.9, 100, 5}


MEASURED = [
    Measurement("accuracy", (1.0, 1.0, 0.0, 1.0)),
    Measurement("accuracy", (1.0, 0.0), tags={"class": "cup"}),
    Measurement("false_accepts", (1.0, 0.0)),
    Measurement("mismatches", (0.0, 1.0)),
    Measurement("latency_ms", (10.0,) * 19 + (50.0,), "ms", {"stage": "head", **PROCESSOR}),
    Measurement("link_to_board_kb_s", (90.0,), "KB/s"),
    Measurement("heap_peak_bytes", (70_000.0,), "bytes"),
    Measurement("boot_s", (2.0, 2.0, 9.0), "s", PROCESSOR),
]


@pytest.mark.parametrize(
    ("kept", "broken", "said"),
    [
        ("accuracy = 0.75", "accuracy = 0.76", "accuracy is 0.75, and its budget is at least 0.76"),
        ("accuracy_of = {cup = 0.5}", "accuracy_of = {cup = 0.51}", "accuracy cup is 0.5, and its"),
        ("false_accepts = 0.5", "false_accepts = 0.4", "false accepts is 0.5, and its budget is"),
        ("mismatches = 0.5", "mismatches = 0", "mismatches is 0.5, and its budget is at most 0"),
        ("latency_p50_ms = {head = 10}", "latency_p50_ms = {head = 9}", "is 10 ms (p50)"),
        ("latency_p95_ms = {head = 12.1}", "latency_p95_ms = {head = 11.9}", "is 12 ms (p95)"),
        ("link_to_board_kb_s = 90", "link_to_board_kb_s = 91", "is 90 KB/s, and its budget is"),
        ("heap_peak_bytes = 70_000", "heap_peak_bytes = 69_999", "heap peak is 70000 bytes"),
        ("boot_s = 2", "boot_s = 1.9", "is 2 s (p50), and its budget is at most 1.9"),
    ],
)
def test_what_is_measured_keeps_its_budget_or_not(kept, broken, said):
    section = "[budget.default]\n"
    assert unkept(limits(section + kept, "rp2350"), MEASURED) == []
    (sentence,) = unkept(limits(section + broken, "rp2350"), MEASURED)
    assert said in sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("budget = 3", "The section budget in tinyteach-hil.toml is no table; write [budget]"),
        ("budget.virtual = 3", "The section budget.virtual in tinyteach-hil.toml is no table"),
        ("[budget.toaster]", "a section 'budget.toaster', and there is no such kind of board"),
        ("[budget.default]\nspeed = 1", "'speed', which limits nothing; there are: accuracy, "),
        ("[budget.default]\naccuracy = 90", "accuracy is 90; give it a number from 0 to 1."),
        ("[budget.default]\naccuracy = true", "accuracy is True; give it a number from 0 to 1."),
        ("[budget.default]\nboot_s = -1", "boot_s is -1; give it a number of 0 or more."),
        ("[budget.default]\nboot_s = nan", "boot_s is nan; give it a number of 0 or more."),
        ("[budget.default]\nboot_s = inf", "boot_s is inf; give it a number of 0 or more."),
        (
            "[budget.default]\nlatency_p95_ms = 5",
            "give it a table with a number of 0 or more for pre",
        ),
        (
            "[budget.default]\nlatency_p95_ms = {eye = 5}",
            "preprocess or embedding or head or total",
        ),
        ("[budget.default]\naccuracy_of = {}", "a table with a number from 0 to 1 for each class."),
        ("[budget.default]\naccuracy_of = {cup = '1'}", "a table with a number from 0 to 1 for"),
        (f"[budget.default]\nboot_s = {'9' * 400}", "give it a number of 0 or more."),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(text, said):
    with pytest.raises(HilFileError) as error:
        parse(text.encode(), FILE)
    assert said in str(error.value) and "\n" not in str(error.value)


VALUES = st.recursive(
    st.integers() | st.floats() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=4,
)
SECTIONS = st.sampled_from([DEFAULT, "virtual", "rp2350", "eye"])
TABLES = st.dictionaries(SECTIONS, st.dictionaries(st.sampled_from([*KEYS, "x"]), VALUES) | VALUES)


@given(TABLES | VALUES)
def test_whatever_stands_there_is_read_or_refused(table):
    try:
        found = budgets.parse_budgets(table, FILE)
    except HilFileError as error:
        assert FILE.name in str(error)
        return
    for kind in found.kinds:
        assert all(0 <= limit.value < float("inf") for limit in found.limits(kind))


@given(st.fractions(0, 1), st.integers(0, 10**9))
def test_what_is_allowed_is_taken_as_it_stands(share, size):
    table = {DEFAULT: {"accuracy": float(share), "heap_peak_bytes": size}}
    first, second = budgets.parse_budgets(table, FILE).limits("virtual")
    assert (first.value, second.value) == (float(share), size)
