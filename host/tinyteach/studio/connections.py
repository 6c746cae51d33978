"""How many may be connected at once, and what those get who say what is no request."""

import asyncio
import json
from typing import cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from tinyteach.errors import UsageError
from tinyteach.studio.statuses import error_body, status_of

CONNECTIONS_MAX = 128  # a page has seven: six that ask, as browsers limit them, and its WebSocket
SHUTDOWN_S = 2
LAST_WORD_S = 2  # for the other end to read what it is told and to hang up
NO_REQUEST = "The studio does not understand this request; open the address that it printed."
FULL = "Too many programs are connected to the studio; close some of its pages and try again."
UNAVAILABLE = 503


class BoundedProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, on so many connections at most, WebSockets included.

    One too many takes the place of the oldest that has asked for nothing; where each is being
    answered or is a page's WebSocket, it is refused.
    """

    is_parting = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.opened_s = self.loop.time()
        if len(self.connections) <= CONNECTIONS_MAX:
            return
        others = cast(set[object], self.connections) - {self}
        idle = [other for other in others if isinstance(other, BoundedProtocol) and other.rests()]
        if idle:
            min(idle, key=lambda other: other.opened_s).transport.abort()
        else:
            self._part_with(_refusal(FULL, UNAVAILABLE))

    def data_received(self, data: bytes) -> None:
        """As uvicorn reads it; what one that was told to go still sends is let go."""
        if not self.is_parting:
            super().data_received(data)

    def rests(self) -> bool:
        """Whether nobody waits for an answer here."""
        is_done = self.cycle is None or self.cycle.response_complete
        return is_done and not self.transport.is_closing()

    def send_400_response(self, msg: str) -> None:
        """In our words, unless it would stand in the middle of another answer, and as the last."""
        cycle = self.cycle
        answers = cycle is not None and cycle.response_started and not cycle.response_complete
        if cycle is not None:
            cycle.disconnected = True  # what the application still says is for nobody
        self._part_with(b"" if answers else _refusal(NO_REQUEST, status_of(UsageError)))

    def _part_with(self, last_word: bytes) -> None:
        """Say this, and hang up once the other end has, or has had its time to read.

        A connection that is closed while something unread lies in it is reset, and a reset makes
        the other end's system drop what had come (RFC 9112, section 9.6).
        """
        self.is_parting = True
        self.connections.discard(self)
        self.transport.write(last_word)
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LAST_WORD_S, self.transport.abort)


def _refusal(sentence: str, status: int) -> bytes:
    body = json.dumps(error_body(UsageError(sentence), status)).encode()
    head = (
        f"HTTP/1.1 {status} \r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body


def server_config(app: ASGIApp) -> uvicorn.Config:
    """How the studio's server is set up."""
    return uvicorn.Config(
        app,
        access_log=False,  # it would print the codes
        log_config=None,
        lifespan="off",
        http=BoundedProtocol,  # h11: it reads strictly, and the same whatever else is installed
        ws="websockets-sansio",
        ws_max_size=1 << 16,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
