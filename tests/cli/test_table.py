"""The table from which help is answered says what the commands themselves do."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress

import pytest
import typer

from patience import PATIENCE_S
from tinyteach.cli import groups, main, table
from tinyteach.cli.page import page
from tinyteach.cli.parser import app

COMMAND = [sys.executable, "-c", "from tinyteach.cli.main import run; run()"]
IMPORTED = """
import json, sys
from tinyteach.cli import main
try:
    main.run()
finally:
    sys.stderr.write("\\n" + json.dumps(list(sys.modules)))
"""
FOREIGN = {"typer", "click", "rich", "numpy", "PIL", "sklearn", "ai_edge_litert", "serial"}
# Each of them answered without the parser: what is typed, and the exit code.
ANSWERED = {
    "--help": 0,
    "--version": 0,
    "": 2,
    "class": 2,
    "class --help": 0,
    "boards --help": 0,
    "rule --help": 0,
    "clas": 2,
    "wings": 2,
    "class lis": 2,
    "boards strat -x": 2,
}
ROOT = typer.main.get_command(app)

# Groups that do nothing themselves.
NO_COMMANDS = {"class", "rule", "keys", "lab"}


def group_of(name):
    return ROOT.commands[name] if name else ROOT


def context_of(name):
    root = typer.Context(ROOT, info_name=table.PROGRAM)
    return typer.Context(group_of(name), info_name=name, parent=root) if name else root


def standing(group, words=()):
    """Every command that typer has, with its path and its help's first line."""
    for name, command in group.commands.items():
        yield " ".join((*words, name)), first_paragraph(command.help)
        if hasattr(command, "commands"):
            yield from standing(command, (*words, name))


def first_paragraph(text):
    return " ".join(text.split("\n\n")[0].split())


def test_the_help_lines_are_the_commands_own():
    assert {line: text for line, (_, text) in table.COMMANDS.items()} == dict(standing(ROOT))


def documented(each, words=()):
    """The functions behind a module's commands and groups, by path."""
    for command in each.registered_commands:
        yield " ".join((*words, command.name or command.callback.__name__)), command.callback
    for group in each.registered_groups:
        if group.typer_instance.registered_callback:
            yield group.name, group.typer_instance.registered_callback.callback
        yield from documented(group.typer_instance, (*words, group.name))


def test_the_help_lines_are_docstrings():
    """A group that does nothing itself has none: what it is called stands in the table alone."""
    modules = sorted({module for module, _ in table.COMMANDS.values()})
    found = [documented(groups.import_module(f"tinyteach.cli.{name}").app) for name in modules]
    told = {path: first_paragraph(what.__doc__) for each in found for path, what in each}
    wanted = {line: text for line, (_, text) in table.COMMANDS.items() if line not in NO_COMMANDS}
    assert told == wanted


def test_every_module_s_commands_stand_in_the_table(root):
    cli = root / "host" / "tinyteach" / "cli"
    with_commands = {p.stem for p in cli.glob("*.py") if "\napp = new_app()" in p.read_text()}
    assert {module for module, _ in table.COMMANDS.values()} == with_commands
    for module in with_commands:
        known = {n for n, (where, _) in table.commands_of("").items() if where == module}
        assert set(groups._commands_in(module)) == known


def test_every_command_is_in_its_group_s_module():
    for line, (module, _) in table.COMMANDS.items():
        assert module == table.COMMANDS[line.split()[0]][0]


def test_groups_are_those_that_have_commands():
    with_commands = {line.rpartition(" ")[0] for line in table.COMMANDS}
    assert set(table.GROUPS) == set(table.OPTIONS) == with_commands
    alone = [name for name in table.GROUPS if name and group_of(name).invoke_without_command]
    assert alone == list(table.RUNS_ALONE)


@pytest.mark.parametrize("name", table.GROUPS)
def test_the_groups_options_are_typer_s(name):
    context = context_of(name)
    shown = [each.get_help_record(context) for each in context.command.get_params(context)]
    assert list(table.OPTIONS[name]) == [record for record in shown if record]


def test_the_page_of_commands_has_this_order(root):
    page = root / "docs" / "commands.md"
    rows = re.findall(r"^\| `tinyteach ([^`]+)` \|", page.read_text(), re.M)
    assert rows == [line for line in table.COMMANDS if line not in NO_COMMANDS]


