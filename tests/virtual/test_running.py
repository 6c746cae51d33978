"""Virtual boards in the background: found, steered and ended by other processes."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from patience import PATIENCE_S
from tinyteach import paths
from tinyteach.errors import BoardNotFoundError, LinkError, PhotoError, UsageError
from tinyteach.locks import try_lock
from tinyteach.virtual import running

from .conftest import run, write_file


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own, and nothing left running in it."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    yield tmp_path
    running.stop_all()


def test_start_find_stop(home):
    assert running.running() == []
    info = running.start_daemon("i386")
    assert running.running() == [info] and running.find() == info
    assert running.start_daemon() == info
    assert "x86" in run(info, "import sys; print(sys.implementation._machine)")
    running.Control(info).stop()
    assert running.running() == [] and not Path(info.control).exists()


def test_one_that_another_process_starts_is_waited_for(home, monkeypatch):
    """Whoever started it may have been killed, and the next finds neither a board nor a place."""
    info = running.start_daemon()
    place = running.registration(info.name)
    not_yet = place.rename(place.with_suffix(".later"))

    def ready_once_looked_at(lock):
        not_yet.rename(place)
        return try_lock(lock)

    monkeypatch.setattr(running, "try_lock", ready_once_looked_at)
    assert running.start_daemon() == info


def test_flash_and_identity_stay(home):
    first = running.start_daemon()
    write_file(first, "/kept", "x")
    running.Control(first).stop()
    again = running.start_daemon()
    assert again.unique_id == first.unique_id
    assert run(again, "import os; print(os.listdir('/'))") == "['kept']\r\n"


def test_two_boards_by_name(home):
    left, right = running.start_daemon(name="left"), running.start_daemon(name="right")
    assert {info.name for info in running.running()} == {"left", "right"}
    assert left.port != right.port and left.unique_id != right.unique_id


def test_show(home, tmp_path):
    info = running.start_daemon()
    steer = running.Control(info)
    steer.show(np.full((8, 8, 3), 255, np.uint8))
    code = "from camera import Camera; c = Camera(); print(c.capture()[0])"
    assert run(info, code) == "-1\r\n"
    with pytest.raises(PhotoError):
        steer.show(tmp_path / "none.png")
    with pytest.raises(PhotoError, match="no photographs"):
        steer.show(home / "run")


def test_nothing_is_shown_to_a_board_without_a_camera(home):
    started = running.start_daemon(camera=False)
    with pytest.raises(UsageError, match="without a camera.*start it without --no-camera"):
        running.Control(started).show(np.zeros((8, 8, 3), np.uint8))


def test_other_architecture_under_the_same_name(home):
    running.start_daemon("i386")
    with pytest.raises(UsageError, match="stop it first"):
        running.start_daemon("amd64")


def test_killed_board_is_forgotten_and_leaves_nothing(home):
    info = running.start_daemon()
    children = subprocess.run(["pgrep", "-P", str(info.pid)], capture_output=True, text=True)
    child = int(children.stdout)
    processes = [os.pidfd_open(info.pid), os.pidfd_open(child)]
    os.kill(info.pid, signal.SIGKILL)
    for process in processes:
        assert select.select([process], [], [], PATIENCE_S)[0], (
            "MicroPython outlived its supervisor"
        )
        os.close(process)
    assert running.running() == [] and not Path(info.control).parent.exists()
    with pytest.raises(BoardNotFoundError, match="start it again"):
        running.Control(info).reset()


def test_terminated_daemon_cleans_up(home):
    info = running.start_daemon()
    os.kill(info.pid, signal.SIGTERM)
    running._wait_released(running.registration(info.name).with_suffix(".lock"))
    assert not running.registration(info.name).exists() and not Path(info.control).exists()


def test_another_heap_is_another_board(home):
    """Nobody who asks for a small board is given a large one that runs; else any will do."""
    info = running.start_daemon(heap="64k")
    assert info.heap_bytes == 64 << 10
    assert running.start_daemon(heap="65536") == running.start_daemon() == info
    with pytest.raises(UsageError, match="with a heap of 65536 bytes; stop it first"):
        running.start_daemon(heap="1m")


def test_failure_leaves_nothing_and_says_why(home):
    with pytest.raises(LinkError, match="does not start"):
        running.start_daemon(heap="1k")
    assert running.running() == []


def test_module_runs_by_hand(home):
    command = [sys.executable, "-m", "tinyteach.virtual", "--help"]
    assert "--arch" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_folders_follow_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    assert paths.config_dir() == tmp_path / "config"
    assert paths.state_dir() == tmp_path / "state"
    monkeypatch.setenv("TINYTEACH_STATE", str(tmp_path / "elsewhere"))
    assert paths.state_dir() == tmp_path / "elsewhere"
