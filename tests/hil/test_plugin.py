"""Options, fixtures and markers of the pytest plugin."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from planted_faults import other_version
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.hil import plugin
from tinyteach.service.boards.verification import PLUGIN
from tinyteach.virtual.running import start_module, stop_all

USES = "def test_board(board):\n    assert board.info.model_side == 64\n"


def test_loading_it_loads_nothing_large():
    names = ", ".join(["tinyteach.hil.plugin", *plugin.pytest_plugins])
    code = f"import sys, pytest, {names}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    heavy = {"numpy", "PIL", "sklearn", "ai_edge_litert", "serial", "typer", "rich", "jinja2"}
    assert "pytest" in loaded and not loaded & heavy, done.stderr


OWN = """
@pytest.fixture(params=[board_word for board_word in "ab"])
def board(request):
    return request.param

@pytest.fixture
def boards(): return "mine"
head = photos = reference = measure = boards

@pytest.mark.needs("nothing that we know")
@pytest.mark.hardware
@pytest.mark.budget(1, 2, 3)
def test_own(board, boards, head, photos, reference, measure):
    assert board in "ab" and boards == head == photos == reference == measure == "mine"
"""


def test_a_project_s_own_fixtures_and_markers_are_its_own(run_tests):
    """No board is even looked for."""
    ran = run_tests(OWN, "--tt-board=/dev/ttyNONE", "--tt-board=/dev/ttyNEITHER")
    assert ran.code == 0 and "2 passed" in ran.said and "measured" not in ran.said
    assert ran.run.outcomes == [] and ran.run.boards == []


MARKED = """
@pytest.mark.needs("camera")
def test_camera(board):
    assert board.photo(small=True).shape == (64, 64, 3)

@pytest.mark.needs("camera", "psram")
def test_psram(board, request):
    assert False

@pytest.mark.hardware
def test_hardware(board):
    assert False

@pytest.mark.needs("agent")
def test_all(boards, board):
    assert boards == [board]
"""


def test_what_a_board_lacks_is_skipped_and_told(one_board, run_tests):
    ran = run_tests(MARKED, "--tt-board", one_board.port, "-rs")
    assert ran.code == 0, ran.said
    assert ran.outcomes == {
        "test_camera": "passed",
        "test_psram": "skipped",
        "test_hardware": "skipped",
        "test_all": "passed",
    }
    assert "this board has no PSRAM" in ran.said and "this board is a virtual one" in ran.said


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("needs('wings')", r"No board can be asked for 'wings'; a test needs some of camera, "),
        ("budget('latency_ms')", "A budget names what is measured and its limits"),
        ("budget('latency_ms', p95='low')", "A budget names what is measured and its limits"),
        ("budget(p95=3)", "A budget names what is measured and its limits"),
    ],
)
def test_what_a_marker_cannot_mean_is_one_sentence(run_tests, marker, said):
    code = f"@pytest.mark.{marker}\ndef test_it(board):\n    pass\n"
    ran = run_tests(code, "--tt-board=/dev/ttyNONE")
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert said in ran.said and "Traceback" not in ran.said


def test_a_port_that_pytest_takes_for_tests_is_one_sentence(one_board, tmp_path):
    """A path behind a blank hides a project's own configuration from pytest."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    command = [sys.executable, "-m", "pytest", *PLUGIN, "--tt-board", one_board.port]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"write --tt-board={one_board.port}, with = and not with a blank." in done.stderr


def test_each_test_runs_on_each_board(switch_on, one_board, run_tests):
    with switch_on("i386", camera=False) as other:
        code = MARKED.partition("@pytest.mark.hardware")[0] + (
            "def test_both(boards):\n    assert len({each.port for each in boards}) == 2\n"
        )
        ran = run_tests(code, "--tt-board", one_board.port, "--tt-board", other.port)
    assert ran.code == 0, ran.said
    assert ran.outcomes == {
        f"test_camera[{one_board.port}]": "passed",
        f"test_camera[{other.port}]": "skipped",
        f"test_psram[{one_board.port}]": "skipped",
        f"test_psram[{other.port}]": "skipped",
        "test_both": "passed",
    }
    assert [each.word for each in ran.run.boards] == [one_board.port, other.port]


BUDGETS = """
@pytest.mark.budget("latency_ms", p95=40, stage="embedding")
@pytest.mark.budget("latency_ms", p50=10, stage="head")
def test_slow(board, measure):
    measure("latency_ms", np.arange(101), stage="embedding")
    measure("latency_ms", [1, 2, 3], stage="head")

@pytest.mark.budget("accuracy", at_least=0.5, at_most=1)
def test_kept(board, measure):
    measure("accuracy", [0, 1, 1])

@pytest.mark.budget("heap_free_bytes", at_least=1000)
def test_forgotten(board, measure):
    measure("heap_free", 5000)

def test_nothing(board, measure):
    with pytest.raises(ValueError, match="nothing was measured"):
        measure("latency_ms", [])
"""


def test_budgets_are_held_to_what_was_measured(one_board, run_tests):
    ran = run_tests(BUDGETS, "--tt-board", one_board.port)
    assert ran.code == 1
    assert list(ran.outcomes.values()) == ["failed", "passed", "failed", "passed"]
    slow, forgotten = ran.run.of("failed")
    assert slow.reason == "latency embedding is 95 ms (p95), and its budget is at most 40."
    assert forgotten.reason == "heap_free_bytes has a budget and was not measured by this test."
    for line in ("latency embedding: p50 50.00 ms, p95 95.00 ms", "accuracy: 0.667 of 3"):
        assert line in ran.said
    first = ran.run.measurements[0]
    assert (first.unit, first.tags, first.board) == ("ms", {"stage": "embedding"}, one_board.port)
    assert first.test.endswith("test_slow") and len(first.samples) == 101


