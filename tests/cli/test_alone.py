"""rule, alone, wipe and unpair from the command line, on the virtual board."""

import json

import pytest
import typer

from alone import is_safe, set_up, wait_for, wait_for_reset
from little_embedding import little_embedding
from paired import deploy, views_of
from patience import expect_silence
from tinyteach.device import registry
from tinyteach.device.registry import find_board
from tinyteach.device.repl.pairing import Wanted, await_agent, pair
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import ProjectError
from tinyteach.virtual.board import VirtualBoard

OWN_MAIN = b"print('my own program')\n"


@pytest.fixture
def at(board, trained_heads):
    """Options that name the board, which has a head and no rules."""
    with BoardClient(board.port) as client:
        if client.info().head != trained_heads[0].fingerprint:
            deploy(client, trained_heads[0])
    set_up(board, trained_heads[0])
    return ("--board", board.port)


def test_rules_are_added_listed_and_removed(tinyteach, board, at):
    assert "no rules" in tinyteach("rule", "list", *at).out
    added = tinyteach("rule", "add", *at, "cat >= 60% for 2 frames", "pin", "21", "high")
    assert added.code == 0 and "cat >= 60% for 2 frames" in added.out
    wait_for(lambda: board.pin(21) == 1, "the rule does not work")
    two = tinyteach(
        *("rule", "add", *at, "coffee", "say", "coffee", "is", "there", "--hold", "2.5"),
        *("--else", "pin 22 low", "--json"),
    )
    rules = json.loads(two.out)["rules"]
    assert [rule["number"] for rule in rules] == [1, 2]
    assert rules[0]["else"] == "pin 21 low"
    assert rules[1] == {
        "number": 2,
        "condition": "coffee",
        "then": "say coffee is there",
        "else": "pin 22 low",
        "hold_s": 2.5,
    }
    left = json.loads(tinyteach("rule", "remove", *at, "1", "--json").out)
    assert [rule["condition"] for rule in left["rules"]] == ["coffee"]
    assert tinyteach("rule", "clear", *at).out == "1 rule removed.\n"
    assert tinyteach("rule", "clear", *at).out == "The board had no rules.\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("dog", "pin", "21", "high"), "has no class 'dog'; it has cat, coffee."),
        (("cat > 80%", "pin", "21", "high"), "cannot be read; write it like"),
        (("cat", "sing"), "cannot be read; write it like 'pin 21 high'"),
        (("cat", "pin", "21", "high", "--hold", "-2"), "can be held for"),
    ],
)
def test_a_rule_that_cannot_be_meant(fails, at, words, sentence):
    assert sentence in fails("rule", "add", *at, *words)


def test_no_such_rule(fails, at):
    assert "There is no rule 3; the board has none." in fails("rule", "remove", *at, "3")


def test_too_many_rules(tinyteach, fails, at):
    words = ("cat", "say", "x" * 150)
    for _ in range(6):
        assert tinyteach("rule", "add", *at, *words, "--json").code == 0
    assert "remove some" in fails("rule", "add", *at, *words)
    assert len(json.loads(tinyteach("rule", "list", *at, "--json").out)["rules"]) == 6


def test_settings(tinyteach, at):
    options = ("--smoothing", "0.25", "--interval", "50", "--lines", "off", "--keep", "3")
    changed = tinyteach("alone", *at, *options, "--keep-every", "9", "--watchdog", "20", "--json")
    assert json.loads(changed.out)["settings"] == {
        "weight": 64,
        "interval_ms": 50,
        "line_s": 65535,
        "keep": 3,
        "keep_s": 9,
        "watchdog_s": 20,
    }
    assert json.loads(tinyteach("alone", *at, "--json").out) == json.loads(changed.out)
    shown = tinyteach("alone", *at, "--lines", "changes")
    assert "0.25" in shown.out and "at changes" in shown.out and "20 s" in shown.out


@pytest.mark.parametrize(
    "options",
    [("--smoothing", "0"), ("--interval", "-1"), ("--lines", "loud"), ("--keep", "300")],
)
def test_settings_that_cannot_be_meant(fails, at, options):
    fails("alone", *at, *options)


