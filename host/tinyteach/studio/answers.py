"""What every answer of the API is about, and what it is where something is wrong."""

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from tinyteach.errors import NoSuchPageError, TinyTeachError
from tinyteach.studio.desk import Desk
from tinyteach.studio.statuses import error_body, status_of
from tinyteach.workbench.workbench import Workbench

INSIDE = "Something inside TinyTeach failed; the terminal that the studio runs in says more."


def desk_of(request: HTTPConnection) -> Desk:
    """The studio's desk, for a request or a WebSocket."""
    desk: Desk = request.app.state.desk
    return desk


def bench_of(request: HTTPConnection) -> Workbench:
    """The workbench that a request is about; ProjectError where no project is open."""
    return desk_of(request).opened


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
