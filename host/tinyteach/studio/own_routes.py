"""Addresses about what a board does by itself: its rules, its own learning, working alone."""

from tinyteach.studio.calls import Call, route

BY_NUMBER = "A rule is removed by its number; reload the page."


def add_rule(call: Call) -> dict[str, object]:
    """One rule more on the board, in the command line's words; ``undo`` takes it back."""
    words = call.wanted("condition", str), call.wanted("action", str)
    after = call.optional("else", str), call.optional("hold_s", float) or 0.0
    return {"undo": call.bench.rules.add(*words, *after)}


def alone(call: Call) -> None:
    """Let the board work on its own and show what it says, or take it back."""
    work = call.bench.alone
    (work.begin if call.wanted("on", bool) else work.end)()


def teach(call: Call) -> dict[str, object]:
    """Have the board learn a class of what it sees now."""
    afresh = bool(call.optional("afresh", bool))
    return call.bench.teaching.teach(call.wanted("class", str), afresh)


# docs/studio-api.md says what each takes and gives.
ROUTES = [
    route("POST", "/api/board/rules", add_rule),
    route("DELETE", "/api/board/rules", lambda call: {"undo": call.bench.rules.clear()}),
    route(
        *("DELETE", "/api/board/rules/{number}"),
        lambda call: {"undo": call.bench.rules.remove(call.number("number", BY_NUMBER))},
    ),
    route(
        *("POST", "/api/board/rules/undo"),
        lambda call: call.bench.rules.undo(call.wanted("undo", str)),
    ),
    route("PUT", "/api/board/alone", alone),
    route("POST", "/api/board/teach", teach),
    route(
        *("POST", "/api/board/forget"),
        lambda call: call.bench.teaching.forget(call.wanted("class", str)),
    ),
    route("POST", "/api/board/pull", lambda call: call.bench.teaching.pull()),
]
