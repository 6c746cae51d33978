"""The studio as an ASGI application: guard, addresses, page, errors."""

import asyncio
import contextlib
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from tinyteach.errors import LinkError, TinyTeachError
from tinyteach.studio import board_routes, own_routes, place_routes, project_routes, socket
from tinyteach.studio.addresses import Address
from tinyteach.studio.answers import error_answer, on_error, on_failure, on_http_error
from tinyteach.studio.desk import Desk
from tinyteach.studio.guard import Guard

ENDED = "The studio ended before this was done; start it again with 'tinyteach studio'."
GOING_AWAY = 1001  # RFC 6455, 7.4.1
PAGE = Path(__file__).with_name("page")


def make_app(desk: Desk, address: Address) -> ASGIApp:
    """The application; requests must name ``address`` or this computer and be let in by its key."""
    app = Starlette(
        routes=[
            *board_routes.ROUTES,
            *own_routes.ROUTES,
            *place_routes.ROUTES,
            *project_routes.ROUTES,
            *socket.ROUTES,
            # A phone's browser waits for it over the air; nothing in it is secret.
            Mount("/", GZipMiddleware(StaticFiles(directory=PAGE, html=True))),
        ],
        exception_handlers={
            TinyTeachError: on_error,
            HTTPException: on_http_error,
            Exception: on_failure,
        },
    )
    app.state.desk = desk
    return Guard(_answering_to_the_end(app), address)


def _answering_to_the_end(app: ASGIApp) -> ASGIApp:
    """The application; what the studio's end cuts off is answered, and leaves no trace here."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            with contextlib.suppress(RuntimeError):  # its answer had begun
                if scope["type"] == "http":
                    await error_answer(LinkError(ENDED))(scope, receive, send)
                else:
                    await send({"type": "websocket.close", "code": GOING_AWAY})

    return answering
