"""A board that restarts is another USB device at another port; its address tells which one."""

import pytest

from tinyteach.device.usb import discovery, port_return
from tinyteach.device.usb.discovery import AttachedPort
from tinyteach.device.usb.port_return import await_return
from tinyteach.device.usb.products import ESPRESSIF

MAC = "34851877aa01"
LOADER = AttachedPort("/dev/ttyACM0", "USB JTAG/serial debug unit", "34:85:18:77:AA:01", ESPRESSIF)
# MicroPython takes eight bytes, of which the address is six.
MICROPYTHON = AttachedPort("/dev/ttyACM1", "Board in FS mode", "34851877aa010000", ESPRESSIF)
OTHER = AttachedPort("/dev/ttyACM2", "Board in FS mode", "34851877aa020000", ESPRESSIF)


@pytest.fixture
def attached(monkeypatch):
    """What is attached, one list a look, the last one from then on."""
    looks = []

    def look():
        return looks.pop(0) if len(looks) > 1 else looks[0]

    monkeypatch.setattr(discovery, "attached_ports", look)
    monkeypatch.setattr(port_return, "attached_ports", look)
    monkeypatch.setattr(port_return, "SETTLE_S", 0)
    monkeypatch.setattr(port_return, "POLL_S", 0.001)
    return looks


def test_it_comes_back_at_another_port(attached):
    attached += [[LOADER, OTHER], [LOADER, OTHER], [OTHER], [OTHER], [MICROPYTHON, OTHER]]
    assert await_return("/dev/ttyACM0", MAC) == "/dev/ttyACM1"


def test_it_does_not_come_back(attached, monkeypatch):
    monkeypatch.setattr(port_return, "RETURN_TIMEOUT_S", 0.05)
    attached += [[LOADER], [OTHER]]
    assert await_return("/dev/ttyACM0", MAC) is None


def test_what_is_no_usb_port_stays(attached):
    attached += [[OTHER]]
    assert await_return("/dev/pts/7", MAC) == "/dev/pts/7"


def test_a_bridge_stays_where_it_is(attached):
    attached += [[AttachedPort("/dev/ttyUSB0", "CP210x USB bridge", "0001", 0x10C4), OTHER]]
    assert await_return("/dev/ttyUSB0", MAC) == "/dev/ttyUSB0"
