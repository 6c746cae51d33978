"""Boards that were paired, kept in a file that people may look at."""

import json

import pytest
from serial.tools.list_ports_common import ListPortInfo

from tinyteach import paths
from tinyteach.device.registry import PairedBoard, find_board, free_name, paired_boards, remember
from tinyteach.device.usb import discovery
from tinyteach.errors import UsageError

KITCHEN = PairedBoard("aabb", "kitchen", "/dev/ttyACM0", "usb-1", "a machine")
GARDEN = PairedBoard("ccdd", "garden", "/dev/ttyACM1", "", "a machine")


def test_none_at_first():
    assert paired_boards() == [] and find_board("kitchen") is None


def test_found_by_name_and_by_identity():
    remember(KITCHEN)
    remember(GARDEN)
    assert paired_boards() == [GARDEN, KITCHEN]
    assert find_board("kitchen") == find_board("aabb") == KITCHEN


def test_paired_again_replaces_what_was_known():
    remember(KITCHEN)
    moved = PairedBoard("aabb", "cellar", "/dev/ttyACM9", "usb-1", "a machine")
    remember(moved)
    assert paired_boards() == [moved]
    assert [path.name for path in paths.config_dir().iterdir()] == ["boards.json"]


def test_free_name():
    remember(KITCHEN)
    assert free_name("kitchen", "aabb") == "kitchen"
    assert free_name("kitchen", "eeff") == "kitchen-2"


@pytest.mark.parametrize("text", ["{", "[1]", '[{"colour": 1}]', "7"])
def test_damaged_file_is_one_sentence(text):
    remember(KITCHEN)
    (paths.config_dir() / "boards.json").write_text(text)
    with pytest.raises(UsageError, match="delete it and pair the boards again"):
        paired_boards()


def test_file_is_plain_json():
    remember(KITCHEN)
    assert json.loads((paths.config_dir() / "boards.json").read_text())[0]["name"] == "kitchen"


@pytest.fixture
def usb(monkeypatch):
    """Two USB serial ports and one of the mainboard, as pyserial describes them."""
    ports = []
    for name, vid, serial_number in (
        ("B", 0x303A, "usb-1"),
        ("A", 0x2E8A, None),
        ("S", None, None),
    ):
        port = ListPortInfo(name)
        port.vid, port.serial_number, port.description = vid, serial_number, f"port {name}"
        ports.append(port)
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ports)


def test_usb_ports_are_listed_by_name(usb):
    assert [port.port for port in discovery.attached_ports()] == ["A", "B"]


def test_port_is_found_by_usb_serial_number(usb):
    assert discovery.port_of("usb-1") == "B" and discovery.usb_serial_of("B") == "usb-1"
    assert discovery.port_of("") is None and discovery.usb_serial_of("/dev/pts/0") == ""
