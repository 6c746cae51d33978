"""What comes in a request, read no further than it may go."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, TypeGuard

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from tinyteach.errors import TooLargeError, UsageError
from tinyteach.files import parse_json

JSON_BYTES_MAX = 1 << 20  # ids of some ten thousand photographs
SILENCE_S = 60.0  # of a sender in the middle of a body
WHOLE_MAX = 1 << 53  # whole numbers that JSON's readers agree on


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; UsageError where its sender is gone or silent for too long."""
    stream = request.stream()
    try:
        while True:
            async with asyncio.timeout(SILENCE_S):
                piece = await anext(stream, None)
            if piece is None:
                return
            yield piece
    except (TimeoutError, ClientDisconnect) as error:
        raise UsageError("The rest of this request did not come; send it again.") from error


async def read_whole(request: Request, bytes_max: int) -> bytes:
    """The body; TooLargeError where it has more bytes."""
    content = b""
    async for piece in pieces(request):
        content += piece
        if len(content) > bytes_max:
            raise TooLargeError("This request is larger than any that the page sends.")
    return content


async def read_json(request: Request) -> dict[str, object]:
    """The body as a JSON object; an empty body is an empty object."""
    content = await read_whole(request, JSON_BYTES_MAX)
    value = parsed(content) if content else {}
    if not isinstance(value, dict):
        raise UsageError("This request holds no JSON object; reload the page.")
    return value


def parsed(content: str | bytes) -> object:
    """The value of a JSON text whose numbers are finite and whose words can be written down.

    UsageError where it is none such.
    """
    try:
        value: object = parse_json(content)
        # Neither infinite nor half of a surrogate pair, which is no letter.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise UsageError("This request holds no JSON; reload the page.") from error
    return value


def fits(value: object) -> TypeGuard[int]:
    """Whether this is a whole number of a size that something can be counted by."""
    return type(value) is int and -WHOLE_MAX <= value <= WHOLE_MAX


async def save_body(request: Request, file: BinaryIO, count: Callable[[int], None]) -> int:
    """Write the body into a file as it comes; ``count(bytes)`` may raise TooLargeError."""
    total = 0
    async for piece in pieces(request):
        count(len(piece))
        total += len(piece)
        await run_in_threadpool(file.write, piece)
    return total
