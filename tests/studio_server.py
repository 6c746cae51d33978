"""The studio in a thread of this process: the real server, and requests as a browser sends them.

Nothing here has a time limit: what takes how long depends on who else is busy. A test that hangs is
ended by pytest's, with every stack.
"""

import contextlib
import http.client
import json
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Any

import uvicorn
from websockets.sync.client import connect

from patience import PATIENCE_S
from tinyteach.studio.addresses import LOOPBACK, Address, listen
from tinyteach.studio.app import make_app
from tinyteach.studio.connections import server_config
from tinyteach.studio.desk import Desk


@dataclass(frozen=True)
class Answer:
    """What came back; ``value`` is the JSON object, None where it is none."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.content)


def all_from(connection: socket.socket) -> bytes:
    """All that comes until the studio hangs up: an answer may come in pieces."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            received += piece
    return received


class Asker:
    """Asks the studio at ``address`` as its page and scripts do."""

    address: Address

    @property
    def host(self) -> str:
        return f"{self.address.host}:{self.address.port}"

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        below: str | None = None,
        **headers: str | None,
    ) -> Answer:
        """One request below the studio's folder; ``body`` bytes as they are, else as JSON.

        It shows the key, unless ``Authorization`` is None or another.
        """
        connection = http.client.HTTPConnection(self.address.host, self.address.port)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            folder = f"/{self.address.folder}" if below is None else below
            connection.request(method, folder + path, content, self._shown(headers))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def open_page(self, **headers: str | None) -> "OpenPage":
        """A WebSocket as a page opens it."""
        return OpenPage(self.address.base.replace("http", "ws") + "live", self._shown(headers))

    def _shown(self, headers: dict[str, str | None]) -> dict[str, str]:
        named = {"Authorization": f"Bearer {self.address.key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return {name: value for name, value in named.items() if value is not None}


class StudioServer(Asker):
    """A context manager; ``bench`` is what it serves, ``address`` where, ``url`` opens it once."""

    def __init__(self, folder) -> None:
        self.desk = Desk(folder)
        self._listener, self.address = listen(LOOPBACK, None, 0)
        self.url = self.address.opening()
        self._server = uvicorn.Server(server_config(make_app(self.desk, self.address)))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    @property
    def bench(self):
        return self.desk.opened()

    def __enter__(self) -> "StudioServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
        self.desk.__exit__()
        self._listener.close()

    def wait(self, part: str, wanted) -> Any:
        """The value of a part as soon as ``wanted(value)``."""
        heard = threading.Event()
        stop = self.bench.feed.listen(lambda name: heard.set() if name == part else None)
        try:
            while not wanted(value := self.bench.feed.get(part)):
                heard.wait()
                heard.clear()
            return value
        finally:
            stop()

    def connect(self, port: str) -> None:
        """Hold the board there."""
        self.bench.board.connect(port)
        self.wait("board", lambda board: board["status"] == "connected")


class OpenPage:
    """What a page hears: parts by name, views; and what it says."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._opened = contextlib.ExitStack()
        self._socket = self._opened.enter_context(connect(url, additional_headers=headers))

    def __enter__(self) -> "OpenPage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def say(self, **message: Any) -> None:
        self.send(json.dumps(message))

    def send(self, message: str | bytes) -> None:
        """A message as it is."""
        self._socket.send(message)

    def hear(self, timeout_s: float = PATIENCE_S) -> Any:
        """The next message: a dict of JSON, or a view's facts with ``pixels``."""
        message = self._socket.recv(timeout=timeout_s)
        if isinstance(message, str):
            return json.loads(message)
        (length,) = struct.unpack_from("<I", message)
        return {**json.loads(message[4 : 4 + length]), "pixels": message[4 + length :]}

    def part(self, name: str, wanted=lambda value: True) -> Any:
        """The next value of a part that ``wanted``."""
        while True:
            message = self.hear()
            if message.get("part") == name and wanted(message["value"]):
                return message["value"]

    def hear_refusal(self) -> Any:
        """The next error; all that was said before it has been heard."""
        while True:
            message = self.hear()
            if "error" in message:
                return message["error"]

    def view(self) -> dict[str, Any]:
        """The next view."""
        while True:
            message = self.hear()
            if "pixels" in message:
                return message
