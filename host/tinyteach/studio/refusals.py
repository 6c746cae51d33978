"""What those get who may not come in: a page where a person looks, else the body of an error."""

import base64
import hashlib
import html
import re

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tinyteach.errors import TinyTeachError
from tinyteach.studio.sentences import TAGS, said_in
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
<html lang="{tag}">
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
    tag, sentence = said_in(_language(asked), str(error))
    told = html.escape(sentence, quote=False)
    text = PAGE.format(tag=tag, again=again, style=STYLE, sentence=told)
    return HTMLResponse(text, status_of(type(error)), headers=headers)


def _language(asked: dict[bytes, bytes]) -> str:
    """As the page's own js/strings.js chooses: by its cookie, else as the browser asks."""
    chosen = re.findall(rb"tinyteach-language=([a-z]+)", asked.get(b"cookie", b""))
    wished = re.findall(rb"(?:^|,)\s*([A-Za-z]+)", asked.get(b"accept-language", b""))
    names = (each.decode().lower() for each in [*chosen, *wished])
    return next((name for name in names if name in TAGS), "en")
