"""What the tests use of Debian's: told in one line, and got in CI."""

import os
import subprocess
import sys

import pytest

import debian_packages
from debian_packages import PACKAGES
from tinyteach.virtual.interpreter.micropython import QEMU

PROGRAMS = [programs[0] for programs in PACKAGES.values()]


def put(folder, name, text="exit 0"):
    """A program of that name."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def only(tmp_path, monkeypatch):
    """only(name, …): these programs are on the PATH, and no others."""

    def use(*names):
        (tmp_path / "bin").mkdir()
        for name in names:
            put(tmp_path / "bin", name)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    monkeypatch.delenv("MICROPYTHON", raising=False)
    monkeypatch.setattr(debian_packages.platform, "machine", lambda: "x86_64")
    return use


def told(*options):
    command = [sys.executable, debian_packages.__file__, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_nothing_is_said_where_all_is_here(only):
    only(*PROGRAMS)
    assert told() == told("--names") == ""


def test_what_is_not_here_is_named_with_the_command_that_gets_it(only, monkeypatch):
    only("apt-get", "dpkg-deb", "google-chrome", "setpriv", "fish", "zsh")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert debian_packages.missing() == ["qemu-user", "unzip"]
    line = debian_packages.sentence(["qemu-user", "unzip"])
    assert "Not here: qemu-user, unzip;" in line and "`apt-get install qemu-user unzip`" in line
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "`sudo apt-get install " in debian_packages.sentence(["unzip"])
    assert told().count("\n") == 1 and told("--names") == "qemu-user unzip\n"


def test_without_apt_the_two_micropythons_are_named_by_hand(only, monkeypatch):
    only(*(program for program in PROGRAMS if program not in ("apt-get", "dpkg-deb")))
    assert "MICROPYTHON" in debian_packages.sentence(debian_packages.missing())
    monkeypatch.setenv("MICROPYTHON", f"/one{os.pathsep}/other")
    assert debian_packages.missing() == []


def test_every_emulator_of_the_tests_is_among_them():
    assert QEMU["armhf"] in PACKAGES["qemu-user"]


@pytest.fixture
def ci(root, tmp_path):
    """ci(user, apt=exit code): the calls that .ci/run makes, as a user with nothing of Debian's."""

    def calls(user, apt="0"):
        programs, log = tmp_path / "ci", tmp_path / "log"
        put(programs, "id", f"echo {user}")
        put(programs, "python3", 'echo "chromium unzip"')
        put(programs, "apt-get", f'echo "apt-get $*" >> {log}; exit {apt}')
        put(programs, "make", f'echo "make $*" >> {log}')
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        subprocess.run([root / ".ci" / "run"], env={**os.environ, "PATH": path}, check=True)
        return log.read_text().splitlines()

    return calls


@pytest.mark.parametrize("apt", ["0", "100"])
def test_ci_gets_them_and_tests_whatever_came_of_it(ci, apt):
    update, *installed, last = ci(user=0, apt=apt)
    assert update == "apt-get --quiet update" and last == "make test"
    assert [call.split()[-1] for call in installed] == ["chromium", "unzip"]


def test_ci_without_root_goes_on(ci):
    assert ci(user=1000) == ["make test"]


def made(root, *words):
    """What make would run."""
    command = ["make", "--dry-run", "--always-make", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


def test_make_test_asks_first(root):
    said = made(root, "test")
    assert said.index("debian_packages.py") < said.index("ruff check") < said.index("pytest")


def test_make_soak_runs_every_one(root):
    said = made(root, "soak")
    scripts = sorted((root / "tests" / "soak").glob("*.py"))
    assert scripts and all(f"tests/soak/{script.name}" in said for script in scripts)
    assert "-m soak" in said and "each in marked " in said