def test_safe_mode_is_shown_with_its_traceback(tinyteach, switch_on):
    with switch_on("i386") as board:
        spoil = b"def begin(agent):\n    raise ValueError('on purpose')\n"
        await_agent(board.port, "").close()
        with raw_repl(board.port) as repl:
            repl.write_file("/lib/agent/alone/turns.py", spoil, lambda *_: None)
            repl.reset()
        at = ("--board", board.port)
        wait_for(lambda: is_safe(board), "no safe mode")
        shown = tinyteach("info", *at)
        assert "safe mode" in shown.out and "ValueError: on purpose" in shown.out
        assert ", in _work_alone\n" in shown.out
        assert tinyteach("info", *at, "--json").code == 0
        refused = tinyteach("watch", *at, "--count", "1")
        assert refused.code == 5 and "safe mode" in refused.err
        assert tinyteach("pair", *at).code == 0
        assert "safe mode" not in tinyteach("info", *at).out


# Taking things off


def test_wipe_asks_first(tinyteach, at, monkeypatch):
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: False)
    result = tinyteach("wipe", *at)
    assert result.code == 1 and "Nothing was done." in result.err
    assert json.loads(tinyteach("info", *at, "--json").out)["labels"] == ["cat", "coffee"]


def test_nobody_can_answer(fails, at, monkeypatch):
    def abort(*_, **__):
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", abort)
    assert "--yes" in fails("wipe", *at)
    assert "--yes" in fails("unpair", *at)


@pytest.mark.soak  # as test_lost_answers.py has it
def test_wipe(tinyteach, switch_on, trained_heads):
    with switch_on("i386") as board:
        board.show(views_of("cat", 1)[0] * 0 + 60)
        set_up(board, trained_heads[0], ("cat", "pin 1 high", None, 0), keep=2, keep_s=0)
        at = ("--board", board.port)
        wait_for(lambda: json.loads(tinyteach("info", *at, "--json").out)["kept"], "nothing kept")
        wiped = tinyteach("wipe", *at, "--yes", "--json")
        assert json.loads(wiped.out)["files"] >= 4
        info = json.loads(tinyteach("info", *at, "--json").out)
        assert (info["labels"], info["rules_bytes"], info["kept"]) == ([], 0, 0)
        assert info["embedding"] and info["board_id"] == board.unique_id.hex()
        assert "had learnt nothing" in tinyteach("wipe", *at, "--yes").out
        assert tinyteach("doctor", *at).code == 0


def test_unpair_leaves_the_board_as_it_was(tinyteach, fails, monkeypatch):
    """Also where this computer's own disk is full, which is said beside what was done."""

    def refuse(path, value):
        raise ProjectError(f"{path} could not be written (no space left on device); free space.")

    with VirtualBoard("i386") as board:
        with raw_repl(board.port) as repl:
            repl.write_file("/main.py", OWN_MAIN, lambda *_: None)
        pair(board.port, Wanted(little_embedding()), "desk", lambda *_: None)
        assert find_board("desk")
        with monkeypatch.context() as patch:
            patch.setattr(registry, "write_json", refuse)
            told = fails("unpair", "--board", board.port, "--yes")
        assert "Its own main.py is back. This computer could not forget it: " in told
        wait_for_reset(board)
        with raw_repl(board.port) as repl:
            left = repl.evaluate(
                "import os, json\nprint(json.dumps([os.listdir('/'), open('/main.py').read()]))"
            )
            repl.reset()
        assert left == [["main.py"], OWN_MAIN.decode()]
        wait_for_reset(board)
        expect_silence(monkeypatch, 300)
        assert tinyteach("unpair", "--board", "desk", "--yes").code == 0
        assert find_board("desk") is None


def test_unpair_without_a_program_of_the_users(tinyteach, switch_on, monkeypatch):
    with switch_on("i386") as board:
        await_agent(board.port, "").close()
        done = tinyteach("unpair", "--board", board.port, "--yes", "--json")
        assert json.loads(done.out)["restored"] is False
        wait_for_reset(board)
        with raw_repl(board.port) as repl:
            assert repl.evaluate("import os, json\nprint(json.dumps(os.listdir('/')))") == []
            repl.reset()
        wait_for_reset(board)
        expect_silence(monkeypatch, 300)
        again = tinyteach("unpair", "--board", board.port, "--yes")
        assert again.code == 0 and "nothing of TinyTeach's on it" in again.out
