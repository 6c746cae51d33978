"""Cable or power lost while pairing: the board starts, and pairing again completes.

A few cuts by chance; ``tests/soak/pairing_cuts.py`` does any number of them.
"""

import pytest
import serial

from flashes import flashes_with, starter
from pairing_trials import Cut, give_users_main, pair_until, take_off, trial
from patience import PATIENCE_S
from slices import soak
from tinyteach.device.wire.client import BoardClient
from tinyteach.virtual.board import VirtualBoard


def test_cut_while_pairing_a_blank_board(tmp_path, little):
    with VirtualBoard("i386", tmp_path / "flash") as board:
        assert trial(board, little, Cut(sent_bytes=90_001, power=True)) == "the stand-in"


@pytest.mark.parametrize(
    ("cut", "whose"),
    [
        (Cut(sent_bytes=900), "the user's"),
        soak(Cut(files=0, power=True), "the stand-in"),
        soak(Cut(files=9), "the stand-in"),
        soak(Cut(ending_bytes=0, power=True), "the stand-in"),
        (Cut(ending_bytes=90, power=True), "the agent's"),
        soak(Cut(ending_bytes=130), "the agent's"),
    ],
    ids=str,
)
def test_cut_while_pairing(paired_board, little, cut, whose):
    assert trial(paired_board, little, cut, take_off(paired_board, little)) == whose


@pytest.fixture(scope="module")
def switch_fat_on(little, tmp_path_factory):
    """switch_fat_on(arch, file_system="fat") starts a paired board with FAT on its flash."""
    folder = tmp_path_factory.mktemp("fat")
    return starter(flashes_with(little, folder, file_system="fat"), tmp_path_factory)


@pytest.mark.parametrize(
    ("cut", "whose"),
    [
        (Cut(files=5, power=True), "the stand-in"),
        soak(Cut(sent_bytes=20_001), "the stand-in"),
        soak(Cut(ending_bytes=0, power=True), "the stand-in"),
        soak(Cut(ending_bytes=90, power=True), "the agent's"),
    ],
    ids=str,
)
def test_cut_while_pairing_a_board_with_fat(switch_fat_on, little, cut, whose):
    with switch_fat_on("i386", file_system="fat") as board:
        assert trial(board, little, cut, take_off(board, little)) == whose


def test_interrupted_board_starts_and_says_so(tmp_path, little):
    with VirtualBoard("i386", tmp_path / "flash") as board:
        give_users_main(board)
        assert pair_until(board, little, Cut(files=5, power=True))
        with serial.Serial(board.port, timeout=PATIENCE_S) as port:
            board.power_on()
            said = port.read_until(b">>> ")
        assert b"is not whole; pair the board again." in said and b"Traceback" not in said
        with pytest.raises(Exception, match="pair' to install it"):
            BoardClient(board.port, hello_tries=1)
