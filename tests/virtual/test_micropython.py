"""Which MicroPython is taken: the user's, the system's, the cached one."""

import os
import sys

import pytest

from tinyteach.errors import LinkError, MissingToolError
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.interpreter import micropython

WITHOUT_FFI = """
import builtins
whole = builtins.__import__
def imported(name, *arguments):
    if name == "ffi":
        raise ImportError("no module named 'ffi'")
    return whole(name, *arguments)
builtins.__import__ = imported
"""


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


def test_one_for_each_word_size(tmp_path, monkeypatch):
    scripts = {arch: wrapper(tmp_path, arch, f"mp-{arch}") for arch in ("i386", "amd64")}
    monkeypatch.setenv("MICROPYTHON", os.pathsep.join(map(str, scripts.values())))
    for arch, script in scripts.items():
        assert micropython.find(arch).argv == (str(script),)
    assert micropython.find().arch == "i386"


@pytest.fixture
def without_ffi(tmp_path):
    """A program that runs MicroPython as it is where it was built without ffi."""
    script = wrapper(tmp_path, "amd64")
    hook = tmp_path / "hook"
    hook.write_text(WITHOUT_FFI)
    text = script.read_text().replace('"$@"', f'-c "$(cat \'{hook}\'; echo "$2")"')
    script.write_text(text)
    return script


def test_one_without_ffi_is_told(without_ffi, monkeypatch):
    monkeypatch.setenv("MICROPYTHON", str(without_ffi))
    with pytest.raises(MissingToolError, match="without the module ffi"):
        micropython.find()


def test_one_without_ffi_on_the_path_is_passed_over(without_ffi, monkeypatch):
    monkeypatch.setenv("PATH", f"{without_ffi.parent}:{os.environ['PATH']}")
    assert micropython.find("amd64").argv != (str(without_ffi),)


@pytest.mark.parametrize("output", ["", ">&2"])
def test_a_start_that_fails_says_why(output, tmp_path, monkeypatch):
    script = wrapper(tmp_path, "amd64")
    # It answers what it is, and runs nothing else.
    refuse = f'[ "$1" = -c ] || {{ echo out of order {output}; exit 1; }}\n'
    script.write_text(script.read_text().replace("exec", refuse + "exec"))
    monkeypatch.setenv("MICROPYTHON", str(script))
    with pytest.raises(LinkError, match="status 1: out of order"), VirtualBoard("amd64"):
        pass


@pytest.fixture(autouse=True)
def unnamed(monkeypatch):
    """None is named, whatever these tests themselves run on."""
    monkeypatch.delenv("MICROPYTHON", raising=False)


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


def test_pypi_s_comes_after_all_that_are_there():
    assert str(micropython.IN_PYTHON) not in micropython.find().argv
