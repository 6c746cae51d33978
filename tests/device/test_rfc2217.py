"""A board at a serial server of RFC 2217, as ser2net and esptool's own are."""

import contextlib
import socket
import threading

import pytest
import serial
from serial.rfc2217 import PortManager

from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient

# pyserial's of its threads.
pytestmark = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")


class WithoutLines(serial.Serial):
    """A pseudo-terminal's port: it has no modem lines to be asked for or set."""

    cts = dsr = ri = cd = property(lambda self: False)

    def _update_rts_state(self):
        pass

    _update_dtr_state = _update_break_state = _update_rts_state


class Connection:
    """One client of the server."""

    def __init__(self, connected, port):
        self.write = connected.sendall  # what the manager answers itself
        self._connected, self._port = connected, port
        self._manager = PortManager(port, self)

    def serve(self):
        with contextlib.suppress(OSError):
            while data := self._received():
                self._port.write(b"".join(self._manager.filter(data)))

    def _received(self):
        """What the client sends; meanwhile it is sent what the board says."""
        while True:
            if said := self._port.read(self._port.in_waiting or 1):
                self.write(b"".join(self._manager.escape(said)))
            with contextlib.suppress(TimeoutError):
                return self._connected.recv(4096)


@pytest.fixture
def served(paired_board):
    server, stopped = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve():
        while True:
            connected, _ = server.accept()
            with connected, WithoutLines(paired_board.port, timeout=0.01) as port:
                if stopped.is_set():
                    return
                connected.settimeout(0.01)
                Connection(connected, port).serve()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"rfc2217://127.0.0.1:{server.getsockname()[1]}"
    stopped.set()
    socket.create_connection(server.getsockname()).close()
    thread.join()
    server.close()


def test_agent_and_repl_answer(served):
    with BoardClient(served) as client:
        assert client.info().state == ""
    with raw_repl(served, is_alive=True) as repl:
        assert repl.evaluate("print([6 * 7])") == [42]
