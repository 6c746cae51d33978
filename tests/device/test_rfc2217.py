"""A board's port served over TCP, as on a lab's computer: by RFC 2217, or its bytes alone."""

import socket
import sys

import pytest

from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import LabError
from tinyteach.link.port_server import PROTOCOLS, PortServer
from tinyteach.link.serial_link import SerialLink

# pyserial's of its threads.
pytestmark = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")
HOST = "127.0.0.1"


@pytest.fixture
def serve(paired_board):
    """serve(protocol) is a server of the board's port."""
    servers = []

    def start(protocol):
        servers.append(PortServer(HOST, 0, lambda: paired_board.port, protocol))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_agent_and_repl_answer(serve, protocol):
    url = serve(protocol).url(HOST)
    with BoardClient(url) as client:
        assert client.info().state == ""
    shown = sys.stdout
    with raw_repl(url, is_alive=True) as repl:
        assert repl.evaluate("print([6 * 7])") == [42]
        assert sys.stdout is shown, "another thread may print meanwhile"


def test_one_client_at_a_time(serve):
    """The next one is heard when the one before has closed; a cut closes the port, too."""
    server = serve("raw")
    with SerialLink(server.url(HOST)) as first, SerialLink(server.url(HOST)) as second:
        second.write(b"\r\n")
        assert second.read(0.2) == b""
        first.close()
        server.cut()
    with BoardClient(server.url(HOST)) as client:
        assert client.info().state == ""


def test_a_port_that_is_taken(serve):
    with (
        socket.create_server((HOST, 0)) as taken,
        pytest.raises(LabError, match="cannot be served"),
    ):
        PortServer(HOST, taken.getsockname()[1], lambda: "", "raw")
