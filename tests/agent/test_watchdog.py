"""The watchdog: off unless asked for, ends what hangs, and lets the REPL and hosts be."""

import os
import signal
import subprocess
import sys
import time

import pytest
import serial

from alone import power_cycle, reading, set_up, wait_for
from paired import views_of
from patience import PATIENCE_S
from tinyteach.device.wire.client import BoardClient

# Longer than a busy machine keeps a board that works from feeding it.
WATCHDOG_S = 3


@pytest.fixture
def board(switch_on, trained_heads):
    with switch_on("i386") as started:
        started.show(views_of("cat", 1)[0])
        set_up(started, trained_heads[0], watchdog_s=WATCHDOG_S, interval_ms=500)
        yield started


def working(board):
    """Wait until it recognises without a host."""
    with reading(board) as next_line:
        next_line(lambda line: '"label"' in line)


def test_a_board_that_hangs_is_started_again(board):
    working(board)
    before = board.pid
    os.kill(before, signal.SIGSTOP)
    wait_for(lambda: board.powered and board.pid != before, "nobody started it again")
    with BoardClient(board.port) as client:
        assert client.info().boot == "WDT"


def test_a_board_that_works_is_left_alone(board):
    working(board)
    before = board.pid
    time.sleep(1.5 * WATCHDOG_S)
    assert board.pid == before


def test_host_and_repl_have_all_the_time(board):
    """A session, Ctrl-C and mpremote outlast it."""
    power_cycle(board)
    working(board)
    before = board.pid
    with BoardClient(board.port) as client:
        time.sleep(1.5 * WATCHDOG_S)
        assert client.info().labels
    working(board)
    with serial.Serial(board.port, timeout=PATIENCE_S) as port:
        port.write(b"\x03\x03")
        assert port.read_until(b">>> ").endswith(b">>> ")
        time.sleep(1.5 * WATCHDOG_S)
        port.write(b"6 * 7\r")
        assert b"42" in port.read_until(b">>> ")
    assert board.pid == before
    board.reset()
    working(board)
    program = f"import time; time.sleep({1.5 * WATCHDOG_S}); print(6 * 7)"
    command = [sys.executable, "-m", "mpremote", "connect", board.port, "exec", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.stdout.strip() == "42", done.stdout + done.stderr


def test_it_is_off_unless_asked_for(switch_on, trained_heads):
    with switch_on("i386") as board:
        board.show(views_of("cat", 1)[0])
        set_up(board, trained_heads[0])
        working(board)
        before = board.pid
        os.kill(before, signal.SIGSTOP)
        time.sleep(1.5 * WATCHDOG_S)
        os.kill(before, signal.SIGCONT)
        assert board.pid == before
        with BoardClient(board.port) as client:
            assert client.info().labels
