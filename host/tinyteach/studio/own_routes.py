"""Addresses about what a board does by itself: its rules, its own learning, working alone."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tinyteach.studio.answers import answer, bench_of
from tinyteach.studio.bodies import optional, read_json, wanted, whole


async def add_rule(request: Request) -> Response:
    """One rule more on the board, in the command line's words."""
    body = await read_json(request)
    words = wanted(body, "condition", str), wanted(body, "action", str)
    otherwise, hold_s = optional(body, "else", str), optional(body, "hold_s", float)
    return await answer(bench_of(request).rules.add, *words, otherwise, hold_s or 0.0)


async def remove_rule(request: Request) -> Response:
    """The board without the rule of that number."""
    number = whole(
        request.path_params["number"], "A rule is removed by its number; reload the page."
    )
    return await answer(bench_of(request).rules.remove, number)


async def clear_rules(request: Request) -> Response:
    """The board without any rule."""
    return await answer(bench_of(request).rules.clear)


async def alone(request: Request) -> Response:
    """Let the board work on its own and show what it says, or take it back."""
    bench, is_on = bench_of(request), wanted(await read_json(request), "on", bool)
    return await answer(bench.alone.begin if is_on else bench.alone.end)


async def teach(request: Request) -> Response:
    """Have the board learn a class of what it sees now."""
    body = await read_json(request)
    name, afresh = wanted(body, "class", str), optional(body, "afresh", bool)
    return await answer(bench_of(request).teaching.teach, name, bool(afresh))


async def forget(request: Request) -> Response:
    """Have the board forget a class."""
    name = wanted(await read_json(request), "class", str)
    return await answer(bench_of(request).teaching.forget, name)


async def pull(request: Request) -> Response:
    """Bring what the board knows into the project, and train on it."""
    return await answer(bench_of(request).teaching.pull)


ROUTES = [
    Route("/api/board/rules", add_rule, methods=["POST"]),
    Route("/api/board/rules", clear_rules, methods=["DELETE"]),
    Route("/api/board/rules/{number}", remove_rule, methods=["DELETE"]),
    Route("/api/board/alone", alone, methods=["PUT"]),
    Route("/api/board/teach", teach, methods=["POST"]),
    Route("/api/board/forget", forget, methods=["POST"]),
    Route("/api/board/pull", pull, methods=["POST"]),
]
