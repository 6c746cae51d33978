"""Is this fit to be released? ``python tests/releasing.py [--tag v0.1.0] [--dist DIR]``.

One version everywhere; with `--tag` also that tag's, and a part of CHANGELOG.md of its own, with a
date; with `--dist` one wheel and one source archive of it. Says what is not so and ends with 1.
"""

import argparse
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# File, and what stands before its version.
PLACES = {
    "pyproject.toml": r'^version = "([^"]+)"',
    "host/tinyteach/__init__.py": r'^__version__ = "([^"]+)"',
    "firmware_agent/agent/__init__.py": r'^VERSION = "([^"]+)"',
    "CITATION.cff": r"^version: (\S+)$",
}
DATED = r"^## {version} \(\d{{4}}-\d\d-\d\d\)$"
# In the source archive, so that who packages it can test it.
IN_SOURCES = ("README.md", "LICENSE", "tests/conftest.py", "docs/conf.py", "protocol/SPEC.md")


def versions(root: Path = ROOT) -> dict[str, str]:
    """The version that each place names; empty where it names none."""
    found = {}
    for name, pattern in PLACES.items():
        match = re.search(pattern, (root / name).read_text(), re.MULTILINE)
        found[name] = match[1] if match else ""
    return found


def version_problems(root: Path = ROOT) -> Iterator[str]:
    """What is not the version of pyproject.toml."""
    wanted, *others = versions(root).items()
    for name, version in others:
        if version != wanted[1]:
            yield f"{name} says version {version or 'nothing'}, {wanted[0]} says {wanted[1]}."


def tag_problems(tag: str, root: Path = ROOT) -> Iterator[str]:
    """What keeps this tree from being what the tag says."""
    version = versions(root)["pyproject.toml"]
    if tag != f"v{version}":
        yield f"The tag is {tag}, the version {version}; tag v{version}, or change the version."
    changes = (root / "CHANGELOG.md").read_text()
    if not re.search(DATED.format(version=re.escape(version)), changes, re.MULTILINE):
        yield f"CHANGELOG.md has no heading '## {version} (YYYY-MM-DD)'; give Unreleased that one."


def dist_problems(folder: Path, version: str) -> Iterator[str]:
    """What is not one wheel and one source archive, with what belongs into it."""
    stem = f"tinyteach-{version}"
    wanted = {f"{stem}-py3-none-any.whl", f"{stem}.tar.gz"}
    found = {path.name for path in folder.iterdir()}
    if found != wanted:
        held = ", ".join(sorted(found)) or "nothing"
        yield f"{folder} holds {held}, not {stem} as wheel and archive; build into an empty folder."
    elif missing := sorted(set(IN_SOURCES) - _names_in(folder / f"{stem}.tar.gz")):
        yield f"{stem}.tar.gz lacks {', '.join(missing)}; see pyproject.toml."


def _names_in(archive: Path) -> set[str]:
    with tarfile.open(archive) as opened:
        return {name.partition("/")[2] for name in opened.getnames()}


def main() -> int:
    """Check, say, end."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tag")
    parser.add_argument("--dist", type=Path)
    options = parser.parse_args()
    problems = list(version_problems())
    if options.tag:
        problems += tag_problems(options.tag)
    if options.dist:
        problems += dist_problems(options.dist, versions()["pyproject.toml"])
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
