"""Addresses about boards: list, connect, pair, examine, virtual ones, threshold, heads on them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tinyteach.service.boards.opening import list_boards
from tinyteach.service.boards.virtual_boards import VIRTUAL, demo_object_names, show_to_virtual
from tinyteach.studio.answers import answer, bench_of
from tinyteach.studio.bodies import optional, read_json, wanted


async def boards(request: Request) -> Response:
    """Boards that are attached, paired or running, and what a virtual one can be shown."""

    def found() -> dict[str, object]:
        listed = [board.as_dict() for board in list_boards()]
        return {"boards": listed, "objects": demo_object_names()}

    return await answer(found)


async def connect(request: Request) -> Response:
    """Hold a board, by name or port; null: the only one there is."""
    body = await read_json(request)
    board = optional(body, "board", str)
    return await answer(bench_of(request).connect, board)


async def disconnect(request: Request) -> Response:
    """Let go of the board."""
    return await answer(bench_of(request).disconnect)


async def pair(request: Request) -> Response:
    """Put agent and embedding on a board, then hold it."""
    body = await read_json(request)
    return await answer(bench_of(request).pair, optional(body, "board", str))


async def doctor(request: Request) -> Response:
    """Look a board over: the doctor's page."""
    body = await read_json(request)
    return await answer(bench_of(request).examine, optional(body, "board", str))


async def start_virtual(request: Request) -> Response:
    """Start the virtual board, pair it if need be, and hold it."""
    return await answer(bench_of(request).start_virtual)


async def show(request: Request) -> Response:
    """Put an object of the demo before the virtual board's camera."""
    chosen = wanted(await read_json(request), "object", str)
    return await answer(lambda: {"sentence": show_to_virtual(VIRTUAL, None, chosen)})


async def threshold(request: Request) -> Response:
    """Below which probability a label is unknown, on the board and here, at once."""
    probability = wanted(await read_json(request), "probability", float)
    return await answer(bench_of(request).set_threshold, probability)


async def deploy(request: Request) -> Response:
    """Send a head to the board and put it to work; null: the newest."""
    fingerprint = optional(await read_json(request), "fingerprint", str)
    return await answer(bench_of(request).deploying.deploy, fingerprint)


async def rollback(request: Request) -> Response:
    """Put the board's previous head back to work."""
    return await answer(bench_of(request).deploying.rollback)


ROUTES = [
    Route("/api/boards", boards),
    Route("/api/board/connect", connect, methods=["POST"]),
    Route("/api/board/disconnect", disconnect, methods=["POST"]),
    Route("/api/board/pair", pair, methods=["POST"]),
    Route("/api/board/doctor", doctor, methods=["POST"]),
    Route("/api/board/threshold", threshold, methods=["PUT"]),
    Route("/api/board/deploy", deploy, methods=["POST"]),
    Route("/api/board/rollback", rollback, methods=["POST"]),
    Route("/api/virtual/start", start_virtual, methods=["POST"]),
    Route("/api/virtual/show", show, methods=["POST"]),
]