WITHOUT = """
@pytest.mark.budget("size", at_most=3)
def test_size(measure):
    measure("size", np.int64(5), of=np.int8(1))
    measure.fact("how", np.float32(0.5))

def test_nothing():
    pass
"""


def test_what_only_measures_needs_no_board(run_tests):
    ran = run_tests(WITHOUT, "--tt-board=/dev/ttyNONE")
    assert ran.code == 1 and ran.outcomes == {"test_size": "failed"}
    assert ran.run.outcomes[0].board == "" and ran.run.boards == []
    assert ran.run.told() == {"size 1": 5, "how": "0.5"}


EXPECTED = """
@pytest.mark.xfail
def test_expected(board):
    assert False

@pytest.fixture
def broken():
    raise ValueError("a project's own")

def test_other(board, broken):
    pass
"""


def test_what_a_board_was_like_is_told_of_the_test_that_failed(one_board, run_tests):
    ran = run_tests(EXPECTED, "--tt-board", one_board.port)
    assert ran.code == 1 and ran.outcomes == {"test_expected": "skipped", "test_other": "error"}
    assert ran.run.of("error")[0].why == []


# What keeps a run from going on


def test_no_board_is_one_sentence_and_no_failed_test(run_tests, tmp_path):
    """And the tests that were not come to are counted."""
    code = USES + USES.replace("_board(", "_again(") + "\ndef test_without_boards():\n    pass\n"
    ran = run_tests(code, "--tt-board=/dev/ttyNONE", f"--tt-report={tmp_path}")
    assert ran.code == 21 and ran.outcomes == {
        "test_board": "no board",
        "test_again": "not run",
        "test_without_boards": "not run",
    }
    assert ran.said.count("There is no port /dev/ttyNONE") == 1 and "Traceback" not in ran.said
    assert "1 no board, 2 not run in" in ran.said
    assert "1 no board, 2 not run" in (tmp_path / "summary.md").read_text()
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("skipped")) == ("3", "2")


def test_a_failing_test_is_more_than_a_board_that_is_not_there(one_board, run_tests):
    code = "def test_wrong(boards):\n    pass\ndef test_fails():\n    assert False\n" + USES
    options = ("--tt-board", one_board.port, "--tt-board=/dev/ttyNONE")
    assert run_tests(code, *options).code == 1
    ran = run_tests(USES, *options)
    assert ran.code == 21 and sorted(ran.outcomes.values()) == ["no board", "passed"]


def test_photographs_that_cannot_be_read(one_board, run_tests):
    code = "def test_head(head):\n    pass\n"
    ran = run_tests(code, "--tt-board", one_board.port, "--tt-photos", "no/such/folder")
    assert ran.code == 24 and "no/such/folder" in ran.said and "Traceback" not in ran.said


class Environment:
    """As `planted_faults` wants it."""

    def __init__(self, switch_on):
        self.switch_on = switch_on


@pytest.mark.soak  # the example's test of it is in `make test`
def test_another_agent_is_no_failed_test(switch_on, run_tests):
    with other_version(Environment(switch_on)) as board:
        ran = run_tests(USES, "--tt-board", board.port)
        assert ran.code == 22 and ran.outcomes == {"test_board": "wrong board"}
        assert "has the agent of version 0.0.1, and this computer" in ran.said
        assert "1 wrong board" in ran.said and "failed" not in ran.said
        assert run_tests(USES, "--tt-board", board.port, "--tt-any-firmware").code == 0


def test_another_embedding_is_no_failed_test(one_board, run_tests):
    ran = run_tests(USES, "--tt-board", one_board.port, "--tt-embedding", "tiny")
    assert ran.code == 22 and ran.outcomes == {"test_board": "wrong board"}
    assert "and the tests are for tiny; run 'tinyteach --board " in ran.said
    assert run_tests(USES, "--tt-board", one_board.port, "--tt-embedding", "base").code == 0


def test_another_board_by_its_name_is_no_failed_test(one_board, run_tests):
    remember(PairedBoard("0123456789ab", "desk", one_board.port, "", "some board"))
    ran = run_tests(USES, "--tt-board=desk", "--tt-board=desk")
    assert ran.code == 22 and ran.outcomes == {"test_board": "wrong board"}
    assert "Another board is where desk was" in ran.said


# A module, on which no agent runs

MODULE = """
def test_photo(board, boards):
    assert board.is_module and boards == [board] and board.photo().ndim == 3

@pytest.mark.needs("agent")
def test_agent(board):
    assert False

def test_pictures(board, photos):
    assert False
"""


def test_a_module(run_tests):
    start_module("ma", "grove")
    try:
        ran = run_tests(MODULE, "--tt-board=grove")
    finally:
        stop_all()
    assert ran.outcomes == {
        "test_photo": "passed",
        "test_agent": "skipped",
        "test_pictures": "error",
    }
    assert ran.code == 1 and "runs Seeed's firmware, which cannot do this" in ran.said
    assert ran.run.boards[0].machine == "Grove Vision AI V2"
