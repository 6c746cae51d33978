"""Boards are found by name and identity, whatever port they have."""

import os
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from patience import expect_silence
from tinyteach.device.registry import PairedBoard, find_board, remember
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.errors import BoardNotFoundError, BoardNotPairedError, UsageError
from tinyteach.link.port_holder import Holder
from tinyteach.service.boards import finding, virtual_boards
from tinyteach.service.boards import opening as boards
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.running import running


def quiet(*_):
    pass


@pytest.fixture
def attached(monkeypatch):
    """attached(serial number → port) is what the system lists as USB ports."""

    def plug_in(ports):
        monkeypatch.setattr(
            "serial.tools.list_ports.comports",
            lambda: [usb_port(port, serial) for serial, port in ports.items()],
        )

    plug_in({})
    return plug_in


def usb_port(port, serial_number):
    info = ListPortInfo(port)
    info.vid, info.pid, info.serial_number = 0x303A, 0x1001, serial_number
    info.description = "USB JTAG/serial debug unit"
    return info


def test_boards_by_product_and_mode(monkeypatch):
    ports = [usb_port(f"/dev/ttyACM{number}", f"F412FA{number}") for number in range(3)]
    ports[1].pid, ports[2].pid = 0x0009, 0x4001
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ports)
    monkeypatch.setattr("tinyteach.device.usb.discovery.USB_DEVICES", Path("/nowhere"))
    held = {"/dev/ttyACM2": [Holder(7, "screen")]}
    monkeypatch.setattr("tinyteach.service.boards.finding.holders", lambda port: held.get(port, []))
    for number in range(2):
        board = PairedBoard(f"id{number}", f"desk{number}", "", f"F412FA{number}", "XIAO")
        remember(replace(board, private=number == 0))
    entries = [(entry.name, entry.kind, entry.status) for entry in finding.list_boards()]
    assert entries == [
        ("desk0", "ESP32 with its own USB (XIAO ESP32S3 Sense or other)", "paired, private"),
        ("desk1", "ESP32-S3", "paired; boot loader: press its reset button, or flash it"),
        (
            "/dev/ttyACM2",
            "ESP32-S2 or S3 (XIAO ESP32S3 Sense or other)",
            "attached, not paired; open in screen (process 7)",
        ),
    ]


@contextmanager
def kept_taken(port):
    """No later pseudo-terminal gets the name ``port``, though its board goes.

    A number is given out again only when nothing has either end open any more.
    """
    end = os.open(port, os.O_RDWR | os.O_NOCTTY)
    yield
    os.close(end)


def test_board_is_found_when_its_port_changed(attached, paired_flashes, tmp_path):
    flash = tmp_path / "flash"
    shutil.copy(paired_flashes("i386"), flash)
    with ExitStack() as taken:
        with VirtualBoard("i386", flash) as board:
            first = board.port
            attached({"F412FA": first})
            boards.pair_board(first, "desk", quiet)
            assert finding.resolve_port("desk") == first
            taken.enter_context(kept_taken(first))
        board = taken.enter_context(VirtualBoard("i386", flash))
        assert board.port != first
        attached({"F412FA": board.port})
        with boards.open_board("desk") as client:
            assert client.port == board.port
        assert finding.resolve_port(board.unique_id.hex()) == board.port
        assert finding.resolve_port(None) == board.port
        entry = finding.list_boards()[0]
        assert (entry.name, entry.port, entry.status) == ("desk", board.port, "paired")


def test_another_board_at_a_known_port_is_not_taken_for_it(attached, switch_on):
    with switch_on("i386") as board:
        remember(PairedBoard("0123456789ab", "desk", board.port, "", "some board"))
        other = pytest.raises(BoardNotFoundError, match="Another board is where desk was")
        with other, boards.open_board("desk"):
            pass


def test_board_that_is_not_attached_is_listed(attached):
    remember(PairedBoard("0123456789ab", "desk", "/dev/ttyACM0", "F412FA", "XIAO"))
    entry = finding.list_boards()[0]
    assert (entry.name, entry.port, entry.status) == ("desk", "", "not attached")


