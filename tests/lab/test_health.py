"""A sick board goes offline with its reason, is mended as far as may be, and comes back."""

import sys
from dataclasses import replace

import pytest

from faulty_port import silent_port
from keyed import give_key
from patience import expect_silence
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.errors import BoardHeldError
from tinyteach.lab.borrowing import acquire
from tinyteach.service.lab import health
from tinyteach.service.lab.lab_file import LabBoard
from tinyteach.service.lab.status import lab_status


def test_a_board_without_power_goes_offline_and_comes_back(lab, monkeypatch):
    """Its borrower pulled the plug; no other is given it."""
    with monkeypatch.context() as hasty:
        expect_silence(hasty, 50)
        with acquire("lab:right"):
            lab.boards["right"].cut_power_now()
        lab.until(lambda: lab.states()["right"] == "offline")
    (entry,) = [board for board in lab_status(None).boards if board.name == "right"]
    assert "right is offline: " + entry.reason + "." in lab.told
    with pytest.raises(BoardHeldError, match="right is offline: "):
        acquire("lab:right", wait_s=0).__enter__()
    lab.boards["right"].power_on()
    lab.until_ready("right")
    assert lab.told[-1] == "right is ready."


@pytest.fixture(scope="module")
def board(switch_on):
    with switch_on("i386") as started:
        yield started


def test_another_board_is_not_taken_for_it(board):
    about = LabBoard("one", board.port, open=True)
    assert health.check(about) == board.unique_id.hex()
    with pytest.raises(health.SickError, match="another board is in its place"):
        health.check(about, "0123")


def test_what_is_not_private_is_not_lent_unless_told(switch_on, tmp_path, monkeypatch):
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    with switch_on("i386") as own:
        closed = LabBoard("one", own.port)
        with pytest.raises(health.SickError, match="it is not private"):
            health.check(closed)
        identity, _ = give_key(own)
        with pytest.raises(health.SickError, match="it is not private"):
            health.check(closed)
        give_key(own, private=True)
        assert health.check(closed) == identity


def test_other_firmware_is_set_aside(board):
    about = LabBoard("one", board.port, open=True, micropython="9.")
    with pytest.raises(health.SickError, match=r"its MicroPython is 1\.\d+.*wants 9\."):
        health.examine_fully(about)


@pytest.fixture
def flashing(monkeypatch):
    """flashing(act) does that in place of flashing, which tests/cli/test_flash.py tests.

    What it gives is the list of what was flashed, each board with its image.
    """
    done = []

    def stand_in(act=lambda: None):
        monkeypatch.setattr(health, "flash_board", lambda *told: (done.append(told[:2]), act()))
        return done

    return stand_in


def test_other_firmware_is_flashed_once_where_the_file_says_so(board, flashing):
    """Here it does not help, so it is not done again."""
    done, upkeep = flashing(), health.Upkeep()
    about = LabBoard("one", board.port, micropython="9.", image="new.bin", open=True)
    for _ in range(2):
        with pytest.raises(health.OtherFirmwareError, match=r"its MicroPython is 1\.\d+"):
            health.examine_fully(about, "", upkeep)
    assert done == [(board.port, "new.bin")] and upkeep.flashed


@pytest.mark.soak  # a REPL is given time to answer
def test_what_cannot_be_paired_is_flashed(board, flashing, monkeypatch, tmp_path):
    """Something else runs on it, which says nothing to a REPL's greeting."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    expect_silence(monkeypatch, 50)
    with silent_port() as port:
        place = PairedBoard(board.unique_id.hex(), "one", port, "", "some board")
        remember(place)
        flashing(lambda: remember(replace(place, port=board.port)))
        about = LabBoard("one", "one", image="new.bin")
        assert health.examine_fully(about) == board.unique_id.hex()


def test_what_cannot_be_flashed_says_why(board):
    """A virtual board has no boot loader."""
    about = LabBoard("one", board.port, micropython="9.", image="new.bin", open=True)
    with pytest.raises(health.SickError, match="wants 9.*, and could not be flashed: "):
        health.examine_fully(about)


def test_another_version_of_the_agent_is_paired(board, monkeypatch):
    """Here the computer's is the other one, so pairing cannot mend it."""
    monkeypatch.setattr(health, "__version__", "9.9")
    about, paired = LabBoard("one", board.port, open=True), []
    pair = health.pair_for_now
    monkeypatch.setattr(health, "pair_for_now", lambda *args: paired.append(pair(*args)))
    with pytest.raises(health.WrongAgentError, match=r"agent is version .*, and this .* has 9\.9"):
        health.examine_fully(replace(about, repair=False))
    assert not paired
    with pytest.raises(health.WrongAgentError):
        health.examine_fully(about)
    assert paired[0].written == []


def test_a_board_without_its_agent_is_paired(board, monkeypatch):
    with raw_repl(board.port, is_alive=True) as repl:
        repl.run("import os; os.remove('/main.py')")
        repl.reset()
    about, pair = LabBoard("one", board.port, open=True), health.pair_for_now
    with monkeypatch.context() as hasty:

        def paired(*args):
            hasty.undo()  # an agent is there from now on, whenever it answers
            return pair(*args)

        hasty.setattr(health, "pair_for_now", paired)
        expect_silence(hasty, 50)
        with pytest.raises(health.SickError):
            health.check(about)
        assert health.examine_fully(about) == board.unique_id.hex()


def test_power_is_cycled_where_a_board_is_silent(board, monkeypatch, tmp_path):
    """The command stands for a hub's: here it leaves a note, on which the board is switched on."""
    cycled = tmp_path / "cycled"
    command = [sys.executable, "-c", f"open({str(cycled)!r}, 'w')"]
    about = LabBoard("one", board.port, open=True, power=tuple(command))
    run = health.subprocess.run

    def switch(*args, **options):
        done = run(*args, **options)
        hasty.undo()  # it answers from now on, whenever that is
        board.disturb()
        board.power_on()
        return done

    board.disturb(to_host=lambda data: b"")  # nor is anything on its way that it said before
    board.cut_power_now()
    with monkeypatch.context() as hasty:
        hasty.setattr(health.subprocess, "run", switch)
        expect_silence(hasty, 50)
        assert health.examine_fully(about) == board.unique_id.hex()
    assert cycled.exists()


def test_a_power_command_that_fails(board):
    with pytest.raises(health.SickError, match="its power could not be cycled: .*no-such-hub"):
        health.cycle_power(LabBoard("one", board.port, open=True, power=("no-such-hub",)))
