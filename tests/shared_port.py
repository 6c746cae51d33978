"""A bridge that serves one serial port over TCP to several clients at once, as ser2net can.

What the board says goes to each of them, what they say to the board as it comes: nobody keeps
two hosts apart.
"""

import contextlib
import selectors
import socket
import threading

from tinyteach.link.serial_link import close_port, open_port

PIECE_BYTES = 4096
POLL_S = 0.1


class SharedPort:
    """Serves ``port`` at ``url`` until it is closed."""

    def __init__(self, port: str) -> None:
        self._serial = open_port(port)
        self._serial.timeout = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self._clients: list[socket.socket] = []
        self.clients_ever = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="shared-port", daemon=True)
        self._thread.start()

    def __enter__(self) -> "SharedPort":
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._thread.join()
        close_port(self._serial)
        for each in (*self._clients, self._server):
            each.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(self._server, selectors.EVENT_READ, self._accept)
            ready.register(self._serial, selectors.EVENT_READ, self._from_board)
            while not self._stopping:
                for key, _ in ready.select(POLL_S):
                    key.data(ready, key.fileobj)

    def _accept(self, ready, server) -> None:
        client, _ = server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients.append(client)
        self.clients_ever += 1
        ready.register(client, selectors.EVENT_READ, self._from_client)

    def _from_board(self, ready, port) -> None:
        data = port.read(PIECE_BYTES)
        for client in list(self._clients):
            self._say(ready, client, data)

    def _say(self, ready, client, data) -> None:
        try:
            client.sendall(data)
        except OSError:
            self._drop(ready, client)

    def _from_client(self, ready, client) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = client.recv(PIECE_BYTES)
        if data:
            self._serial.write(data)
        else:
            self._drop(ready, client)

    def _drop(self, ready, client) -> None:
        if client in self._clients:
            self._clients.remove(client)
            ready.unregister(client)
            client.close()
