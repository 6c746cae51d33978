"""Every command explains itself, and asking is cheap."""

import pytest
import typer

from tinyteach import __version__
from tinyteach.cli.parser import app
from tinyteach.embedding.shipped import EMBEDDING_FILES


def commands(group=None, path=()):
    """Every command's path, such as ("class", "add")."""
    group = group or typer.main.get_command(app)
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


ALL = list(commands())


def test_every_command_of_the_job_is_there():
    named = {path[0] for path in ALL if path}
    wanted = "boards pair info new class capture preview import export train report deploy "
    wanted += "flash restore rollback upgrade watch classify verify demo rule alone wipe unpair "
    wanted += "studio heads romfs test"
    assert set(wanted.split()) <= named


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help(tinyteach, path):
    result = tinyteach(*path, "--help")
    assert result.code == 0 and result.err == ""
    assert result.out.startswith("Usage: tinyteach") and "--help" in result.out
    summary = result.out.splitlines()[2].strip()
    assert len(summary) > 10 and summary[0].isupper()


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_fits_a_narrow_terminal_and_breaks_no_word(tinyteach, path, monkeypatch):
    told = {}
    for columns in (60, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        told[columns] = tinyteach(*path, "--help").out
        assert all(len(line) <= columns for line in told[columns].splitlines())
    assert set(told[60].split()) == set(told[80].split())


@pytest.mark.parametrize("command", ("new", "pair", "upgrade", "romfs"))
def test_every_embedding_that_ships_is_named(tinyteach, command):
    assert f"--embedding {'|'.join(EMBEDDING_FILES)}|FILE" in tinyteach(command, "--help").out


def test_version(tinyteach):
    assert tinyteach("--version").out == f"tinyteach {__version__}\n"


def test_no_command_shows_the_help(tinyteach):
    result = tinyteach()
    assert "Usage: tinyteach" in result.out + result.err


def test_unknown_command(tinyteach):
    result = tinyteach("fly")
    assert result.code == 2 and "No such command 'fly'" in result.err
