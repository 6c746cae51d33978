"""Lets in only this studio's own page and scripts: by cookie or key, by Host and Origin.

A browser shows a code once (codes.py) and is given a cookie, HttpOnly and SameSite=Strict, for the
studio's folder alone: cookies go to every port of a computer. Scripts show the key. Host is checked
because a name of somebody else's may lead to 127.0.0.1 (DNS rebinding), Origin because any page may
send requests here.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tinyteach.errors import AccessError
from tinyteach.studio.addresses import Address
from tinyteach.studio.codes import Codes, cookie_of, same
from tinyteach.studio.refusals import refuse, security_headers

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
EVERY_ADDRESS = ("0.0.0.0", "::")
HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(:[0-9]{1,5})?", re.ASCII)
AGAIN = "run 'tinyteach studio' in the project's folder and open the address that it prints."
NO_KEY = f"The studio has not let this browser in, or not since it was started; {AGAIN}"
USED_CODE = f"This address was used already or is too old; {AGAIN}"
OTHER_STUDIO = f"This is no address of the studio that runs here now; {AGAIN}"
FOREIGN_HOST = "The studio answers under its own address only; open the one that it printed."
FOREIGN_ORIGIN = "Another page may not use the studio; open its own address."


@dataclass(frozen=True)
class Way:
    """How a request goes on: its path below the studio's folder, or to ``location``."""

    path: str
    location: str = ""
    lets_in: bool = False


class Guard:
    """ASGI middleware around the whole studio."""

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self._app, self._address = app, address
        self._codes = Codes(address.key)
        self._cookie = f"tinyteach_{address.port}", cookie_of(address.key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            way = self._admit(scope)
        except AccessError as error:
            await refuse(scope, receive, send, error)
            return
        app = self._redirect(way) if way.location else self._app
        inner = {**scope, "path": way.path, "raw_path": way.path.encode(errors="replace")}
        await app(inner, receive, _with_headers(send, _header(scope, "host")))

    def _redirect(self, way: Way) -> RedirectResponse:
        answer = RedirectResponse(way.location, 303)
        if way.lets_in:
            name, value = self._cookie
            folder = f"/{self._address.folder}/"
            answer.set_cookie(name, value, path=folder, httponly=True, samesite="strict")
        return answer

    def _admit(self, scope: Scope) -> Way:
        """Where the request goes on; AccessError where it may not come in."""
        self._require_own(scope)
        folder, slash, rest = str(scope["path"]).removeprefix("/").partition("/")
        if not same(folder, self._address.folder):
            raise AccessError(OTHER_STUDIO)
        home = f"/{self._address.folder}/"
        code = _code(scope) if not rest else None
        if code is not None and self._codes.use(code):
            return Way("/", home, lets_in=True)
        if not self._is_known(scope):
            raise AccessError(NO_KEY if code is None else USED_CODE)
        # The page's relative addresses need the slash.
        return Way("/" + rest, home if code is not None or not slash else "")

    def _require_own(self, scope: Scope) -> None:
        """AccessError unless Host is ours and no other page has sent this."""
        hosts, origins = _headers(scope, "host"), _headers(scope, "origin")
        if len(hosts) != 1 or not self._is_own(hosts[0]):
            raise AccessError(FOREIGN_HOST)
        if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
            raise AccessError(FOREIGN_ORIGIN)
        site, mode = _header(scope, "sec-fetch-site"), _header(scope, "sec-fetch-mode")
        if site in ("cross-site", "same-site") and mode != "navigate":
            raise AccessError(FOREIGN_ORIGIN)

    def _is_known(self, scope: Scope) -> bool:
        """Whether the request shows the cookie or the key."""
        name, value = self._cookie
        kind, _, key = _header(scope, "authorization").partition(" ")
        if kind.lower() == "bearer" and same(key.strip(), self._address.key):
            return True
        cookies = ";".join(_headers(scope, "cookie")).split(";")
        parts = (cookie.strip().partition("=") for cookie in cookies)
        return any(own == name and same(shown, value) for own, _, shown in parts)

    def _is_own(self, host: str) -> bool:
        """Whether a request's Host is this studio's.

        Where it listens on every address of this computer, each of them is: an address, unlike a
        name, cannot be made to lead here by somebody else.
        """
        found = HOST.fullmatch(host.lower())
        name = _plain(found[1].strip("[]").removesuffix(".")) if found else ""
        if name and name in (*LOOPBACK_NAMES, self._address.host):
            return True
        return self._address.host in EVERY_ADDRESS and _is_address(name)


def _code(scope: Scope) -> str | None:
    """The code in an address that a browser opens."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    query = scope["query_string"].decode("latin-1")
    codes = parse_qs(query, keep_blank_values=True).get("code")
    return codes[0] if codes else None


def _plain(name: str) -> str:
    """An address in the one way in which it is written; a name as it is."""
    return str(ipaddress.ip_address(name)) if _is_address(name) else name


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _headers(scope: Scope, name: str) -> list[str]:
    """Every value of a header."""
    wanted = name.encode()
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted]


def _header(scope: Scope, name: str) -> str:
    return (_headers(scope, name) or [""])[0]


def _with_headers(send: Send, host: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = security_headers(host).items()
            message["headers"] = [
                *message.get("headers", []),
                *((name.encode(), value.encode()) for name, value in added),
            ]
        await send(message)

    return send_with_headers
