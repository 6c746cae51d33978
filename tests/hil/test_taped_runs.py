"""A run that was recorded, and the same tests against its tape."""

import pytest

from planted_kernels import FLIPPED_ROUNDING, plant
from tinyteach.service.tapes.listing import list_tape

EXACT = """
PICTURE = np.arange(64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)

def test_board(board):
    assert board.info.model_side == 64

def test_exact(reference):
    reference.check(PICTURE)
"""


@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    return tmp_path_factory.mktemp("tapes") / "of runs"


@pytest.fixture(scope="module")
def port(switch_on):
    """Where a board was that rounds otherwise, before the first test's end."""
    with switch_on("i386") as board:
        plant(board, FLIPPED_ROUNDING)
        yield board


def test_a_failure_that_was_recorded_is_the_same_without_the_board(port, run_tests, tapes):
    options = ("--tt-board", port.port)
    then = run_tests(EXACT, *options, f"--tt-record={tapes}", name="test_taped.py")
    (tape,) = tapes.glob("*.tape")
    assert then.code == 1 and then.run.told()["tape"] == str(tape)
    assert f"pytest --tt-replay={tape} with the same tests" in then.said
    port.stop()
    now = run_tests(EXACT, *options, f"--tt-replay={tape}", name="test_taped.py")
    assert now.code == 1 and "was as recorded" in now.said
    assert now.run.boards == then.run.boards
    assert now.run.told()["replayed tape"] == str(tape)
    (was,), (is_now,) = then.run.of("failed"), now.run.of("failed")
    assert (is_now.test, is_now.reason, is_now.why) == (was.test, was.reason, was.why)
    assert was.reason.startswith("operator 1 of the embedding"), was.reason


def test_where_the_host_departs_is_told(run_tests, tapes):
    (tape,) = tapes.glob("*.tape")
    other = EXACT.replace("np.arange(", "1 + np.arange(") + "\n\ndef test_after():\n    pass\n"
    ran = run_tests(other, f"--tt-replay={tape}", name="test_taped.py")
    assert ran.code == 25
    assert ran.outcomes == {
        "test_board": "passed",
        "test_exact": "departed",
        "test_after": "not run",
    }
    (departed,) = ran.run.of("departed")
    assert departed.reason.startswith("What the host sends departs from the tape in request ")
    assert "then it sent" in departed.reason and departed.reason in ran.said
    assert ran.run.facts["departure"] == departed.reason and "1 departed, 1 not run" in ran.said
    assert ran.said.count(departed.reason) == 1 and departed.reason not in ran.run.told().values()


def test_a_departure_that_a_test_hides_counts(run_tests, tapes):
    (tape,) = tapes.glob("*.tape")
    hidden = "def test_board(board):\n    with pytest.raises(Exception):\n        board.photo()\n"
    ran = run_tests(hidden, f"--tt-replay={tape}", name="test_taped.py")
    assert ran.code == 25 and "now GRAB" in ran.run.told()["departure"]
    assert ran.said.count("now GRAB") == 1


def test_other_tests_are_refused_with_the_names_of_those_that_it_holds(run_tests, tapes):
    (tape,) = tapes.glob("*.tape")
    other = "def test_other(board):\n    assert False\n" + EXACT
    ran = run_tests(other, f"--tt-replay={tape}", name="test_taped.py")
    assert ran.code == 24 and ran.run.outcomes == []
    assert "has nothing of test_taped.py::test_other; it holds test_taped.py::test_" in ran.said
    listed = list_tape(tape)
    assert listed.tests == ["test_taped.py::test_board", "test_taped.py::test_exact"]
    assert listed.lines()[0].startswith("2 tests, recorded ")
    chosen = run_tests(other, f"--tt-replay={tape}", "-ktest_board", name="test_taped.py")
    assert chosen.code == 0, chosen.said


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--tt-replay=none.tape"], 24, "none.tape"),
        (["--tt-replay=none.tape", "--tt-record=tapes"], 4, "leave out --tt-record or --tt-repl"),
        (["--tt-replay=none.tape", "-n2"], 4, "leave out -n with --tt-replay"),
        (["--tt-record=/dev/null/tapes"], 24, "cannot be made"),
    ],
)
def test_a_tape_that_cannot_be(run_tests, options, code, said):
    ran = run_tests("def test_it(board):\n    pass\n", "--tt-board=/dev/ttyNONE", *options)
    assert ran.code == code and said in ran.said and "Traceback" not in ran.said
