"""Type README's words in a fresh environment: ``python tests/soak/readme.py``.

A copy of the tree in an empty folder, a new virtual environment, every command of README's shell
blocks in one shell, each with its time; what is not typed is told with the reason. Ends with 1
where a command failed. `--wheel FILE` installs that wheel where README installs the tree;
`--write` puts the table into docs/first-minutes.md.
"""

import argparse
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from readme_words import ROOT, Typed, blocks, table, told, typed_lines, walk, with_wheel  # noqa: E402

PAGE = ROOT / "docs" / "first-minutes.md"
TABLE = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", re.DOTALL)
# Of whoever starts this: an environment, a project's folder, a board.
NOT_INHERITED = ("VIRTUAL_ENV", "PYTHON", "TINYTEACH")


def fresh_environment() -> dict[str, str]:
    """What a new shell has, without what is of this one's environment of Python."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(NOT_INHERITED)}
    here = str(Path(sys.prefix, "bin"))
    paths = [path for path in kept["PATH"].split(os.pathsep) if path != here]
    return kept | {"PATH": os.pathsep.join(paths), "COLUMNS": "100"}


def write_table(typed: list[Typed]) -> None:
    """Put the figures into the page that shows them."""
    text, count = TABLE.subn(lambda _: f"{table(typed)}\n", PAGE.read_text())
    assert count == 1, f"{PAGE} has no place for the table"
    PAGE.write_text(text)


def main() -> int:
    """Walk, print, and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    options = parser.parse_known_args()[0]
    text = (ROOT / "README.md").read_text()
    for block in blocks(text):
        if block.reason:
            sys.stdout.write(f"not typed, {block.reason}: {'; '.join(block.lines)}\n")
    lines, typed = typed_lines(text), []
    installing = [with_wheel(line, options.wheel) for line in lines]
    for line, each in zip(lines, walk(installing, fresh_environment()), strict=False):
        typed.append(each._replace(line=line))
        told(each, sys.stdout.write)
        sys.stdout.flush()
    if len(typed) < len(lines) or any(each.code for each in typed):
        return 1
    if options.write:
        write_table(typed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
