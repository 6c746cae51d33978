"""Where the megabytes of an installation go, from what is installed here.

    python bench/installed_size.py [--extra NAME]… [--json]

Follows what pyproject.toml requires, package by package, and adds up the files that each
brought. Python's bytecode stands apart: pip writes it while it installs, `pip install --no-compile`
does not. A package counts once, beside the one that asked for it first. What an extra needs must be
installed here, too.
"""

import argparse
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tinyteach.cli.output import print_json, show_table

ROOT = Path(__file__).resolve().parent.parent
ITSELF = "tinyteach"
MB = 1e6
COLUMNS = ("files", "bytecode", "for")


def own_files() -> Iterator[Path]:
    """What the wheel has, as pyproject.toml says it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for room in project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]:
        yield from (ROOT / room).rglob("*")


def own_requirements() -> Iterator[str]:
    """As a wheel's metadata has them; an installed one may be of yesterday."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    yield from project["dependencies"]
    for extra, lines in project["optional-dependencies"].items():
        for line in lines:
            wish = Requirement(line)
            marker = f"({wish.marker}) and " if wish.marker else ""
            wish.marker = None
            yield f"{wish}; {marker}extra == '{extra}'"


def required(name: str, extras: set[str]) -> Iterator[Requirement]:
    """What a package requires on this system, with these extras of it."""
    for line in own_requirements() if name == ITSELF else metadata.requires(name) or []:
        wish = Requirement(line)
        chosen = [{"extra": extra} for extra in extras | {""}]
        if not wish.marker or any(map(wish.marker.evaluate, chosen)):
            yield wish


def closure(extras: set[str]) -> dict[str, str]:
    """Each package that comes along, and which one asked for it first: nearest first."""
    found = {ITSELF: ""}
    waiting = [(ITSELF, extras)]
    for asking, its_extras in waiting:  # which grows
        for wish in required(asking, its_extras):
            name = str(canonicalize_name(wish.name))
            if name not in found or wish.extras and (name, wish.extras) not in waiting:
                found.setdefault(name, asking)
                waiting.append((name, wish.extras))
    return found


def sizes(name: str) -> tuple[int, int]:
    """Bytes of a package's files, and of bytecode."""
    if name == ITSELF:
        files = list(own_files())
    else:
        files = [Path(str(file.locate())) for file in metadata.files(name) or []]
    there = {path: path.stat().st_size for path in files if path.is_file()}
    bytecode = sum(size for path, size in there.items() if path.suffix == ".pyc")
    return sum(there.values()) - bytecode, bytecode


def measure(extras: set[str]) -> dict[str, dict[str, str | int]]:
    """By package, the largest first: bytes of files and of bytecode, and what asked for it."""
    found = {name: (*sizes(name), asking) for name, asking in closure(extras).items()}
    order = sorted(found, key=lambda name: -sum(found[name][:2]))
    return {name: dict(zip(COLUMNS, found[name], strict=True)) for name in order}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", action="append", default=[], help="with this extra")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = measure(set(options.extra))
    if options.json:
        print_json(found)
        return
    rows = [(name, *row.values()) for name, row in found.items()]
    rows.append(("all", *(sum(row[at] for row in rows) for at in (1, 2)), ""))
    rows = [
        (n, round(files / MB, 1), round(code / MB, 1), asking) for n, files, code, asking in rows
    ]
    show_table("Installed", ("", "MB", "bytecode, MB", "for"), rows)


if __name__ == "__main__":
    main()
