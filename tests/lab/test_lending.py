"""Boards of a lab on labgrid's own coordinator and exporter: who has which."""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from patience import PATIENCE_S
from tinyteach.device.registry import paired_boards
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardHeldError, BoardNotFoundError, LabError, UsageError
from tinyteach.hil.words import opened
from tinyteach.lab.borrowing import WAIT_VARIABLE, acquire
from tinyteach.lab.coordinator import Coordinator
from tinyteach.lab.given_back import all_given_back
from tinyteach.lab.places import LEASE
from tinyteach.service.boards.finding import at_hand, resolve_port
from tinyteach.service.boards.opening import pair_board
from tinyteach.service.boards.verification import PLUGIN
from tinyteach.service.lab import exporting
from tinyteach.service.lab.lab_file import LabBoard, LabFile
from tinyteach.service.lab.status import lab_status

# pyserial's of its threads.
pytestmark = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")

BORROWER = """
import sys
from tinyteach.lab.borrowing import acquire
with acquire("lab:" + sys.argv[1]) as lease:
    print(lease.place, lease.owner, flush=True)
    sys.stdin.readline()
    lease.check()
"""


def borrower(wanted: str) -> subprocess.Popen:
    """A process that has borrowed a board, and keeps it until it reads a line."""
    command = [sys.executable, "-c", BORROWER, wanted]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout.readline().split(), process.stderr.read()
    return process


def end(process: subprocess.Popen) -> str:
    """Let it give the board back; what it complained of."""
    _, complaint = process.communicate("\n", timeout=PATIENCE_S)
    return complaint


def nothing_is_left(lab) -> bool:
    with Coordinator(lab.coordinator.address) as coordinator:
        return not coordinator.reservations() and set(lab.states().values()) == {"ready"}


def test_each_borrower_has_a_board_of_its_own(lab):
    """Four at once, twelve times in all: whoever has a board finds nobody else on it."""
    users = {name: 0 for name in lab.boards}

    def use(_):
        with acquire("lab:") as lease:
            users[lease.place] += 1
            assert users[lease.place] == 1
            with BoardClient(lease.url) as client:
                assert client.board_id == lab.lender.boards[lease.place].board_id
            users[lease.place] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(use, range(12)))
    assert nothing_is_left(lab)


def test_by_name_by_tag_and_none(lab):
    with acquire("lab:right") as lease:
        assert lease.place == "right" and lease.url.startswith("rfc2217://")
    with acquire("lab:virtual_one") as lease:
        assert lease.place == "left" and lease.url.startswith("socket://")
        with pytest.raises(BoardHeldError, match=f"left is held by {lease.owner}"):
            acquire("lab:left", wait_s=0.2).__enter__()
    with pytest.raises(BoardNotFoundError, match=r"no board 'nobody'; it has left \(virtual_one\)"):
        acquire("lab:nobody").__enter__()
    assert nothing_is_left(lab)


def test_who_borrows_asks_for_nothing_of_the_others(lab, monkeypatch):
    """Where a board is lent its place says; where that is not so, until its exporter looks."""
    monkeypatch.delattr(Coordinator, "resources")
    with Coordinator(lab.coordinator.address) as coordinator:
        coordinator.set_tags("left", {LEASE: "127.0.0.1:1"})
        with acquire("lab:left") as lease, BoardClient(lease.url) as client:
            assert client.board_id == lab.lender.boards["left"].board_id
    assert nothing_is_left(lab)


def test_within_a_process_one_word_is_one_board(lab):
    with at_hand("lab:left") as url, at_hand("lab:left") as again:
        assert url == again and lab.states()["left"] == "held"
    assert nothing_is_left(lab)


def test_a_session_begun_anew_keeps_its_board(lab):
    """As the plugin begins one, to leave the board as it was found."""
    with opened("lab:") as board:
        owners = {entry.name: entry.owner for entry in lab_status(None).boards}
        board.reopen()
        assert {entry.name: entry.owner for entry in lab_status(None).boards} == owners
        assert any(owners.values())
    assert nothing_is_left(lab)


def test_what_a_command_borrowed_is_given_back_at_its_end(lab):
    with at_hand("lab:left"):
        with all_given_back():
            assert {resolve_port("lab:left"), resolve_port("lab:right")} == {
                lent.url for lent in lab.lender.boards.values()
            }
        lab.until(lambda: lab.states() == {"left": "held", "right": "ready"})
    assert nothing_is_left(lab)


def test_what_a_killed_borrower_had_is_free(lab):
    process = borrower("left")
    assert lab.states()["left"] == "held"
    process.kill()
    process.communicate()
    lab.until_ready("left")


def test_what_the_doctor_left_held_is_free(lab):
    """As where the coordinator's answer to its release was lost."""
    doctor = "desk/tinyteach-export"
    with Coordinator(lab.coordinator.address, doctor) as coordinator:
        coordinator.acquire("left")
    lab.until(lambda: exporting.DEAD.format(owner=doctor, name="left") in lab.told)
    lab.until_ready("left")


def test_a_borrower_that_stands_still_loses_its_board_and_is_told(lab):
    process = borrower("left")
    process.send_signal(signal.SIGSTOP)
    lab.until_ready("left")
    process.send_signal(signal.SIGCONT)
    assert "The lease of the board left was lost" in end(process)
    assert nothing_is_left(lab)


def test_a_restarted_coordinator_gives_no_board_away(lab):
    """It forgets who has what; the exporter does not."""
    process = borrower("left")
    lab.coordinator.kill()
    lab.coordinator.start()
    lab.until(lambda: lab.states().get("left") == "held")
    with pytest.raises(BoardHeldError):
        acquire("lab:left", wait_s=0.2).__enter__()
    with acquire("lab:right") as lease, BoardClient(lease.url) as client:
        assert client.info().state == ""
    assert end(process) == ""
    lab.until_ready()


