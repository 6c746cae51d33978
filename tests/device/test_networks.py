"""Ports over a network: proven and sealed both ways, or not used unless the user says so."""

import pytest

from keyed import give_key
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.wire import session
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import NoKeyError, UsageError
from tinyteach.link import networks
from tinyteach.link.networks import insecurely, is_network
from tinyteach.link.port_server import RAW, PortServer
from tinyteach.link.serial_link import SerialLink, limit_reads, limit_writes
from tinyteach_protocol import frame, messages

from .conftest import quiet


@pytest.mark.parametrize(
    ("port", "is_one"),
    [
        *(("/dev/ttyACM0", False), ("COM3", False), ("loop://", False), ("replay://x", False)),
        *(("socket://localhost:1", False), ("socket://127.0.0.1:1", False)),
        *(("rfc2217://[::1]:1", False), ("rfc2217://127.9.9.9:1?x=y", False)),
        *(("socket://192.168.1.9:1", True), ("rfc2217://lab:1", True), ("socket://[", True)),
        *(
            ("socket://localhost.evil.example:1", True),
            ("socket://", True),
            ("socket://a@b:1", True),
            ("SOCKET://192.168.1.9:1", True),
            ("Rfc2217://lab:1", True),
            ("RFC2217://LOCALHOST:1", False),
            ("spy://socket://lab:1", True),
            ("socket://lab:1?at=socket://localhost", True),
        ),
    ],
)
def test_what_is_a_network(port, is_one):
    assert is_network(port) == is_one


@pytest.mark.parametrize(
    ("said", "is_on"), [("", False), ("0", False), ("no", False), ("1", True), ("yes", True)]
)
def test_what_the_variable_says(said, is_on, monkeypatch):
    monkeypatch.setenv(networks.VARIABLE, said)
    assert networks.is_insecure() == is_on


def test_the_settings_of_a_network_s_port_are_not_asked_for_in_any_case():
    """Where rfc2217:// is told, each asks the server, which takes long."""

    class Opened:
        port = "RFC2217://lab:1"

    limit_reads(Opened, 0.5)
    limit_writes(Opened, 0.5)
    assert Opened._timeout == 0.5 and not hasattr(Opened, "write_timeout")


@pytest.fixture
def served(paired_board, monkeypatch):
    """The URL of a board's port, as if it were another computer's."""
    server = PortServer("127.0.0.1", 0, lambda: paired_board.port, RAW)
    monkeypatch.setattr(networks, "_is_here", lambda port: False)
    yield paired_board, server.url("127.0.0.1")
    server.close()


def test_without_a_key_only_by_the_user_s_word(served):
    _, url = served
    with pytest.raises(NoKeyError) as refused:
        BoardClient(url)
    assert "--insecure" in str(refused.value)
    with insecurely(), BoardClient(url) as client:
        assert client.info().board and not client.is_proven
    assert not networks.is_insecure()


def test_with_a_key_all_is_sealed(served, monkeypatch):
    board, url = served
    give_key(board)
    sealed = []

    class Looking(SerialLink):
        def write(self, data, timeout_s=10.0):
            sealed.append((data[2], bool(data[3] & frame.SEALED)))
            super().write(data, timeout_s)

    monkeypatch.setattr(session, "open_link", Looking)
    with BoardClient(url) as client:
        assert client.is_proven and not client.is_private
        client.info()
        client.run(messages.SOURCE_CAMERA, messages.STAGE_PREPROCESS)
    assert {verb for verb, is_sealed in sealed if not is_sealed} == {
        *(messages.HELLO, messages.BYE, messages.PROVE)
    }
    sealed.clear()
    with insecurely(), BoardClient(url) as client:
        client.info()
        assert client.is_proven
    assert (messages.INFO, True) in sealed
    sealed.clear()
    with BoardClient(board.port) as client:  # and by its cable, where it is not private
        client.info()
    assert (messages.INFO, True) in sealed


def test_a_key_is_not_sent_over_a_network(served, little):
    _, url = served
    with pytest.raises(UsageError) as refused:
        pair(url, Wanted(little, gives_key=True), None, quiet)
    assert "--insecure" in str(refused.value)
