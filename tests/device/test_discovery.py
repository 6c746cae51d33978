"""Boards on USB: product and mode by their ids, the same board in each mode, what holds a port."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
import serial
from serial.tools.list_ports_common import ListPortInfo

from tinyteach.device.repl.bounded_transport import BoundedTransport
from tinyteach.device.usb import discovery
from tinyteach.device.usb.products import BOOT_LOADER, MICROPYTHON, NO_MICROPYTHON, PRODUCTS
from tinyteach.errors import BoardNotFoundError
from tinyteach.link import serial_link
from tinyteach.link.port_holder import Holder, holders
from tinyteach.link.serial_link import SerialLink

from .conftest import device

JTAG_SERIAL, NATIVE_USB = "F4:12:FA:8D:2B:10", "f412fa8d2b10a5c3"


@pytest.fixture
def plug_in(monkeypatch):
    """plug_in((vendor, product, serial number)…) is what the system lists."""

    def attach(*devices):
        ports = []
        for number, (vendor, product, serial_number) in enumerate(devices):
            port = ListPortInfo(f"/dev/ttyACM{number}")
            port.vid, port.pid, port.serial_number = vendor, product, serial_number
            port.description = "a port"
            ports.append(port)
        monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ports)

    return attach


@pytest.mark.parametrize(
    ("vendor", "product", "name", "mode"),
    [
        (0x303A, 0x4001, "XIAO ESP32S3 Sense", MICROPYTHON),
        (0x303A, 0x1001, "XIAO ESP32S3 Sense", ""),
        (0x1A86, 0x55D3, "Grove Vision AI V2", ""),
        (0x1A86, 0x55D2, "Grove Vision AI V2", ""),
        (0x303A, 0x0009, "ESP32-S3", BOOT_LOADER),
        (0x2886, 0x8056, "CircuitPython", NO_MICROPYTHON),
        (0x37C5, 0x1060, "OpenMV Cam RT1062", MICROPYTHON),
        (0x37C5, 0x9206, "OpenMV N6", BOOT_LOADER),
        (0x2E8A, 0x0005, "RP2040 or RP2350", MICROPYTHON),
        (0x2E8A, 0x000B, "CircuitPython", NO_MICROPYTHON),
        (0xF055, 0x9802, "MicroPython board", MICROPYTHON),
    ],
)
def test_products(plug_in, vendor, product, name, mode):
    plug_in((vendor, product, "1"))
    found = discovery.attached_ports()[0]
    assert name in found.description and found.product.mode == mode


def test_every_mode_that_is_not_ready_says_what_to_do():
    for ids, product in PRODUCTS.items():
        assert bool(product.hint) or product.mode not in (BOOT_LOADER, NO_MICROPYTHON), ids


def test_unknown_ids_keep_the_systems_words(plug_in):
    plug_in((0x1234, 0x5678, None))
    found = discovery.attached_ports()[0]
    assert (found.description, found.product) == ("a port", None)


def test_a_board_is_itself_in_each_of_its_modes(plug_in):
    """Boot loader and MicroPython are two USB devices, and write one address in two ways."""
    for product, own in ((0x1001, JTAG_SERIAL), (0x4001, NATIVE_USB), (0x4001, "f412fa8d2b100000")):
        plug_in((0x2E8A, 5, "e6614103e7452d2f"), (0x303A, product, own))
        for remembered in (JTAG_SERIAL, NATIVE_USB):
            assert discovery.port_of(remembered) == "/dev/ttyACM1"
        assert discovery.port_of("F4:12:FA:8D:2B:11") is None


def test_other_makers_numbers_count_to_the_last_digit(plug_in):
    plug_in((0x2E8A, 5, "e6614103e7452d2f"))
    assert discovery.port_of("e6614103e7452d30") is None
    assert discovery.port_of("E6614103E7452D2F") == "/dev/ttyACM0"


def test_boot_loaders_without_a_port(plug_in, tmp_path, monkeypatch):
    """A Pico that waits for its firmware is a drive; a port that is listed is not told twice."""
    for name, vendor, product in (("1-1", "2e8a", "0003"), ("1-2", "303a", "0009")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "idVendor").write_text(vendor + "\n")
        (tmp_path / name / "idProduct").write_text(product + "\n")
    monkeypatch.setattr(discovery, "USB_DEVICES", tmp_path)
    plug_in((0x303A, 0x0009, "1"))
    assert [product.name for product in discovery.waiting_boot_loaders()] == ["RP2040"]


@contextmanager
def held_by_another_program(port, lock=True):
    code = "import serial, sys; s = serial.Serial(sys.argv[1], exclusive=len(sys.argv) > 2 or None)"
    code += "; print('open', flush=True); sys.stdin.read()"
    arguments = [sys.executable, "-c", code, port, *(["lock"] if lock else [])]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe) as process:
        assert process.stdout.readline() == b"open\n"
        yield process
        process.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which program has a port")
def test_program_that_holds_the_port_is_named():
    with device(b"") as port, held_by_another_program(port) as process:
        named = rf"held by python.* \(process {process.pid}\); close that program"
        with pytest.raises(BoardNotFoundError, match=named):
            SerialLink(port)


@pytest.mark.parametrize("browser", ["chrome", "chromium-browse", "msedge"])
def test_a_browsers_page_that_holds_the_port_is_named(browser, monkeypatch):
    def refuse(self):
        raise serial.SerialException(16, "could not open port")

    monkeypatch.setattr(serial.Serial, "open", refuse)
    monkeypatch.setattr(serial_link, "holders", lambda port: [Holder(7, browser)])
    named = rf"held by {browser} .process 7., a browser; close the page .* SenseCraft"
    with pytest.raises(BoardNotFoundError, match=named):
        SerialLink("/dev/ttyACM0")
    monkeypatch.setattr(serial_link, "holders", lambda port: [])
    with pytest.raises(BoardNotFoundError, match="or the browser's page that is connected"):
        SerialLink("/dev/ttyACM0")


def test_a_rate_is_asked_for_and_a_pseudo_terminal_has_no_lines():
    with device(b"") as port, SerialLink(port, 921_600) as link:
        assert link._serial.baudrate == 921_600
        assert not link.pulse_rts(0)


def test_closed_port_is_free_while_a_starting_process_has_a_copy():
    """Between its fork and its exec a process has every open file of the one that starts it."""
    with device(b"") as port:
        link = SerialLink(port)
        copies = [os.dup(link._serial.fd)]
        link.close()
        transport = BoundedTransport(port, 1.0)
        copies.append(os.dup(transport.serial.fd))
        transport.close()
        SerialLink(port).close()
        for copy in copies:
            os.close(copy)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which program has a port")
def test_program_that_shares_the_port_is_found():
    with device(b"") as port:
        assert holders(port) == []
        with held_by_another_program(port, lock=False) as process:
            SerialLink(port).close()
            assert [holder.pid for holder in holders(port)] == [process.pid]
            assert holders(port, besides=[process.pid]) == []


def test_no_permission_names_the_ports_group(monkeypatch):
    def refuse(self):
        raise serial.SerialException(13, "could not open port")

    monkeypatch.setattr(serial.Serial, "open", refuse)
    monkeypatch.setattr(serial_link.Path, "group", lambda self: "uucp")
    with pytest.raises(BoardNotFoundError, match="usermod -aG uucp "):
        SerialLink("/dev/ttyACM0")


class Lines:
    """A port that writes down what is done to its control lines."""

    def __init__(self, *_, **__):
        self.done, self.port, self.write_timeout = [], "COM3", None

    def open(self):
        self.done.append("open")

    def write(self, data):
        raise AssertionError(data)

    def close(self):
        self.done.append("close")

    def __setattr__(self, name, value):
        if name in ("dtr", "rts"):
            self.done.append(f"{name} {value}")
        self.__dict__[name] = value


def test_lines_in_mpremotes_order(monkeypatch):
    monkeypatch.setattr("serial.serial_for_url", Lines)
    link = SerialLink("COM3")
    link.close()
    assert link._serial.done == ["open", "rts False", "dtr False", "close"]
    monkeypatch.setattr(serial_link.sys, "platform", "win32")
    monkeypatch.setattr(serial_link, "_vendor_of", lambda port: 0x10C4)
    opened = SerialLink("COM3")._serial.done
    assert opened[-3:] == ["open", "dtr True", "rts True"]
    assert {"dtr False", "rts False"} == set(opened[: opened.index("open")])
