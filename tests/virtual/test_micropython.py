"""Which MicroPython is taken: the user's, the system's, the cached one."""

import sys

import pytest

from tinyteach.errors import MissingToolError
from tinyteach.virtual import micropython


def wrapper(folder, arch, name="micropython"):
    """A program of one file that runs the MicroPython of ``arch``."""
    script = folder / name
    words = " ".join(f"'{word}'" for word in micropython.find(arch).argv)
    script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    script.chmod(0o755)
    return script


def test_the_users_own_comes_first_and_decides_the_architecture(tmp_path, monkeypatch):
    script = wrapper(tmp_path, "i386")
    monkeypatch.setenv("MICROPYTHON", str(script))
    found = micropython.find()
    assert found.argv == (str(script),) and found.arch == "i386"
    assert found.version >= micropython.MIN_VERSION
    assert micropython.find("amd64").argv != found.argv


def test_one_on_the_path_is_taken_for_its_architecture(tmp_path, monkeypatch):
    script = wrapper(tmp_path, "i386")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert micropython.find("i386").argv == (str(script),)
    assert micropython.find("amd64").argv != (str(script),)


@pytest.mark.parametrize("program", [sys.executable, "/nonexistent/micropython"])
def test_a_wrong_name_is_told(program, monkeypatch):
    monkeypatch.setenv("MICROPYTHON", program)
    with pytest.raises(MissingToolError, match="correct it or unset it"):
        micropython.find()


def test_unknown_architecture():
    with pytest.raises(MissingToolError, match="install"):
        micropython.find("vax")


def test_windows_says_that_it_needs_another_system(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(MissingToolError, match="on Windows use a real board"):
        micropython.find()
