"""Addresses about boards: list, connect, pair, examine, virtual ones, threshold, heads on them."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tinyteach.service.boards.finding import VIRTUAL, list_boards
from tinyteach.service.boards.virtual_boards import (
    demo_object_names,
    show_picture_to_virtual,
    show_to_virtual,
)
from tinyteach.studio.answers import bench_of
from tinyteach.studio.bodies import read_whole
from tinyteach.studio.calls import Call, route

PICTURE_BYTES_MAX = 1 << 20  # of 240 × 240 pixels, many times over


def boards(call: Call) -> dict[str, object]:
    """Boards that are attached, paired or running, and what a virtual one can be shown."""
    listed = [board.as_dict() for board in list_boards()]
    return {"boards": listed, "objects": demo_object_names()}


def show(call: Call) -> dict[str, object]:
    """Put an object of the demo before a virtual board's camera."""
    name = named(call) or VIRTUAL
    return {"sentence": show_to_virtual(name, None, call.wanted("object", str)).sentence()}


async def take_webcam(request: Request) -> Response:
    """The picture that is the body, of this computer's camera, into the recording under way."""
    content = await read_whole(request, PICTURE_BYTES_MAX)
    await run_in_threadpool(bench_of(request).record_button.take_webcam, content)
    return JSONResponse({"ok": True})


async def show_picture(request: Request) -> Response:
    """Put the picture that is the body before a virtual board's camera."""
    content = await read_whole(request, PICTURE_BYTES_MAX)
    name = request.query_params.get("board") or VIRTUAL
    await run_in_threadpool(show_picture_to_virtual, name, content)
    return JSONResponse({"ok": True})


def named(call: Call) -> str | None:
    """A board's name or port; null: the only one there is."""
    return call.optional("board", str)


# docs/studio-api.md says what each takes and gives.
ROUTES = [
    route("GET", "/api/boards", boards),
    route("POST", "/api/board/connect", lambda call: call.bench.connect(named(call))),
    route("POST", "/api/board/disconnect", lambda call: call.bench.disconnect()),
    route("POST", "/api/board/pair", lambda call: call.bench.pair(named(call))),
    route("POST", "/api/board/doctor", lambda call: call.bench.examine(named(call))),
    route(
        *("PUT", "/api/board/threshold"),
        lambda call: call.bench.thresholds.set(call.wanted("probability", float)),
    ),
    route(
        *("POST", "/api/board/deploy"),
        lambda call: call.bench.deploying.deploy(call.optional("fingerprint", str)),
    ),
    route(
        *("POST", "/api/board/rollback"),
        lambda call: call.bench.deploying.rollback(call.optional("head", str)),
    ),
    route("POST", "/api/virtual/start", lambda call: call.bench.start_virtual()),
    route("POST", "/api/virtual/show", show),
    Route("/api/virtual/view", show_picture, methods=["PUT"]),
    Route("/api/webcam", take_webcam, methods=["PUT"]),
]
