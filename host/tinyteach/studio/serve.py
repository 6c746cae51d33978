"""Runs the studio until Ctrl-C."""

import contextlib
import ipaddress
import logging
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from tinyteach.errors import MissingToolError, UsageError
from tinyteach.extras import how_to_add
from tinyteach.studio import addresses
from tinyteach.studio.addresses import Address, Place
from tinyteach.studio.claims import Claims
from tinyteach.studio.desk import Desk

# Requests that the end cuts off, WebSockets that are refused, and what is no request or no
# message: whoever asks is told.
TOLD_ALREADY = (
    "Cancel %s running task",
    "ASGI callable returned without completing handshake",
    "Invalid HTTP request received",
    "Unsupported upgrade request",
    "No supported WebSocket library detected",
    "Invalid UTF-8 sequence received",
)
# A page's request passes from thread to thread; each time it waits for a training's Python so long.
SWITCH_S = 0.0005
Tell = Callable[[Address, Path, bool], None]


def serve(
    folder: Path,
    board: str | None,
    host: str,
    port: int | None,
    browser: bool,
    tell: Tell,
) -> None:
    """Serve the project in this folder, or offer one there; ``tell(address, file, ran_before)``
    once it answers.

    ``file`` holds the address with its key. Where its studio runs already, that one is told and
    shown. ``host`` other than loopback lets other computers ask.
    """
    _require_libraries()
    with Place(folder) as place:
        running = place.take()
        if running:
            tell(running, place.file, True)
            if browser:
                webbrowser.open(running.opening())
            return
        listener, address = addresses.listen(_checked(host), port, place.last_port())

        def ready() -> None:
            tell(address, place.file, False)
            if browser:  # which may keep us until it is closed, as those in a terminal do
                opening = (address.opening(),)
                threading.Thread(target=webbrowser.open, args=opening, daemon=True).start()

        claims = Claims(place, address)
        with listener, claims, Desk(folder, claims.claim) as desk:
            desk.start(board)
            _run(desk, listener, address, ready)


def _require_libraries() -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
        import websockets  # noqa: F401
    except ImportError as error:
        raise MissingToolError(
            f"The studio needs {error.name}, which is not installed; run: {how_to_add('studio')}."
        ) from error


def _checked(host: str) -> str:
    try:
        return str(ipaddress.ip_address(socket.gethostbyname(host) if ":" not in host else host))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{host!r} is no address of this computer; leave --host away, or name one."
        ) from error


def _run(desk: Desk, listener: socket.socket, address: Address, ready: Callable[[], None]) -> None:
    import uvicorn

    from tinyteach.studio.app import make_app
    from tinyteach.studio.connections import server_config

    class Server(uvicorn.Server):
        """Says when it answers, and ends for a terminal that closes as for Ctrl-C."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            with super().capture_signals(), _handled("SIGHUP", self.handle_exit):
                yield

    sys.setswitchinterval(SWITCH_S)
    log = logging.getLogger("uvicorn.error")
    log.setLevel(logging.WARNING)
    log.addFilter(_matters)
    Server(server_config(make_app(desk, address))).run(sockets=[listener])


def _matters(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's tells a person more than who asked was told."""
    return not str(record.msg).startswith(TOLD_ALREADY)


@contextlib.contextmanager
def _handled(name: str, handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have this signal call ``handler``, unless there is none such or it is ignored."""
    number = getattr(signal, name, None)
    before = signal.getsignal(number) if number is not None else signal.SIG_IGN
    if number is None or before == signal.SIG_IGN:
        yield
        return
    signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)
