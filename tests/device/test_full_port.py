"""A port that takes nothing is waited for, not asked again and again."""

import os

import pytest
import serial
from esptool import loader

from patience import expect_silence
from tinyteach.device.esp.flash import open_flash
from tinyteach.device.repl import bounded_transport, entering
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire import session as wire_session
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import TinyTeachError
from tinyteach.link.serial_link import SerialLink, TakesNothingError

from .conftest import device, filled

# Where the port is asked at once again, it is many thousand times.
ASKED_AT_MOST = 100
LIMIT_S = 0.5


def talk_to_an_agent(port):
    BoardClient(port, hello_tries=1)


def enter_the_repl(port):
    with raw_repl(port):
        pass


def find_a_boot_loader(port):
    """esptool drops what was not taken first; not every driver does as it is told."""
    with open_flash(port):
        pass


@pytest.fixture
def short_limits(monkeypatch):
    expect_silence(monkeypatch, 150)
    monkeypatch.setattr(SerialLink.write, "__defaults__", (LIMIT_S,))
    monkeypatch.setattr(wire_session, "ENDING_TIMEOUT_S", LIMIT_S)
    monkeypatch.setattr(entering, "ENTER_TIMEOUT_S", LIMIT_S)
    monkeypatch.setattr(bounded_transport, "WRITE_TIMEOUT_S", LIMIT_S)
    monkeypatch.setattr(loader, "DEFAULT_SERIAL_WRITE_TIMEOUT", LIMIT_S)


@pytest.mark.parametrize("talk", [talk_to_an_agent, enter_the_repl, find_a_boot_loader])
def test_a_full_port_is_waited_for(talk, short_limits, monkeypatch):
    plain, asked = os.write, []

    def write(file, data):
        asked.append(len(data))
        return plain(file, data)

    with device() as port, filled(port):
        monkeypatch.setattr(os, "write", write)
        monkeypatch.setattr(serial.Serial, "reset_output_buffer", lambda _: None)
        with pytest.raises(TinyTeachError):
            talk(port)
    assert len(asked) < ASKED_AT_MOST


def test_what_is_read_in_one_time_limit_configures_the_port_once(monkeypatch):
    with device() as port, SerialLink(port) as link:
        configured = []
        monkeypatch.setattr(link._serial, "_reconfigure_port", lambda: configured.append(None))
        for timeout_s in (0.01, 0.01, 0.01, 0.02):
            link.read(timeout_s)
        assert len(configured) == 2


def test_bytes_are_taken_once_there_is_room(short_limits):
    """The limit begins anew, and what was refused is not sent later."""
    with device() as port, SerialLink(port) as link:
        with filled(port), pytest.raises(TakesNothingError):
            link.write(b"lost")
        link.write(b"taken")
