"""What stands at a port whose USB chip is on Seeed's modules and on boards of others."""

import pytest
import serial

from faulty_port import silent_port
from tinyteach.device.at import greeting
from tinyteach.device.usb.discovery import AttachedPort
from tinyteach.device.usb.products import product_of
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError
from tinyteach.service.boards import sessions
from tinyteach.service.boards.sessions import CANNOT, agent_of, is_module, open_session
from tinyteach.virtual.at.module import VirtualModule

CH343 = product_of(0x1A86, 0x55D3)


@pytest.fixture
def plugged_in(monkeypatch):
    """plugged_in(port): it is one of that chip."""

    def plug(port):
        attached = AttachedPort(port, CH343.name, "", 0x1A86, CH343)
        monkeypatch.setattr(sessions, "attached_ports", lambda: [attached])

    return plug


def test_a_board_with_the_agent_is_one(plugged_in, switch_on):
    with switch_on("i386") as board:
        plugged_in(board.port)
        with open_session(board.port) as session:
            assert isinstance(session, BoardClient) and agent_of(session) is session


def test_a_module_is_one(plugged_in):
    with VirtualModule("el") as module:
        plugged_in(module.port)
        assert is_module(module.port)
        with open_session(module.port) as session, pytest.raises(BoardRefusedError) as refused:
            agent_of(session)
        assert str(refused.value) == CANNOT


def test_a_silent_board_may_still_be_flashed(plugged_in, monkeypatch):
    monkeypatch.setattr(greeting, "GREETING_S", 0.05)
    with silent_port() as port:
        plugged_in(port)
        assert not is_module(port)
        with serial.Serial(port):
            pass  # it was let go of
