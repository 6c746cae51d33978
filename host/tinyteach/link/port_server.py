"""Serves a serial port over TCP to one client at a time: by RFC 2217, or its bytes alone ("raw").

The next client waits until the one before has closed. The port is open only while a client is
there, so that between clients it is free for programs of this computer.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import serial
from serial.rfc2217 import PortManager

from tinyteach.errors import LabError, TinyTeachError
from tinyteach.link.serial_link import BAUD_RATE, close_port, open_port

RFC2217, RAW = PROTOCOLS = ("rfc2217", "raw")
SCHEMES = {RFC2217: "rfc2217", RAW: "socket"}  # as pyserial's URLs have them
POLL_S = 0.02  # in which what the board says meets what the client says
RECEIVE_BYTES = 4096
WAITING_CLIENTS = 8
Filter = Callable[[bytes], bytes]
TAKEN = "Port {port} of {host} cannot be served ({why}); set another 'port' in the lab's file."


class PortServer:
    """Serves what ``port_now()`` names, asked anew for each client. `close` it."""

    def __init__(
        self, host: str, port: int, port_now: Callable[[], str], protocol: str = RFC2217
    ) -> None:
        self._port_now, self._protocol = port_now, protocol
        self._lock = threading.Lock()
        self._client: socket.socket | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._server = listening(host, port)
        self._thread = threading.Thread(target=self._serve, name="port-server", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The TCP port."""
        return int(self._server.getsockname()[1])

    def url(self, host: str) -> str:
        """What pyserial opens on a computer that knows this one as ``host``."""
        return f"{SCHEMES[self._protocol]}://{host}:{self.port}"

    def cut(self) -> None:
        """End the client that there is, and return when the serial port is closed."""
        with self._lock:
            if self._client is not None:
                with contextlib.suppress(OSError):
                    self._client.shutdown(socket.SHUT_RDWR)
        self._idle.wait()

    def close(self) -> None:
        """Serve nobody any more."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._server.close()
        self.cut()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self._client = client
                self._idle.clear()
            try:
                with client, self._opened() as opened:
                    _carry(client, opened, self._protocol)
            except (OSError, serial.SerialException, TinyTeachError):
                pass  # the client meets a closed connection, and its next try the reason
            finally:
                with self._lock:
                    self._client = None
                    self._idle.set()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[serial.SerialBase]:
        opened = open_port(self._port_now(), BAUD_RATE)
        try:
            yield opened
        finally:
            close_port(opened)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; LabError where it cannot."""
    try:
        return socket.create_server((host, port), backlog=WAITING_CLIENTS)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise LabError(TAKEN.format(port=port, host=host, why=why.lower())) from error


def _carry(client: socket.socket, opened: serial.SerialBase, protocol: str) -> None:
    """Both ways until one end is gone."""
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.timeout = POLL_S
    from_client, to_client = _filters(client, opened, protocol)
    ended = threading.Event()
    carried = (client, opened, to_client, ended)
    reader = threading.Thread(target=_to_client, args=carried, daemon=True)
    reader.start()
    try:
        while data := client.recv(RECEIVE_BYTES):
            opened.write(from_client(data))
    finally:
        ended.set()
        reader.join()


def _filters(
    client: socket.socket, opened: serial.SerialBase, protocol: str
) -> tuple[Filter, Filter]:
    """What the client sends as the port's bytes, and what the port says as the client's."""
    if protocol == RAW:
        return bytes, bytes
    manager = PortManager(_Lineless(opened), _Sender(client))
    return lambda data: b"".join(manager.filter(data)), lambda data: b"".join(manager.escape(data))


def _to_client(
    client: socket.socket, opened: serial.SerialBase, to_client: Filter, ended: threading.Event
) -> None:
    try:
        while not ended.is_set():
            if said := opened.read(opened.in_waiting or 1):
                client.sendall(to_client(said))
    except (OSError, serial.SerialException, TypeError):  # TypeError: pyserial's of a closed port
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


class _Sender:
    """What the manager answers to the client itself."""

    def __init__(self, client: socket.socket) -> None:
        self.write = client.sendall


class _Lineless:
    """The port as the manager sees it: a pseudo-terminal has no modem lines to ask for or set."""

    def __init__(self, opened: serial.SerialBase) -> None:
        vars(self)["_opened"] = opened

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._opened, name)
        except OSError:
            if name in ("cts", "dsr", "ri", "cd"):
                return False
            raise

    def __setattr__(self, name: str, value: Any) -> None:
        with contextlib.suppress(OSError):
            setattr(self._opened, name, value)
