"""README's shell blocks, typed one by one into a new shell, each with its time."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
# A block, and the reason why it is not typed where one stands in a comment before it.
BLOCK = re.compile(
    r"^(?:<!-- not typed: ([^\n]+) -->\n)?```sh\n(.*?)^```", re.MULTILINE | re.DOTALL
)
# What runs until it is told to stop; a browser would be opened on whoever's desk this runs.
UNTIL_STOPPED = {"tinyteach studio": "tinyteach studio --no-browser"}
# It is started, and waited for until it has said an address; fails where it ended before.
ANSWERS = (
    "{} >answers.txt 2>&1 & staying=$!; until grep -q http answers.txt; "
    "do kill -0 $staying || break; sleep 0.05; done; cat answers.txt; kill -0 $staying"
)
# From where to where the animated picture of a terminal shows them.
RECORDED = ("tinyteach boards start", "tinyteach watch")
END = "--end-of-a-command--"


class Block(NamedTuple):
    """One block of shell lines; ``reason`` is empty where it is typed."""

    reason: str
    lines: list[str]


class Typed(NamedTuple):
    """A command that was typed: seconds on the clock, exit code, what it said."""

    line: str
    seconds: float
    code: int
    said: str


def blocks(text: str) -> list[Block]:
    """The shell blocks of a document, in their order."""
    return [
        Block(reason, [line for line in body.splitlines() if line.strip()])
        for reason, body in BLOCK.findall(text)
    ]


def typed_lines(text: str) -> list[str]:
    """Every command of a document that is typed."""
    return [line for block in blocks(text) if not block.reason for line in block.lines]


def recorded_lines(text: str) -> list[str]:
    """Those that the animated picture shows."""
    lines = typed_lines(text)
    first, last = (
        next(number for number, line in enumerate(lines) if line.startswith(start))
        for start in RECORDED
    )
    return lines[first : last + 1]


def copy_of_the_tree(folder: Path) -> Path:
    """What git tracks or would, copied: nothing that was built here comes along."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in names.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


class Shell:
    """A bash that keeps its folder and its environment between commands; a context manager."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment

    def __enter__(self) -> Self:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._bash.stdin and self._bash.stdout
        self._bash.stdin.close()
        self._bash.wait(PATIENCE_S)
        self._bash.stdout.close()

    def type(self, line: str) -> Typed:
        """Run one line to its end, or until what runs on has said where it is."""
        start = time.monotonic()
        stays = UNTIL_STOPPED.get(line)
        code, said = self._run(ANSWERS.format(stays) if stays else line)
        typed = Typed(line, time.monotonic() - start, code, said)
        if stays:
            self._run("kill -TERM $staying; wait $staying; rm answers.txt")
        return typed

    def _run(self, line: str) -> tuple[int, str]:
        assert self._bash.stdin and self._bash.stdout
        self._bash.stdin.write(f"{{ {line}\n}} </dev/null\nprintf '\\n{END} %s\\n' $?\n")
        self._bash.stdin.flush()
        said = []
        for told in self._bash.stdout:
            if told.startswith(END):
                return int(told.split()[1]), "".join(said).strip()
            said.append(told)
        return self._bash.wait(), "".join(said).strip()


def walk(lines: list[str], environment: dict[str, str]) -> Iterator[Typed]:
    """Type the lines in a copy of the tree, until one fails."""
    with tempfile.TemporaryDirectory() as place:
        folder = copy_of_the_tree(Path(place, "tinyteach"))
        homes = {"TINYTEACH_HOME": str(Path(place, "home"))}
        with Shell(folder, environment | homes) as shell:
            try:
                for line in lines:
                    yield (typed := shell.type(line))
                    if typed.code:
                        return
            finally:
                shell.type("tinyteach boards stop")


def table(typed: list[Typed]) -> str:
    """Markdown: each command, its seconds, and the sum of what came before it."""
    rows, sum_s = ["| typed | seconds | from the start |", "|---|---|---|"], 0.0
    for each in typed:
        sum_s += each.seconds
        rows.append(f"| `{each.line}` | {each.seconds:.1f} | {sum_s:.0f} |")
    return "\n".join(rows)


def with_wheel(line: str, wheel: Path | None) -> str:
    """The line, installing from a wheel where README installs from the tree."""
    return line.replace('".[', f'"{wheel.resolve()}[') if wheel else line


def told(typed: Typed, write: Callable[[str], object]) -> None:
    """One line for one command; all that it said where it failed."""
    write(f"{typed.seconds:7.1f} s  {typed.line}\n")
    if typed.code:
        write(f"{typed.said}\n`{typed.line}` ended with {typed.code}.\n")


def rows_of(text: str) -> list[str]:
    """The commands in a table that `table` wrote."""
    return re.findall(r"^\| `([^`]+)` \| [\d.]+ \| \d+ \|$", text, re.MULTILINE)
