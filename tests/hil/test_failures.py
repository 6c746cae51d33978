"""Failures that explain themselves: retries, quarantine, and what the board was like."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planted_kernels import FLIPPED_ROUNDING, plant
from tinyteach.errors import HilFileError
from tinyteach.hil import plugin, summary
from tinyteach.hil.results import Sighting
from tinyteach.hil.settings import EXAMPLES, parse
from tinyteach.hil.why import explained

# Retries

TRIES = """
tries, taken_down, module = {"second": 0, "never": 0, "always": 0}, [], []

@pytest.fixture(scope="module")
def of_the_module(board):
    module.append("up")
    yield
    module.append("down")

@pytest.fixture
def mine(board):
    yield
    taken_down.append(board)

def attempt(name):
    tries[name] += 1
    return tries[name]

def test_second(board, mine, of_the_module, measure):
    measure("attempts", attempt("second"))
    assert len(taken_down) == tries["second"] - 1 and module == ["up"]
    assert tries["second"] > 1, "the first word"

def test_never(board):
    assert attempt("never") < 0, f"attempt {tries['never']}"

def test_always(board):
    assert attempt("always") == 1

def test_without_a_board():
    pass
"""


def test_a_retry_turns_nothing_green_in_silence(one_board, run_tests, tmp_path):
    junit = tmp_path / "junit.xml"
    options = ("--tt-board", one_board.port, "--tt-retries=2")
    only = TRIES.replace("def test_never", "def not_tested")
    ran = run_tests(only, *options, f"--junitxml={junit}")
    assert ran.code == 20, ran.said
    assert ran.outcomes == {"test_second": "passed on retry", "test_always": "passed"}
    (found,) = ran.run.of("passed on retry")
    assert found.tries == 2 and "the first word" in found.detail and "the first" in found.reason
    assert "1 passed on retry" in ran.said and "AssertionError: the first word" in ran.said
    case = ET.parse(junit).find(".//testcase[@name='test_second']")
    told = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert told["tinyteach_outcome"] == "passed on the second try"
    assert "the first word" in told["tinyteach_first_failure"]
    assert ran.run.measurements[0].samples == (1,) and ran.run.measurements[1].samples == (2,)


def test_what_never_passes_fails_and_shows_its_first_failure(one_board, run_tests):
    ran = run_tests(TRIES, "--tt-board", one_board.port, "--tt-retries=2")
    assert ran.code == 1 and ran.outcomes["test_never"] == "failed"
    (found,) = ran.run.of("failed")
    assert found.tries == 3 and "attempt 1" in found.detail
    assert "attempt 1" in ran.said and "attempt 3" in ran.said


@pytest.mark.soak
def test_several_processes_tell_the_same(one_board, run_tests):
    """xdist's workers hand on what they found with their reports."""
    ran = run_tests(TRIES, "--tt-board", one_board.port, "--tt-retries=2", "-n1")
    assert ran.code == 1, ran.said
    assert [each.outcome for each in ran.run.outcomes] == ["passed on retry", "failed", "passed"]
    assert ran.run.boards[0].word == one_board.port and len(ran.run.measurements) == 2
    assert "the first word" in ran.said and "1 passed on retry" in ran.said


# Quarantine

FAILS = """
def test_flickers(board):
    assert board.photo is None, "it flickers"

@pytest.mark.parametrize("n", [1, 2])
def test_each(board, n):
    assert n == 2

def test_fine(board):
    pass
"""
ENTRY = """[[quarantine]]
test = "{test}"
reason = "the lamp"
owner = "Ada"
expires = {expires}
"""


@pytest.fixture
def today(monkeypatch):
    """A day that does not end while a test runs."""
    day = date(2026, 2, 28)
    calendar = type("Calendar", (date,), {"today": classmethod(lambda _: day)})
    for module in (plugin, summary):
        monkeypatch.setattr(module, "date", calendar)
    return day


def in_quarantine(tmp_path, expires):
    """The options, with all three tests of the file there until that day."""
    names = [f"test_{number}.py::{name}" for number in range(200) for name in TESTS]
    path = tmp_path / "tinyteach-hil.toml"
    path.write_text("\n".join(ENTRY.format(test=name, expires=expires) for name in names))
    return "--tt-config", str(path)


TESTS = ("test_flickers", "test_each", "test_fine")


def test_what_is_in_quarantine_fails_without_consequence(one_board, run_tests, tmp_path, today):
    junit = tmp_path / "junit.xml"
    options = ("--tt-board", one_board.port, *in_quarantine(tmp_path, today), f"--junitxml={junit}")
    ran = run_tests(FAILS, *options)
    assert ran.code == 0, ran.said
    assert ran.outcomes == {
        "test_flickers": "quarantined",
        "test_each[1]": "quarantined",
        "test_each[2]": "passed",
        "test_fine": "passed",
    }
    assert "2 quarantined" in ran.said and "it flickers" in ran.said
    assert "(the lamp; Ada)" in ran.said and "test_fine passes and is in quarantine" in ran.said
    assert "test_199.py::test_fine is no test of this run" in ran.said
    (case,) = ET.parse(junit).findall(".//testcase[@name='test_flickers']/skipped")
    assert "(the lamp; Ada)" in case.get("message")