def test_several_boards_need_a_name(attached):
    attached({"A": "/dev/ttyACM0", "B": "/dev/ttyACM1"})
    with pytest.raises(BoardNotFoundError, match="several boards .*ttyACM0.*choose one"):
        finding.resolve_port(None)


@pytest.mark.soak  # as device/test_pairing.py has it
def test_names_given_at_pairing(attached, switch_on):
    """A port is no name, and an identity none either."""
    with switch_on("i386") as board:
        for named in (board.port, board.unique_id.hex()):
            assert boards.pair_board(named, None, quiet).name == "board"
        assert boards.pair_board("board", "desk", quiet).name == "desk"
        assert boards.pair_board("desk", None, quiet).name == "desk"


def test_environment_names_the_board(attached, monkeypatch):
    monkeypatch.setenv("TINYTEACH_BOARD", "/dev/ttyACM7")
    assert finding.resolve_port(None) == "/dev/ttyACM7"
    assert finding.resolve_port("COM3") == "COM3"


def test_unpaired_board_is_named_as_the_user_named_it(attached, monkeypatch):
    expect_silence(monkeypatch, 200)
    with VirtualBoard("i386") as board:
        unpaired = pytest.raises(BoardNotPairedError, match=f"--board {board.port} pair")
        with unpaired, boards.open_board(board.port):
            pass


def test_names_of_virtual_boards_are_no_other_boards(attached):
    """--board would find the virtual one, so the name is refused, before anything is written."""
    started = virtual_boards.start_virtual("bench", "i386", camera=True)
    try:
        with VirtualBoard("i386") as board:
            for name in ("bench", "virtual"):
                with pytest.raises(UsageError, match=f"A virtual board is called {name}; choose"):
                    boards.pair_board(board.port, name, quiet)
            with raw_repl(board.port) as repl:
                assert repl.evaluate("import os\nprint(len(os.listdir('/')))") == 0
        bench = next(info.unique_id for info in running() if info.name == "bench")
        remember(PairedBoard("0123456789ab", "desk", "/dev/ttyACM0", "F412FA", "XIAO"))
        remember(PairedBoard(bench, "shelf", started.port, "", boards.VIRTUAL_MACHINE))
        for name in ("desk", "shelf"):
            with pytest.raises(UsageError, match=f"A paired board is called {name}; choose"):
                virtual_boards.start_virtual(name, "i386", camera=True)
        assert virtual_boards.start_virtual("bench", "i386", camera=True).port == started.port
    finally:
        virtual_boards.stop_virtual("bench")
    with VirtualBoard("i386") as board, pytest.raises(UsageError, match="is called bench"):
        boards.pair_board(board.port, "bench", quiet)


@pytest.mark.soak  # as virtual/test_running.py has it
def test_virtual_board_by_name_from_start_to_stop(attached):
    taken = ExitStack()
    started = virtual_boards.start_virtual("bench", "i386", camera=True)
    try:
        taken.enter_context(kept_taken(started.port))
        assert finding.resolve_port("bench") == started.port
        paired = boards.pair_board("bench", None, quiet)
        assert paired.name == "bench" and find_board("bench").port == started.port
        assert "cat" in virtual_boards.show_to_virtual("bench", None, "cat").sentence()
        with boards.open_board("bench") as client:
            assert client.grab()[1]
        assert [entry.status for entry in finding.list_boards()] == ["running, paired"]
    finally:
        virtual_boards.stop_virtual("bench")
    with pytest.raises(BoardNotFoundError):
        virtual_boards.stop_virtual("bench")
    with taken:
        again = virtual_boards.start_virtual("bench", "i386", camera=True)
        assert again.port != started.port
        try:
            with boards.open_board("bench") as client:
                assert client.port == again.port and client.info().state == ""
        finally:
            virtual_boards.stop_virtual("bench")


def test_a_file_that_is_no_port():
    refused = pytest.raises(BoardNotFoundError, match="'/dev/null' is no port")
    with refused, boards.open_board("/dev/null"):
        pass
