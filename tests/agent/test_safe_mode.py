"""A main loop that crashes: written down, started anew, and in the end a safe mode that answers."""

import os
import signal
import time

import pytest
import serial

from alone import Shown, is_safe, reading_from_power_on, wait_for
from paired import deploy, views_of
from patience import PATIENCE_S
from tinyteach.device.repl.pairing import Wanted, await_agent, pair_for_now
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.crash import read_crash, summary
from tinyteach.errors import (
    BoardRefusedError,
)
from tinyteach_protocol import errors, messages

# In the place of the agent's module: a source is loaded before the .mpy beside it.
CRASHES = """
class Smoother:
    def __init__(self, count, weight):
        if count == %d:
            raise RuntimeError("on purpose")
        self._count = count
    def add(self, scores):
        pass
    def best(self, count):
        return 0
    def steps(self, index):
        return 0
"""
CRASHED = "RuntimeError: on purpose"


@pytest.fixture
def board(switch_on):
    """A fresh board each time: what is spoilt here stays spoilt."""
    with switch_on("i386") as started:
        started.show(views_of("cat", 1)[0])
        yield started


def let_crash(board, head):
    """Deploy a head with which the loop crashes; wait for two crashes and safe mode."""
    with BoardClient(board.port) as client:
        deploy(client, head)
    outputs = len(head.labels) + 1
    with raw_repl(board.port) as repl:
        content = (CRASHES % outputs).encode()
        repl.write_file("/lib/agent/alone/smoothing.py", content, lambda *_: None)
        repl.reset()
    with serial.Serial(board.port, timeout=PATIENCE_S) as port:
        for _ in range(2):
            assert port.read_until(CRASHED.encode()).endswith(CRASHED.encode())
    # The third start is the safe one: it answers, and no host has helped it.
    wait_for(lambda: is_safe(board), "no safe mode")


def test_crash_loop_ends_in_a_safe_mode_that_answers(board, trained_heads):
    let_crash(board, trained_heads[1])
    with BoardClient(board.port) as client:
        info = client.info()
        assert info.safe_mode == 1 and info.crash_bytes > 0 and info.boot == "HARD"
        assert info.labels == [] and info.embedding
        crash = read_crash(client)
        for verb, fields in (
            (messages.GRAB, {"kind": 0}),
            (messages.RUN, {"source": 0, "stages": messages.STAGES_ALL}),
            (messages.STREAM, {"kind": 0, "credits": 1}),
        ):
            with pytest.raises(BoardRefusedError) as refused:
                client.request(verb, **fields)
            assert refused.value.code == errors.SAFE_MODE
    # The agent's own functions by their names, with the lines.
    assert CRASHED in crash and ", in _look\n" in crash and 'File "agent.loop", line ' in crash
    assert summary(crash).startswith(CRASHED) and "smoothing" in summary(crash)
    board.cut_power_now()
    board.power_on()
    with BoardClient(board.port) as client:
        assert client.info().safe_mode == 1


def test_deploy_mends(board, trained_heads):
    let_crash(board, trained_heads[1])
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])
        assert client.run(messages.SOURCE_CAMERA).scores
        info = client.info()
        assert info.safe_mode == 0 and info.labels == list(trained_heads[0].labels)
    board.reset()
    time.sleep(2)
    with BoardClient(board.port) as client:
        assert client.info().safe_mode == 0 and CRASHED in read_crash(client)


@pytest.mark.soak
def test_rollback_mends(board, trained_heads):
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])
    let_crash(board, trained_heads[1])
    with BoardClient(board.port) as client:
        client.rollback()
        info = client.info()
        assert info.safe_mode == 0 and info.labels == list(trained_heads[0].labels)


@pytest.mark.soak
def test_pair_mends(board, trained_heads, embedding_file):
    let_crash(board, trained_heads[1])
    pair_for_now(board.port, Wanted(embedding_file), lambda *_: None)
    time.sleep(2)
    with BoardClient(board.port) as client:
        info = client.info()
        assert info.safe_mode == 0 and info.labels == list(trained_heads[1].labels)
        assert client.run(messages.SOURCE_CAMERA).scores


def test_ctrl_c_between_two_crashes(board, trained_heads):
    """The second before each new start leaves time for it."""
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[1])
    with raw_repl(board.port) as repl:
        repl.write_file("/lib/agent/alone/smoothing.py", (CRASHES % 4).encode(), lambda *_: None)
        repl.reset()
    with serial.Serial(board.port, timeout=PATIENCE_S) as port:
        port.read_until(CRASHED.encode())
        port.write(b"\x03")
        assert port.read_until(b">>> ").endswith(b">>> ")


def test_a_board_that_dies_without_a_word_is_counted_too(switch_on):
    with switch_on("i386") as board:
        with reading_from_power_on(board) as next_line:
            for _ in range(2):  # soon after it has counted its start
                next_line(lambda line: "problem" in line)
                die(board)
        with BoardClient(board.port) as client:
            info = client.info()
            assert info.safe_mode == 1 and info.boot == "WDT" and not info.crash_bytes


def die(board):
    """Kill the process, as a crash of the firmware would; another one begins."""
    before = board.pid
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: board.powered and board.pid != before, "the board does not start again")


def test_starts_that_go_well_are_not_counted(switch_on):
    """Power on and off, an answered host, a while without a crash."""
    shown = Shown(views_of("cat", 1))
    with switch_on("i386") as board:
        board.show_source(shown)
        for _ in range(4):
            board.cut_power_now()
            board.power_on()
            time.sleep(0.3)
        await_agent(board.port, "").close()
        for _ in range(4):
            board.reset()
            with BoardClient(board.port) as client:
                assert client.info().safe_mode == 0
        with reading_from_power_on(board) as next_line:
            next_line(lambda line: "problem" in line)
            operations = board.memory.block_operations
            # Ten seconds later the count on its flash goes, and the next view comes after that.
            wait_for(lambda: board.memory.block_operations > operations, "it is never settled")
            shown.wait(2)
            die(board)
            next_line(lambda line: "problem" in line)
        board.reset()
        with BoardClient(board.port) as client:
            assert client.info().safe_mode == 0
