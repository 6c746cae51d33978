"""Commands that are stopped half-way: by Ctrl-C, or because nobody reads on."""

import json
import os
import signal
import subprocess
import sys

import pytest

from paired import deploy, views_of
from patience import PATIENCE_S, remark_on_slow_links
from tinyteach.device.wire.client import BoardClient
from tinyteach.service.boards import verification

COMMAND = [sys.executable, "-c", "from tinyteach.cli.main import run; run()"]


def take_ctrl_c():
    """A shell has its background jobs ignore Ctrl-C, and so all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start():
    """start(*arguments) is the command as a process of its own, its pipes open."""
    started = []

    def run(*arguments):
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=pipe,
            stderr=pipe,
            text=True,
            env=os.environ,
            preexec_fn=take_ctrl_c,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.fixture(autouse=True)
def head_at_work(board, trained_heads):
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])


def assert_board_is_free(board):
    with BoardClient(board.port) as client:
        assert client.info().state == ""


def test_ctrl_c_ends_watching(start, board):
    process = start("-b", board.port, "watch", "--json")
    assert json.loads(process.stdout.readline())["label"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err.strip()) == (130, "")
    assert_board_is_free(board)


def test_ctrl_c_keeps_what_was_recorded(start, board, project):
    photos = project / "photos" / "cat"
    before = len(list(photos.glob("[!.]*")))
    # Small: of a link that a busy machine makes slow it would say so.
    capture = ("capture", "cat", "--small", "-n", "100000")
    process = start("-b", board.port, "-p", project, *capture)
    while len(list(photos.glob("[!.]*"))) < before + 3:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (130, "")
    taken = len(list(photos.glob("[!.]*"))) - before
    records = (project / "photos.jsonl").read_text().splitlines()
    assert sum('"VIRTUAL"' in line for line in records) in (taken, taken - 1)
    assert "Recorded" in out and " photographs of cat" in out
    assert_board_is_free(board)


def test_a_verification_that_is_stopped_says_so(tinyteach, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt("Stopped after 2 checks.")

    monkeypatch.setattr(verification, "verify", stopped)
    told = tinyteach("verify")
    assert (told.code, told.out, told.err) == (130, "", "tinyteach: Stopped after 2 checks.\n")
    assert tinyteach("verify", "--json").code == 130


def test_slow_link_is_said_once(tinyteach, board, project, monkeypatch):
    remark_on_slow_links(monkeypatch, "service.photos.recording")
    board.set_speed(40_000)
    try:
        told = tinyteach("-b", board.port, "-p", project, "capture", "cat", "-n", "1")
    finally:
        board.set_speed(None)
    assert "Recorded 1 photograph of cat" in told.out
    assert told.err.count("The link is slow") == 1 and "--small" in told.err


def test_reader_that_goes_away(start, board):
    """``tinyteach watch | head -1``."""
    process = start("-b", board.port, "watch")
    head = subprocess.run(
        ["head", "-1"], stdin=process.stdout, capture_output=True, text=True, timeout=PATIENCE_S
    )
    process.stdout.close()
    err = process.stderr.read()
    assert "%" in head.stdout
    assert (process.wait(timeout=PATIENCE_S), err) == (0, "")
    assert_board_is_free(board)


def test_plug_pulled_while_watching(start, with_head):
    with with_head() as board:
        board.show(*views_of("cat", 1))
        process = start("-b", board.port, "watch")
        seen = process.stdout.readline()
        board.drop_link()
        _, err = process.communicate(timeout=PATIENCE_S)
    assert "%" in seen
    assert process.returncode == 6 and err.count("\n") == 1 and "check the cable" in err


def test_what_the_board_prints_is_shown(tinyteach, board):
    board.disturb(to_host=lambda data: b"cam_hal: hot\r\n" + data if data[:1] == b"\xf5" else data)
    try:
        told = tinyteach("-b", board.port, "info", "--json")
    finally:
        board.disturb()
    assert json.loads(told.out)["state"] == ""
    assert set(told.err.splitlines()) == {"board: cam_hal: hot"}
