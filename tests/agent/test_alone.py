"""A board without a host: it recognises, follows rules, prints lines, and stays open to all."""

import random
import subprocess
import sys
import time

import numpy as np
import pytest
import serial

from alone import (
    Shown,
    fields_of,
    has,
    power_cycle,
    reading,
    reading_from_power_on,
    set_up,
    wait_for,
)
from paired import deploy, views_of
from patience import PATIENCE_S
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.rules import RuleFile
from tinyteach.service.boards.rules import resting_rules, write_rules

STOPPED = b"TinyTeach's agent stopped"
COFFEE_PIN = ("coffee >= 60% for 2 frames", "pin 21 high", None, 0)
LED = 2


@pytest.fixture(scope="module")
def views():
    """What is shown (uint8 [120, 120, 3]), of each class what no head can doubt."""
    return {name: views_of(name, 1)[0] for name in ("cat", "coffee", "rocket")}


def test_rule_fires_a_pin_without_a_host_after_a_power_cycle(board, trained_heads, views):
    set_up(board, trained_heads[1], COFFEE_PIN, interval_ms=20)
    board.show(views["cat"])
    power_cycle(board)
    with reading(board) as next_line:
        next_line(has(label="cat"))
    assert board.pin(21) == 0
    board.show(views["coffee"])
    wait_for(lambda: board.pin(21) == 1, "the pin stayed low")
    board.show(views["cat"])
    wait_for(lambda: board.pin(21) == 0, "the pin stayed high")


def test_lines_of_json_reach_a_plain_reader(board, trained_heads, views):
    set_up(board, trained_heads[1], interval_ms=20, line_s=1)
    board.show(views["rocket"])
    with reading_from_power_on(board) as next_line:
        first = fields_of(next_line(has(board=board.unique_id.hex())))
        assert first["classes"] == list(trained_heads[1].labels) and first["tinyteach"]
        said = fields_of(next_line(has(label="rocket")))
        assert set(said) == {"label", "probability", "best_label"}
        assert 0 < said["probability"] <= 1 and said["best_label"] == "rocket"
        # Again after a second, though nothing has changed.
        next_line(has(label="rocket"))


def test_line_hold_and_else(board, trained_heads, views):
    rule = ("cat for 2 frames", 'say {"door": "cat"}', 'say {"door": ""}', 1)
    set_up(board, trained_heads[1], rule, interval_ms=20)
    board.show(views["cat"])
    with reading(board) as next_line:
        next_line(has(door="cat"))
        next_line(has(rule=1, met=True))
        board.show(views["rocket"])
        next_line(has(door=""))
        next_line(has(rule=1, met=False))


def test_unknown_and_less(board, trained_heads, views):
    """What is none of the classes; and a probability that falls."""
    rules = [("unknown for 2 frames", "pin 5 high", None, 0), ("cat < 50%", "pin 6 low", None, 0)]
    set_up(board, trained_heads[0], *rules, interval_ms=20)
    board.show(views["cat"])
    wait_for(lambda: (board.pin(5), board.pin(6)) == (0, 1), "the cat is not seen")
    board.show(np.full((240, 240, 3), 128, np.uint8))
    wait_for(lambda: board.pin(6) == 0, "the cat is still seen")
    wait_for(lambda: board.pin(5) == 1, "a grey wall is taken for something")


def test_status_led(board, trained_heads, views):
    """Lit while something is recognised, a flash now and then while nothing is."""
    set_up(board, trained_heads[1], interval_ms=20)
    board.show(views["cat"])
    wait_for(lambda: all(_levels(board, 0.3)), "the LED is not lit")
    board.show(np.random.default_rng(1).integers(0, 256, (240, 240, 3), np.uint8))
    wait_for(lambda: 0 < sum(_levels(board, 2.2)) < 30, "the LED does not flash")
    with BoardClient(board.port):
        assert not any(_levels(board, 0.3))


def _levels(board, duration_s):
    """The LED's pin, some 50 times a second."""
    levels = []
    for _ in range(int(duration_s * 50)):
        levels.append(board.pin(LED))
        time.sleep(0.02)
    return levels


# Trouble


def test_rule_without_its_class_rests_and_that_is_said(board, trained_heads, views):
    set_up(board, trained_heads[1], ("rocket", "pin 7 high", None, 0), interval_ms=20)
    board.show(views["rocket"])
    wait_for(lambda: board.pin(7) == 1, "the rule is not met")
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])
        said = resting_rules(client, trained_heads[0].labels)
    assert said == ["Rule 1 (rocket) rests: the head on the board has no class rocket."]
    with reading_from_power_on(board) as next_line:
        next_line(has(problem="Rule 1 rests: the head has no class rocket."))
    with BoardClient(board.port) as client:
        assert client.info().state == "Rule 1 rests: the head has no class rocket."


