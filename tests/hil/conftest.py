"""Runs of pytest inside of a test, on a board that a file's tests share."""

import itertools
import os
import sys
from dataclasses import dataclass, field

import pytest

from at_home import home, with_quick_trainings  # noqa: F401
from tinyteach.device.wire.client import BoardClient
from tinyteach.hil import plugin
from tinyteach.hil.report import plugin as report_plugin
from tinyteach.hil.results import Run
from tinyteach.service.boards.verification import PLUGIN

NUMBERS = itertools.count()
PLAIN = ["--import-mode=importlib", "-p", "no:cacheprovider", "-q", *PLUGIN]


class Options(set):
    """Those that are added to pytest."""

    def addoption(self, name, **_):
        self.add(name)

    def getgroup(self, *_):
        return self


@pytest.fixture(scope="session")
def plugin_options():
    """Names of the options that the plugin adds."""
    options = Options()
    plugin.pytest_addoption(options)
    report_plugin.pytest_addoption(options)
    return options


@dataclass
class Ran:
    """What pytest ended with, printed and found."""

    code: int = 0
    said: str = ""
    run: Run = field(default_factory=Run)

    @property
    def outcomes(self):
        """By the last part of a test's name."""
        return {each.test.rpartition("::")[2]: each.outcome for each in self.run.outcomes}

    def pytest_configure(self, config):
        self.run = config.tinyteach.run


@pytest.fixture
def run_tests(tmp_path, capfd):
    """run_tests(code, *options): what came of these tests of a project of its own."""

    def run(code: str, *options: str, name: str = "") -> Ran:
        name = name or f"test_{next(NUMBERS)}.py"
        sys.modules.pop(name.removesuffix(".py"), None)  # that of the run before
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text("import numpy as np\nimport pytest\n" + code)
        ran = Ran()
        place = [
            f"--rootdir={folder}",
            f"--confcutdir={folder}",
            "-c",
            os.devnull,
            str(folder / name),
        ]
        capfd.readouterr()
        ran.code = int(pytest.main([*PLAIN, *place, str(folder / name), *options], plugins=[ran]))
        ran.said = "".join(capfd.readouterr())
        return ran

    return run


@pytest.fixture(scope="module")
def one_board(switch_on):
    """The port of a paired board."""
    with switch_on("i386") as board:
        yield board


@pytest.fixture
def info_of():
    """info_of(board): what it says of itself in a session of its own."""

    def info(board):
        with BoardClient(board.port) as client:
            return client.info()

    return info
