"""The lender's end of leases: one connection for each, which dies with its borrower."""

import socket
import socketserver
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tinyteach.errors import LabError
from tinyteach.files import fits
from tinyteach.lab.coordinator import Coordinator
from tinyteach.lab.lease import RefusedClaimError
from tinyteach.lab.lease_lines import LeaseLines
from tinyteach.lab.places import is_ours
from tinyteach.link.port_server import TAKEN
from tinyteach.plain_text import plain
from tinyteach.service.lab.lent_board import LentBoard

CLAIM = {"place": str, "owner": str}
CLAIM_TIMEOUT_S = 10.0


class LeaseServer(socketserver.ThreadingTCPServer):
    """Lends ``boards`` there. `start` and `stop` it. LabError where it cannot listen."""

    allow_reuse_address = True
    block_on_close = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        boards: Mapping[str, LentBoard],
        coordinator: Coordinator,
        lease_s: float,
    ) -> None:
        self.boards, self.coordinator, self.lease_s = boards, coordinator, lease_s
        self.connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, name="leases", daemon=True)
        try:
            super().__init__(address, _OneLease)
        except (OSError, OverflowError) as error:
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise LabError(TAKEN.format(host=address[0], port=address[1], why=why)) from error

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End all leases; returns when what was lent is taken back."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _OneLease(socketserver.BaseRequestHandler):
    server: LeaseServer

    def handle(self) -> None:
        """A claim, beats, the end."""
        self.server.connections.add(self.request)
        try:
            self._serve(LeaseLines(self.request))
        finally:
            self.server.connections.discard(self.request)

    def _serve(self, lines: LeaseLines) -> None:
        with suppress(OSError):
            claim = lines.hear(CLAIM_TIMEOUT_S)
            board = self.server.boards.get(str(claim.get("place")))
            if board is None or not fits(claim, CLAIM) or not is_ours(claim["owner"]):
                lines.say({"refused": "it is no claim of a board that is lent here"})
                return
            try:
                lease = board.lend(plain(claim["owner"]))
            except RefusedClaimError as refused:
                with suppress(LabError):
                    board.settle(self.server.coordinator)
                lines.say({"refused": str(refused)})
                return
            self._keep(lines, board, lease)

    def _keep(self, lines: LeaseLines, board: LentBoard, lease: object) -> None:
        ended = False
        try:
            lines.say({"url": board.url, "lease_s": self.server.lease_s})
            while not ended:
                message = lines.hear(self.server.lease_s)
                ended = "done" in message
                if not ended:
                    lines.say(message)
        except OSError:
            pass  # it has died, or its computer, or the network between
        try:
            board.take_back(self.server.coordinator, lease)
            released: dict[str, Any] = {"released": True}
        except LabError:
            released = {}  # the next round does it
        if ended:
            lines.say(released)
