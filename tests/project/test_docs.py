"""The documents against the code: commands, options, links, rooms."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from tinyteach.cli.parser import app

COMMAND = "tinyteach"
ROOT = Path(__file__).resolve().parents[2]
# What may follow a command in a shell line without belonging to it.
SHELL_ENDS = {"|", "&&", "||", ";", ">", "&"}


def documents() -> list[Path]:
    """Every Markdown file that git tracks or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in names.stdout.splitlines() if (ROOT / name).exists()]


DOCUMENTS = documents()
named = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))


def fenced_blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def command_lines(text: str) -> list[str]:
    """Every ``tinyteach …`` in a code block's line or in a code span."""
    spans = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    lines = [line for block in fenced_blocks(text) for line in block.splitlines()]
    candidates = [" ".join(code.split()) for code in [*lines, *spans]]
    return [code for code in candidates if code.startswith(COMMAND + " ")]


def words_of(line: str) -> list[str]:
    words = shlex.split(line, comments=True)[1:]
    ends = [number for number, word in enumerate(words) if word in SHELL_ENDS]
    return words[: ends[0]] if ends else words


def options_of(command) -> dict:
    return {name: p for p in command.params for name in (*p.opts, *p.secondary_opts)}


def check_line(line: str) -> None:
    """Fail unless each command and option of the line exists where it stands."""
    command, words = typer.main.get_command(app), words_of(line)
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            name, _, value = word.partition("=")
            option = options_of(command).get(name)
            assert option or name == "--help", f"{line!r}: {command.name} has no {name}"
            if option and not (option.is_flag or value):
                assert words, f"{line!r}: {name} needs a value"
                words.pop(0)
        elif hasattr(command, "commands"):
            assert word in command.commands, f"{line!r}: {command.name} has no command {word}"
            command = command.commands[word]
        else:
            assert any(p.param_type_name == "argument" for p in command.params), line


@named
def test_commands_and_options_exist(path):
    for line in command_lines(path.read_text()):
        check_line(line)


@pytest.mark.parametrize(
    "line",
    ["tinyteach fly", "tinyteach class fly", "tinyteach train --wings", "tinyteach train seven"],
)
def test_a_wrong_command_is_found(line):
    with pytest.raises(AssertionError):
        check_line(line)


def all_commands(command, words: tuple[str, ...] = (COMMAND,)) -> set[str]:
    """Every command line that does something, without options."""
    if not hasattr(command, "commands"):
        return {" ".join(words)}
    found = {" ".join(words)} if command.invoke_without_command and len(words) > 1 else set()
    for name, part in command.commands.items():
        found |= all_commands(part, (*words, name))
    return found


def test_readme_lists_every_command():
    rows = re.findall(rf"^\| `({COMMAND} [^`]+)` \|", (ROOT / "README.md").read_text(), re.M)
    assert len(rows) == len(set(rows))
    assert set(rows) == all_commands(typer.main.get_command(app))


def anchors(path: Path) -> set[str]:
    """GitHub's anchors of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@named
def test_relative_links_resolve(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        linked = path.parent / file if file else path
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def make_targets(text: str) -> set[str]:
    return set(re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)[0].split())


@named
def test_make_targets_exist(path):
    targets = make_targets((ROOT / "Makefile").read_text())
    text = path.read_text()
    spans = re.findall(r"`make ([a-z]+)[^`]*`", text)
    lines = [line for block in fenced_blocks(text) for line in block.splitlines()]
    spans += [line.split()[1] for line in lines if line.startswith("make ")]
    assert set(spans) <= targets


def listed_rooms() -> list[Path]:
    """Folders and files named in the architecture's tree."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    block = fenced_blocks(text[text.index("## Rooms") :])[0]
    base, found = ROOT, []
    for line in block.splitlines():
        names = line.strip().split("  ")[0].split()
        if not line.startswith(" "):
            base = ROOT / names[0]
            found.append(base)
        else:
            found += [base / name for name in names]
    return found


def test_rooms_exist():
    assert [path for path in listed_rooms() if not path.exists()] == []


def test_every_package_of_the_host_is_listed():
    packages = {path.parent for path in (ROOT / "host" / "tinyteach").glob("*/__init__.py")}
    assert packages <= set(listed_rooms())


def test_decisions_are_listed_and_numbered():
    folder = ROOT / "docs" / "decisions"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text())
    assert listed == records
    numbers = [int(name[:4]) for name in records]
    assert numbers == sorted(set(numbers))