def test_a_quarantine_that_is_over_fails(one_board, run_tests, tmp_path, today):
    yesterday = today - timedelta(days=1)
    options = ("--tt-board", one_board.port, *in_quarantine(tmp_path, yesterday))
    ran = run_tests(FAILS, *options)
    assert ran.code == 1
    assert ran.outcomes["test_flickers"] == ran.outcomes["test_each[1]"] == "failed"
    assert "which is over; mend it" in ran.said and "test_fine passes" in ran.said


WHOLE = ENTRY.format(test="a", expires="2026-12-31")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (WHOLE.replace("expires = 2026-12-31", ""), "has no expires; add expires, such as expires"),
        (WHOLE.replace("2026-12-31", '"soon"'), "of a in .* has expires in another form; write"),
        (WHOLE.replace("2026-12-31", "2026-12-31T10:00:00Z"), "has expires in another form"),
        (WHOLE.replace("Ada", ""), "has no owner; add owner"),
        (WHOLE.replace('reason = "the lamp"', ""), "has no reason; add reason"),
        (WHOLE.replace('test = "a"', ""), "of a test in .* has no test"),
        (WHOLE + "untill = 3\n", "has untill, which it cannot have"),
        (WHOLE.replace("[[quarantine]]", "[quarantine]"), "is no list of tests"),
        ("quarantine = 5", "is no list of tests"),
        ("[quarantined]", "has a section 'quarantined', and there is none such"),
        ("[[", "is no TOML"),
        (b"\xff", "is no TOML"),
    ],
)
def test_a_damaged_file_is_one_sentence(run_tests, tmp_path, content, said):
    path = tmp_path / "own.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(HilFileError, match=said) as error:
        parse(path.read_bytes(), path)
    assert str(error.value).count("\n") == 0 and str(error.value).endswith(".")


def test_a_damaged_file_ends_a_run_with_its_own_code(run_tests, tmp_path):
    (tmp_path / "own.toml").write_text("[[quarantine]]\ntest = 'x'\n")
    ran = run_tests(FAILS, "--tt-board=/dev/ttyNONE", f"--tt-config={tmp_path / 'own.toml'}")
    assert ran.code == 23 and "has no reason; add reason" in ran.said
    assert "Traceback" not in ran.said and "passed" not in ran.said
    ran = run_tests(FAILS, "--tt-board=/dev/ttyNONE", "--tt-config=none.toml")
    assert ran.code == 23 and "There is no file none.toml" in ran.said


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_content_is_a_traceback(content):
    try:
        parse(content, EXAMPLES_PATH)
    except HilFileError as error:
        assert str(error).endswith(".")


EXAMPLES_PATH = EXAMPLES["test"]

# What the board was like


LIES = """
def test_it(board):
    assert board.info.labels == ["what it does not know"]
"""


def test_a_failing_test_names_the_first_differing_tensor(switch_on, run_tests):
    with switch_on("i386") as board:
        plant(board, FLIPPED_ROUNDING)
        ran = run_tests(LIES, "--tt-board", board.port)
    assert ran.code == 1
    line = ran.run.of("failed")[0].why[-1]
    assert line.startswith("Board and computer differ first in operator 1 of the embedding")
    assert line in ran.said


def test_a_camera_that_gives_black_is_named(one_board, run_tests):
    one_board.show(black(240))
    said = run_tests(LIES, "--tt-board", one_board.port).run.of("failed")[0].why
    assert said[0].startswith("The camera gives black: no pixel") and "agree" in said[1]


def black(side):
    import numpy as np

    return np.zeros((side, side, 3), np.uint8)


def sightings(right, of, classes=3, agrees=True):
    truths = [f"class {number % classes}" for number in range(of)]
    return [
        Sighting(truth, truth if number < right else "unknown", truth, 0.5, agrees=agrees)
        for number, truth in enumerate(truths)
    ]


def test_a_head_that_guesses_is_named():
    guessing, poor, other = (
        explained(None, found)
        for found in (sightings(4, 12), sightings(10, 12), sightings(12, 12, agrees=False))
    )
    assert "no more than guessing among 3 classes" in guessing[0]
    assert "most often class 1 was taken for unknown" in poor[0]
    assert other == ["The board computed 12 of 12 pictures otherwise than this computer."]
    assert explained(None, sightings(12, 12)) == []