@pytest.mark.parametrize("columns", [50, 64, 78])
@pytest.mark.parametrize("name", table.GROUPS)
def test_pages_are_typer_s_but_that_no_line_is_cut(name, columns):
    context = context_of(name)
    formatter = context.make_formatter()
    formatter.width = columns
    groups.TyperGroup.format_help(context.command, context, formatter)
    theirs, ours = formatter.getvalue(), page(name, columns)
    assert all(len(line) <= columns for line in ours.splitlines())
    start = theirs.index("Commands:")
    assert ours[:start] == theirs[:start]
    assert "..." not in ours[start:]
    for line in [line for line in theirs[start:].splitlines() if not line.endswith("...")]:
        assert line.strip() in " ".join(ours.split()) or line in ours


@pytest.mark.parametrize("name", table.GROUPS)
def test_each_summary_is_one_line(name):
    listed = page(name, 78).split("Commands:\n")[1].splitlines()
    assert len(listed) == len(table.commands_of(name))


@pytest.mark.parametrize("name", table.GROUPS)
def test_the_parser_shows_the_same_page(name):
    context = context_of(name)
    formatter = context.make_formatter()
    assert context.get_help() == page(name, formatter.width).rstrip("\n")


@pytest.mark.parametrize("line", ANSWERED)
def test_nothing_is_imported_for_it(line):
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *line.split()],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    modules = {f"tinyteach.cli.{module}" for module, _ in table.COMMANDS.values()}
    assert done.returncode == ANSWERED[line]
    assert not loaded & {*FOREIGN, "tinyteach.cli.parser", *modules}


@pytest.mark.parametrize("line", ANSWERED)
def test_the_parser_would_answer_the_same(line, tinyteach, monkeypatch):
    at_once = tinyteach(*line.split())
    monkeypatch.setattr(main, "_answer", lambda words: ("", 0))
    assert tinyteach(*line.split()) == at_once


@pytest.mark.parametrize("word", ["a\x1b[31m\nb", "", "\udcff", "ünd", "'\""])
def test_unknown_commands_of_any_letters(word, tinyteach, monkeypatch):
    at_once = tinyteach(word)
    monkeypatch.setattr(main, "_answer", lambda words: ("", 0))
    assert tinyteach(word) == at_once
    assert at_once.code == 2 and "\x1b" not in at_once.err


@pytest.mark.parametrize("words", [["--board", "x"], ["-p", "x"]], ids=" ".join)
def test_options_before_the_page(words, tinyteach):
    assert tinyteach(*words, "--help") == tinyteach("--help")
    assert tinyteach(*words, "clas").err == tinyteach("clas").err
    assert tinyteach(*words, "class", "--help") == tinyteach("class", "--help")


@pytest.mark.parametrize("line", ["boards fly", "class"])
def test_narrow_terminals_are_the_parser_s_too(line, tinyteach, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    test_the_parser_would_answer_the_same(line, tinyteach, monkeypatch)


def test_a_command_imports_no_other_command():
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, "class", "add", "--help"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    modules = {module for module, _ in table.COMMANDS.values()}
    assert {name for name in modules if f"tinyteach.cli.{name}" in loaded} == {"projects"}


def test_own_modules_are_imported_at_the_top(root):
    """Or by `Later`; what stands below TYPE_CHECKING is not imported."""
    for path in (root / "host" / "tinyteach" / "cli").glob("*.py"):
        run = re.sub(r"^if TYPE_CHECKING:\n(?: +.*\n)+", "", path.read_text(), flags=re.M)
        assert not re.findall(r"^ +(?:from|import) tinyteach.*", run, re.M), path


# Where the output is odd


@pytest.mark.parametrize("columns", [40, 60, 200])
def test_the_page_fits_the_terminal(columns, monkeypatch, tinyteach):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = tinyteach("--help").out.splitlines()
    assert max(map(len, lines)) <= max(min(columns, 80) - 2, 50)


def test_a_terminal_s_own_width_is_taken():
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    terminal, end = pty.openpty()
    os.set_blocking(terminal, True)
    subprocess.run(["stty", "cols", "60"], stdin=end, check=True)
    process = subprocess.Popen([*COMMAND, "--help"], stdin=end, stdout=end, env=environment)
    os.close(end)
    text = b""
    with suppress(OSError):  # the terminal is closed
        while part := os.read(terminal, 4096):
            text += part
    assert process.wait(PATIENCE_S) == 0
    assert 50 < max(map(len, text.decode().replace("\r", "").splitlines())) <= 58


@pytest.mark.parametrize("line", ["--help", "--version"])
def test_an_output_without_room(line):
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run([*COMMAND, line], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("tinyteach: ") and done.stderr.count("\n") == 1


def test_a_reader_that_is_gone():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*COMMAND, "--help"], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.stderr == ""


def test_an_output_that_has_no_such_letters(tinyteach):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, "ünd"], capture_output=True, text=True, env=environment)
    assert done.returncode == 2 and "No such command '\\xfcnd'" in done.stderr
