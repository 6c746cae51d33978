"""What those get who may not come in: a page where a person looks, else the body of an error."""

import base64
import hashlib
import html

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tinyteach.errors import TinyTeachError
from tinyteach.studio.statuses import error_body, status_of

STYLE = (
    "body{margin:15vh auto;max-width:34em;padding:0 1em;font:18px/1.5 system-ui,sans-serif}"
    "h1{font-size:1.2em}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# A browser leaves our cookie away where a page of somebody else's led here. Asked for once more by
# this page, it is ours who asks.
AGAIN = '<meta http-equiv="refresh" content="0">'
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{again}<title>TinyTeach: not let in</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>TinyTeach</h1>
<p>{sentence}</p>
</main>
</body>
</html>
"""


def security_headers(host: str, style: str = "'self'") -> dict[str, str]:
    """Headers of every answer; ``host`` is where the page's WebSocket leads."""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src {style}; img-src 'self'; "
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


async def refuse(scope: Scope, receive: Receive, send: Send, error: TinyTeachError) -> None:
    """Answer with the error, in the form that who asks can read.

    Instead of a WebSocket, too, by ASGI's extension "WebSocket Denial Response".
    """
    asked = {key.lower(): value for key, value in scope["headers"]}
    answer = _page(error, asked) if _is_person(scope, asked) else _body(error)
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        await receive()
    await answer(scope, receive, send)


def _is_person(scope: Scope, asked: dict[bytes, bytes]) -> bool:
    """Whether the answer is what a browser will show."""
    mode = asked.get(b"sec-fetch-mode")
    if mode is not None:
        return mode == b"navigate"
    return scope["type"] == "http" and b"text/html" in asked.get(b"accept", b"")


def _body(error: TinyTeachError) -> Response:
    headers = security_headers("127.0.0.1")
    return JSONResponse(error_body(error), status_of(type(error)), headers=headers)


def _page(error: TinyTeachError, asked: dict[bytes, bytes]) -> Response:
    headers = security_headers("127.0.0.1", f"'sha256-{STYLE_HASH}'")
    again = AGAIN if asked.get(b"sec-fetch-site") == b"cross-site" else ""
    text = PAGE.format(again=again, style=STYLE, sentence=html.escape(str(error), quote=False))
    return HTMLResponse(text, status_of(type(error)), headers=headers)
