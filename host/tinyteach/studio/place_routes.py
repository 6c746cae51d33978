"""Addresses about projects beside each other: which there are, going to one, a new one, a copy."""

from tinyteach.studio.calls import Call, route


def make(call: Call) -> dict[str, object]:
    """Make a project and go there."""
    return {"name": call.desk.make(call.wanted("name", str))}


def open_one(call: Call) -> dict[str, object]:
    """Go to a project."""
    return {"name": call.desk.open(call.wanted("name", str))}


def duplicate(call: Call) -> dict[str, object]:
    """Copy a project and go to the copy."""
    return {"name": call.desk.duplicate(call.wanted("project", str), call.wanted("name", str))}


# docs/studio-api.md says what each takes and gives.
ROUTES = [
    route("GET", "/api/projects", lambda call: call.desk.told()),
    route("POST", "/api/projects", make),
    route("POST", "/api/projects/open", open_one),
    route("POST", "/api/projects/duplicate", duplicate),
]
