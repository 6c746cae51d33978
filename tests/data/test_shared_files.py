"""Files that several processes read, change and write at once lose nothing of any of them."""

import subprocess
import sys

import pytest

from tinyteach.data.project import Project
from tinyteach.device.registry import paired_boards
from tinyteach.errors import ProjectError
from tinyteach.locks import one_at_a_time

PROCESSES = 6
EACH = 6
# What a process does, when the others are ready too: change number ``each`` of ``EACH``.
# Each takes a while to write, as on a card, so that they meet.
BEGIN = """
import sys, time
from tinyteach.data import project as settings
from tinyteach.device import registry
def slowly(*what, write=registry.write_json):
    time.sleep(0.005)
    write(*what)
registry.write_json = settings.write_json = slowly
number, place = sys.argv[1:]
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
"""
PAIRINGS = (
    BEGIN
    + f"""
from tinyteach.device.registry import PairedBoard, changing, free_name, remember
for each in range({EACH}):
    with changing():
        board = f"{{number}}-{{each}}"
        remember(PairedBoard(board, free_name("board", board), "port", "", "a machine"))
"""
)
SETTINGS = (
    BEGIN
    + f"""
from tinyteach.data.project import Project
project = Project.open(place)
for each in range({EACH}):
    project._set(**{{f"of {{number}}": each}})
    assert Project.open(place)._settings[f"of {{number}}"] == each
"""
)


def together(code, place):
    """Run it in processes that begin at the same moment."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(n), str(place)], **pipes)
        for n in range(PROCESSES)
    ]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.write("go\n")
        process.stdin.close()
    assert [process.wait() for process in started] == [0] * PROCESSES
    for process in started:
        process.stdout.close()


def test_boards_that_are_paired_at_once_are_all_remembered(tmp_path):
    together(PAIRINGS, tmp_path)
    boards = paired_boards()
    assert len({board.board_id for board in boards}) == PROCESSES * EACH
    assert len({board.name for board in boards}) == PROCESSES * EACH


def test_settings_that_are_changed_at_once_are_all_kept(tmp_path):
    Project.create(tmp_path / "project")
    together(SETTINGS, tmp_path / "project")
    settings = Project.open(tmp_path / "project")._settings
    assert {settings[f"of {number}"] for number in range(PROCESSES)} == {EACH - 1}


HOLD = """
import sys
from pathlib import Path
from tinyteach.locks import one_at_a_time
with one_at_a_time(Path(sys.argv[1])):
    sys.stdout.write("held\\n"); sys.stdout.flush(); sys.stdin.read()
"""


def test_lock_ends_with_the_process_that_holds_it(tmp_path):
    """One that is killed leaves none; one that stands still is named in a sentence."""
    file = tmp_path / "file"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(file)], **pipes) as other:
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(ProjectError, match="end that process, or wait"),
            one_at_a_time(file, turn_s=0),
        ):
            pass
        other.kill()
    with one_at_a_time(file, turn_s=0), one_at_a_time(file, turn_s=0):
        pass


def test_home_that_cannot_keep_a_lock_stops_nobody(tmp_path, monkeypatch):
    (tmp_path / "state").write_text("no folder")
    monkeypatch.setenv("TINYTEACH_STATE", str(tmp_path / "state"))
    with one_at_a_time(tmp_path / "file", turn_s=0):
        pass
