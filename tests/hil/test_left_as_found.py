"""A board's head, threshold, rules and settings come back, whatever its tests did to it."""

import signal

import pytest

from paired import deploy
from slices import few
from tinyteach.device.wire.client import BoardClient
from tinyteach.service.boards.rule_text import parse_rule
from tinyteach.service.boards.rules import (
    Changes,
    add_rule,
    change_settings,
    read_rules,
)

CHANGES = """
import tinyteach as tt

HEADS = {heads!r}

def head(number):
    return tt.Head.load(HEADS[number])

def change(board):
    board.deploy(head(1))
    board.deploy(head(1).with_threshold(0.9))  # the head that was found is in no slot any more
    board.rules.clear()
    board.client.set_threshold(200)

def test_that_ends(board):
    change(board)
    {end}
"""
ENDS = {
    "well": ("assert board.info.labels == ['cat', 'coffee', 'rocket']", 0),
    "failing": ("assert not board.info.labels", 1),
    "Ctrl-C": ("raise KeyboardInterrupt", 2),
    "SIGTERM, and again while it is put back": (
        "import signal, tinyteach.hil.bench as b; p = b.put_back; "
        "b.put_back = lambda *a: (setattr(b, 'put_back', p), signal.raise_signal(15), p(*a)); "
        "signal.raise_signal(15)",
        2,
    ),
    "Ctrl-C in a transfer": (
        "board.client.upload(6, bytes(9999), lambda done, total: exec('raise KeyboardInterrupt'))",
        2,
    ),
}


LOST = """
from contextlib import contextmanager
from tinyteach.errors import LabError
from tinyteach.hil import bench

@pytest.fixture(autouse=True, scope="session")
def from_a_lab():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "opened", lost(bench.opened))
        yield

def lost(plain):
    @contextmanager
    def opened(*words):
        with plain(*words) as board:
            yield board
        raise LabError("The lease was lost; run it again.")
    return opened

def test_it(board):
    {end}

def test_that_is_not_come_to(board):
    pass
"""


@pytest.mark.parametrize(
    ("end", "options", "code"),
    [
        ("raise KeyboardInterrupt", (), 2),
        ("pytest.exit('enough')", (), 2),
        ("assert 0", ("-x",), 1),
        ("pass", (), 21),
    ],
)
def test_a_lease_that_was_lost_is_a_sentence(one_board, run_tests, end, options, code):
    """Also where the run was stopped, and no test is left to tell it."""
    ran = run_tests(LOST.format(end=end), "--tt-board", one_board.port, *options)
    assert ran.code == code
    assert "The lease was lost; run it again." in ran.said
    assert "Traceback" not in ran.said and "errors.LabError" not in ran.said, ran.said


@pytest.fixture(scope="module")
def files(trained_heads, tmp_path_factory):
    """Of two heads."""
    folder = tmp_path_factory.mktemp("heads")
    for number, head in enumerate(trained_heads):
        (folder / f"{number}.tflite").write_bytes(head.content)
    return [str(folder / f"{number}.tflite") for number in range(len(trained_heads))]


@pytest.fixture(scope="module")
def used_board(one_board, trained_heads):
    """With a head, a threshold that a user set, a rule and a setting."""
    with BoardClient(one_board.port) as client:
        deploy(client, trained_heads[0])
        client.set_threshold(77)
        add_rule(client, parse_rule("cat >= 80%", "say here", None, 0))
        change_settings(client, Changes(interval_ms=321))
    return one_board


def state(board):
    with BoardClient(board.port) as client:
        info = client.info()
        return info.head, info.labels, info.threshold, read_rules(client)


@pytest.mark.parametrize("end", few(ENDS, "failing", "Ctrl-C in a transfer", list(ENDS)[3]))
def test_whatever_becomes_of_a_test(used_board, files, run_tests, end):
    before, (code, status) = state(used_board), ENDS[end]
    assert before[2] == 77 and before[3].settings.interval_ms == 321 and len(before[3].rules) == 1
    ran = run_tests(CHANGES.format(heads=files, end=code), "--tt-board", used_board.port)
    assert ran.code == status, ran.said
    assert state(used_board) == before
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


BETWEEN = """
@pytest.fixture(scope="module")
def deployed(board):
    board.deploy(head(1))

def test_a_body_changes_something(deployed, board):
    board.deploy(head(0))
    board.rules.add("coffee", "say there")

def test_and_the_next_does_not_see_it(deployed, board):
    assert board.info.labels == ["cat", "coffee", "rocket"]
    assert len(board.rules) == 1
"""


def test_what_fixtures_put_there_stays_and_what_a_body_does_is_undone(used_board, files, run_tests):
    before = state(used_board)
    code = CHANGES.format(heads=files, end="pass") + BETWEEN
    ran = run_tests(code, "--tt-board", used_board.port)
    assert ran.code == 0, ran.said
    assert set(ran.outcomes.values()) == {"passed"} and len(ran.outcomes) == 3
    assert state(used_board) == before
