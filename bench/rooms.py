"""How many lines each room has, at one commit or side by side at several.

    python bench/rooms.py [COMMIT]… [--json]

Counts what git has there, blank lines and comments too, generated and binary files not. Without a
commit: what is checked in now.
"""

import argparse
import subprocess
from collections import defaultdict
from pathlib import Path, PurePosixPath

from tinyteach.cli.output import print_json, show_table

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("*.py", "*.js", "*.css", "*.html", "*.j2", "*.c")
HOST = "host/tinyteach"
# What stands apart inside of a room: the recipe ran once, the page is no Python.
APART = (f"{HOST}/embedding/recipe", f"{HOST}/studio/page")
# Older commits have the recipe among the embedding: its files are known by their names.
RECIPE = {path.name for path in (ROOT / APART[0]).glob("[!_]*.py")}


def room_of(path: str) -> str:
    """The room that a file stands in, as docs/architecture.md names them."""
    if path.startswith(f"{HOST}/embedding/") and PurePosixPath(path).name in RECIPE:
        return "embedding/recipe"
    for room in APART:
        if path.startswith(room + "/"):
            return room.removeprefix(HOST + "/")
    parts = PurePosixPath(path).parts
    if not path.startswith(HOST + "/"):
        return parts[0]
    return parts[2] if len(parts) > 3 else "modules of all rooms"


def lines_at(commit: str) -> dict[str, int]:
    """Lines by room."""
    command = ["git", "grep", "--count", "-I", "", commit, "--", *LANGUAGES]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rooms: dict[str, int] = defaultdict(int)
    for line in said.splitlines():
        path, count = line.removeprefix(f"{commit}:").rsplit(":", 1)
        rooms[room_of(path)] += int(count)
    return dict(rooms)


def is_host(room: str) -> bool:
    """Whether it is of the host without recipe and page."""
    outside = ("tests", "hil_tests", "bench", "examples", "protocol", "firmware_agent")
    return "/" not in room and room not in outside


def measure(commits: list[str]) -> dict[str, dict[str, int]]:
    """By commit: lines by room, and of the whole host without recipe and page."""
    found = {commit: lines_at(commit) for commit in commits}
    for rooms in found.values():
        rooms["host"] = sum(lines for room, lines in rooms.items() if is_host(room))
    return found


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commits", nargs="*", default=["HEAD"], help="by default HEAD")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = measure(options.commits)
    if options.json:
        print_json(found)
        return
    names = sorted({room for rooms in found.values() for room in rooms})
    rows = [(name, *(rooms.get(name, 0) for rooms in found.values())) for name in names]
    show_table("Lines", ("room", *found), rows)


if __name__ == "__main__":
    main()