def test_pin_that_the_board_has_not(board, trained_heads, views):
    set_up(board, trained_heads[1], ("cat", "pin 99 high", None, 0), COFFEE_PIN, interval_ms=20)
    board.show(views["coffee"])
    wait_for(lambda: board.pin(21) == 1, "the other rule does not work")
    with BoardClient(board.port) as client:
        assert client.info().state.startswith("Rule 1 rests: pin 99")


def test_camera_that_fails_and_comes_back(board, trained_heads, views):
    set_up(board, trained_heads[1], COFFEE_PIN, interval_ms=20, weight=256)
    board.show(views["coffee"])
    wait_for(lambda: board.pin(21) == 1, "the pin stayed low")
    with reading(board) as next_line:
        board.scene.broken = True
        try:
            assert "camera" in fields_of(next_line(lambda line: "problem" in line))["problem"]
            # What cannot be seen is not there.
            wait_for(lambda: board.pin(21) == 0, "the pin stayed high")
        finally:
            board.scene.broken = False
        wait_for(lambda: board.pin(21) == 1, "the pin stayed low afterwards")


def test_pins_begin_without_a_camera_too(board, trained_heads, views):
    """What a host left high goes low, though nothing is seen."""
    set_up(board, trained_heads[1], COFFEE_PIN, interval_ms=20, weight=256)
    board.show(views["coffee"])
    wait_for(lambda: board.pin(21) == 1, "the pin stayed low")
    with BoardClient(board.port):
        board.scene.broken = True
    try:
        wait_for(lambda: board.pin(21) == 0, "the pin stayed high")
    finally:
        board.scene.broken = False


def test_damaged_rules_are_said_and_can_be_replaced(board, trained_heads, views):
    set_up(board, trained_heads[1], COFFEE_PIN, interval_ms=20)
    with raw_repl(board.port) as repl:
        repl.run("f = open('/tinyteach/rules.bin', 'wb'); f.write(b'TTR1 damaged'); f.close()")
        repl.reset()
    board.show(views["coffee"])
    with reading(board) as next_line:
        next_line(has(label="coffee"))
    with BoardClient(board.port) as client:
        assert "rules cannot be read" in client.info().state
        write_rules(client, RuleFile())
    with reading(board) as next_line:
        next_line(has(label="coffee"))
    with BoardClient(board.port) as client:
        assert client.info().state == ""


def test_nothing_taught_is_said(switch_on):
    with switch_on("i386") as board, reading_from_power_on(board) as next_line:
        assert "train and deploy" in fields_of(next_line(lambda line: "problem" in line))["problem"]


# Open to all


@pytest.fixture
def busy(board, trained_heads, views):
    """A board that looks as fast as it can and prints lines with each view."""
    shown = Shown([views["cat"], views["rocket"]])
    board.show_source(shown)
    rule = ("cat >= 50%", "say " + "cat " * 45, "say " + "no cat " * 25, 0)
    set_up(board, trained_heads[1], rule, interval_ms=0, weight=256)
    yield shown
    board.show(views["cat"])


def test_nobody_reads_and_the_board_works_on(board, busy):
    """Lines that nobody takes are left out: no view waits for them."""
    # Each view prints 200 bytes: 60 KB go nowhere.
    busy.wait(300)
    with BoardClient(board.port) as client:
        assert client.info().state == ""


def test_ctrl_c_at_any_time(board, busy):
    choose = random.Random(1)
    for _ in range(2):
        board.reset()
        time.sleep(choose.uniform(0, 1.5))
        with serial.Serial(board.port, timeout=PATIENCE_S) as port:
            port.write(b"\x03")
            heard = port.read_until(b">>> ")
            assert heard.endswith(b">>> "), heard[-300:]
            port.write(b"6 * 7\r")
            assert b"42" in port.read_until(b">>> ")
    board.reset()


def test_mpremote_at_any_time(board, busy):
    command = [sys.executable, "-m", "mpremote", "connect", board.port, "exec", "print(6 * 7)"]
    board.reset()
    time.sleep(0.5)
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.stdout.strip() == "42", done.stdout + done.stderr
    board.reset()
    with BoardClient(board.port) as client:
        assert client.info().safe_mode == 0


def test_host_is_answered_at_any_time(board, busy):
    for _ in range(5):
        with BoardClient(board.port) as client:
            assert client.info().labels
        busy.wait(4)
