"""Runs the studio until Ctrl-C."""

import ipaddress
import logging
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

from tinyteach.errors import MissingToolError, UsageError
from tinyteach.service.workbench.workbench import Workbench
from tinyteach.studio import addresses
from tinyteach.studio.addresses import Address

SHUTDOWN_S = 2


def serve(
    folder: Path,
    board: str | None,
    host: str,
    port: int | None,
    browser: bool,
    tell: Callable[[Address, bool], None],
) -> None:
    """Serve the project in ``folder``; ``tell(address, ran_before)`` once it answers.

    Where its studio runs already, that one is told and shown. ``host`` other than loopback lets
    other computers in, by the token alone.
    """
    _require_libraries()
    last = addresses.last_address(folder)
    if last and addresses.answers(last):
        tell(last, True)
        _show(last, browser)
        return
    listener, address = addresses.listen(_checked(host), port, last)
    bench = Workbench(folder)
    try:
        addresses.remember(folder, address)
        bench.start(board)

        def ready() -> None:
            tell(address, False)
            _show(address, browser)

        _run(bench, listener, address, ready)
    finally:
        bench.close()
        listener.close()


def _require_libraries() -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
        import websockets  # noqa: F401
    except ImportError as error:
        raise MissingToolError(
            f"The studio needs {error.name}, which is not installed; "
            "run: pip install 'tinyteach[studio]'."
        ) from error


def _checked(host: str) -> str:
    try:
        return str(ipaddress.ip_address(socket.gethostbyname(host) if ":" not in host else host))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{host!r} is no address of this computer; leave --host away, or name one."
        ) from error


def _show(address: Address, browser: bool) -> None:
    if browser:
        webbrowser.open(address.url)


def _run(
    bench: Workbench, listener: socket.socket, address: Address, ready: Callable[[], None]
) -> None:
    import uvicorn

    from tinyteach.studio.app import make_app

    class Server(uvicorn.Server):
        """Says when it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        make_app(bench, address.token, address.host),
        access_log=False,  # it would print the token
        log_config=None,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=1 << 16,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    Server(config).run(sockets=[listener])
