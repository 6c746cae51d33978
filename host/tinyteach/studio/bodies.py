"""What comes in a request, read no further than it may go."""

import json
from typing import Any, BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tinyteach.errors import TooLargeError, UsageError

JSON_BYTES_MAX = 1 << 20  # ids of some ten thousand photographs


async def read_json(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty object."""
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > JSON_BYTES_MAX:
            raise TooLargeError("This request is larger than any that the page sends.")
    try:
        value = json.loads(content) if content else {}
    except ValueError as error:
        raise UsageError(f"This request holds no JSON ({error}); reload the page.") from error
    if not isinstance(value, dict):
        raise UsageError("This request holds no JSON object; reload the page.")
    return value


def wanted(body: dict[str, Any], name: str, kind: type) -> Any:
    """A field of a body; UsageError where it is missing or of another kind."""
    value = body.get(name)
    if isinstance(value, int) and kind is float and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise UsageError(f"This request needs {name!r}, a {kind.__name__}; reload the page.")
    return value


def optional(body: dict[str, Any], name: str, kind: type) -> Any:
    """The same, or None where it is missing or null."""
    return None if body.get(name) is None else wanted(body, name, kind)


async def save_body(request: Request, file: BinaryIO, count: Any) -> int:
    """Write the body into a file as it comes; ``count(bytes)`` may raise TooLargeError."""
    total = 0
    with file:
        async for piece in request.stream():
            count(len(piece))
            total += len(piece)
            await run_in_threadpool(file.write, piece)
    return total
