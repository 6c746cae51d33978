"""Lets in only what this studio's own page sends: by the token in the address, Host and Origin.

The token is the first folder of every address, so that the page's relative addresses carry it and
no cookie is needed, which other servers on this computer would be sent, too. Host is checked
because a name of somebody else's may lead to 127.0.0.1 (DNS rebinding), Origin because any page
may send requests here.
"""

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tinyteach.errors import AccessError, TinyTeachError

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
EVERY_ADDRESS = ("0.0.0.0", "::")
NO_SLASH = ""  # the path of an address that ends after the token
NO_TOKEN = "This address lacks the studio's token; open the one that 'tinyteach studio' printed."
FOREIGN_HOST = "The studio answers under its own address only; open the one that it printed."
FOREIGN_ORIGIN = "Another page may not use the studio; open its own address."


def security_headers(host: str) -> dict[str, str]:
    """Headers of every answer; ``host`` is where the page's WebSocket leads."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
    }


class Guard:
    """ASGI middleware around the whole studio."""

    def __init__(self, app: ASGIApp, token: str, host: str) -> None:
        self._app, self._token, self._own = app, token, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            inner = self._admit(scope)
        except AccessError as error:
            await _refuse(scope, receive, send, error)
            return
        if inner["path"] == NO_SLASH:
            # The page's relative addresses need the slash.
            await RedirectResponse(f"/{self._token}/")(scope, receive, send)
            return
        host = _header(scope, "host")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = security_headers(host).items()
                message["headers"] = [
                    *message.get("headers", []),
                    *((name.encode(), value.encode()) for name, value in added),
                ]
            await send(message)

        await self._app(inner, receive, send_with_headers)

    def _admit(self, scope: Scope) -> Scope:
        """The scope with the token taken off its path; AccessError where it may not come in."""
        host, origin = _header(scope, "host"), _header(scope, "origin")
        if not self._is_own(host):
            raise AccessError(FOREIGN_HOST)
        if origin and urlsplit(origin).netloc != host:
            raise AccessError(FOREIGN_ORIGIN)
        token, slash, rest = str(scope["path"]).removeprefix("/").partition("/")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise AccessError(NO_TOKEN)
        path = "/" + rest if slash else NO_SLASH
        return {**scope, "path": path, "raw_path": path.encode()}

    def _is_own(self, host: str) -> bool:
        """Whether a request's Host is this studio's.

        Where it listens on every address of this computer, each of them is: an address, unlike a
        name, cannot be made to lead here by somebody else.
        """
        name = urlsplit(f"//{host}").hostname or ""
        if name == self._own or name in LOOPBACK_NAMES:
            return True
        return self._own in EVERY_ADDRESS and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _header(scope: Scope, name: str) -> str:
    for key, value in scope["headers"]:
        if key.decode("latin-1").lower() == name:
            return value.decode("latin-1")
    return ""


async def _refuse(scope: Scope, receive: Receive, send: Send, error: TinyTeachError) -> None:
    answer = JSONResponse(error.as_body(), error.http_status, headers=security_headers("127.0.0.1"))
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        await receive()
        await _deny(answer, send)
        return
    await answer(scope, receive, send)


async def _deny(answer: JSONResponse, send: Send) -> None:
    """The answer instead of a WebSocket (ASGI's extension "WebSocket Denial Response")."""
    headers = [*answer.raw_headers]
    start = {"status": answer.status_code, "headers": headers}
    await send({"type": "websocket.http.response.start", **start})
    await send({"type": "websocket.http.response.body", "body": answer.body})
