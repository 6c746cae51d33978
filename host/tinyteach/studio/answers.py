"""Every answer of the API: JSON of a use case's result, or the one body that an error has."""

import logging
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from tinyteach.errors import NoSuchPageError, TinyTeachError
from tinyteach.studio.statuses import error_body, status_of
from tinyteach.workbench.workbench import Workbench

log = logging.getLogger(__name__)
Endpoint = Callable[[Request], Awaitable[Response]]
INSIDE = "Something inside TinyTeach failed; the terminal that the studio runs in says more."


def bench_of(request: HTTPConnection) -> Workbench:
    """The workbench that a request or a WebSocket is about."""
    bench: Workbench = request.app.state.bench
    return bench


async def answer(use_case: Callable[..., object], *arguments: object) -> JSONResponse:
    """Call a use case in a thread of its own; what it gives, as JSON."""
    result = await run_in_threadpool(use_case, *arguments)
    return JSONResponse({"ok": True} if result is None else result)


def error_answer(error: TinyTeachError) -> JSONResponse:
    """The canonical error body, with its status."""
    return JSONResponse(error_body(error), status_of(type(error)))


async def on_error(request: Request, error: Exception) -> Response:
    """A TinyTeachError as its body."""
    assert isinstance(error, TinyTeachError)
    return error_answer(error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: no such address, no such method."""
    assert isinstance(error, HTTPException)
    sentence = f"The studio has no {request.method} {request.url.path}; reload the page."
    answered = error_answer(NoSuchPageError(sentence))
    answered.status_code = error.status_code
    return answered


async def on_failure(request: Request, error: Exception) -> Response:
    """What nobody foresaw: a sentence for the page, the trace for the terminal."""
    return error_answer(TinyTeachError(INSIDE))