def test_a_killed_exporter_is_started_again(lab):
    process, before = borrower("left"), lab.lender.exporter_pid
    os.kill(before, signal.SIGKILL)
    lab.until(lambda: lab.lender.exporter_pid != before)
    with acquire("lab:right"):
        assert lab.states() == {"left": "held", "right": "held"}
    assert end(process) == ""
    lab.until_ready()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_stopped_while_it_waits_leaves_nothing(lab, number):
    code = "from tinyteach.cli.main import run; run()"
    command = [sys.executable, "-c", code, "info", "--board", "lab:left"]
    with acquire("lab:left"), Coordinator(lab.coordinator.address) as coordinator:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        lab.until(coordinator.reservations)
        process.send_signal(number)
        out, complaint = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, out, complaint) == (128 + number, "", "")
        assert coordinator.reservations() == []
    assert nothing_is_left(lab)


TOGETHER = """
import pathlib, time
import pytest

@pytest.mark.parametrize("number", range(2))
def test_together(board, number):
    here = pathlib.Path(__file__).parent
    (here / f"{number}.port").write_text(board.port)
    while len(list(here.glob("*.port"))) < 2:  # both have one at the same time
        time.sleep(0.05)
    assert number == 0
"""
STOPPED = """
import os, signal

def test_stopped(board):
    os.kill(os.getpid(), signal.SIGINT)
"""


# What is run may have to wait for this process, which serves its board's port.
PATIENT = "from tinyteach_protocol import requester\nrequester.TIMEOUT_MS = 20_000\n"


@pytest.fixture
def pytest_run(tmp_path):
    """pytest_run(code, *options): the code it ended with, and what it said."""

    def run(code, *options):
        (tmp_path / "conftest.py").write_text(PATIENT)
        (tmp_path / "test_it.py").write_text(code)
        command = [sys.executable, "-m", "pytest", "-q", *PLUGIN, "-p", "no:cacheprovider"]
        pipe = subprocess.PIPE
        done = subprocess.run(
            [*command, *options], cwd=tmp_path, stdout=pipe, timeout=PATIENCE_S, text=True
        )
        return done.returncode, done.stdout

    return run


def test_each_worker_of_xdist_has_a_board_of_its_own(lab, pytest_run, tmp_path):
    """The plugin's, given back after a test that failed."""
    code, said = pytest_run(TOGETHER, "--tt-board=lab:", "-n", "2")
    assert code == 1 and "1 failed, 1 passed" in said, said
    ports = {path.read_text() for path in tmp_path.glob("*.port")}
    assert ports == {lent.url for lent in lab.lender.boards.values()}
    assert nothing_is_left(lab)


def test_a_run_that_is_stopped_gives_its_board_back(lab, pytest_run):
    assert pytest_run(STOPPED, "--tt-board=lab:right")[0] == 2
    assert nothing_is_left(lab)


def test_a_board_that_another_holds_is_no_failed_test(lab, pytest_run, monkeypatch):
    monkeypatch.setenv(WAIT_VARIABLE, "0")
    with acquire("lab:left") as lease:
        code, said = pytest_run(STOPPED, "--tt-board=lab:left")
    assert code == 21 and "1 no board" in said and f"left is held by {lease.owner}" in said
    assert nothing_is_left(lab)


def test_commands_take_a_board_of_the_lab(lab, capsys, monkeypatch):
    from tinyteach.cli import main

    def tinyteach(*words):
        monkeypatch.setattr(sys, "argv", ["tinyteach", *words])
        with pytest.raises(SystemExit) as ended:
            main.run()
        assert not ended.value.code
        return json.loads(capsys.readouterr().out)

    told = tinyteach("info", "--json", "--board", "lab:left")
    assert told["board_id"] == lab.boards["left"].unique_id.hex()
    with pytest.raises(UsageError, match="without --name"):
        pair_board("lab:left", "mine", lambda *_: None)
    told = tinyteach("pair", "--json", "--board", "lab:left")
    assert told["written"] == [] and paired_boards() == [], "a lab's board is not this computer's"
    boards = {board["name"]: board for board in tinyteach("lab", "status", "--json")["boards"]}
    assert boards["left"] == {
        "name": "left",
        "tags": ["virtual_one"],
        "state": "ready",
        "owner": "",
        "reason": "",
        "exporter": "desk",
    }


def test_a_name_that_another_exporter_lends(lab):
    other = LabFile((LabBoard("left", "nowhere"),), "attic", port=0)
    with (
        pytest.raises(LabError, match="at the exporter desk"),
        exporting.exporting(other, lab.told.append),
    ):
        pass
    assert nothing_is_left(lab)


def test_a_second_exporter_of_the_same_name(lab, monkeypatch):
    monkeypatch.setattr(exporting, "NAME_TIMEOUT_S", 0)
    second = LabFile((LabBoard("left", "nowhere"),), "desk", port=0)
    with (
        pytest.raises(LabError, match="called desk is connected"),
        exporting.exporting(second, lab.told.append),
    ):
        pass
    assert nothing_is_left(lab)


def test_a_port_that_is_taken(lab):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = LabFile((LabBoard("attic-1", "nowhere"),), "attic", port=port)
        with (
            # The board's is the next, which may be another program's just now.
            pytest.raises(LabError, match=f"Port ({port}|{port + 1}) of"),
            exporting.exporting(other, lab.told.append),
        ):
            pass
    assert "attic-1" not in lab.states() and nothing_is_left(lab)
