"""The page on Python and the examples run as they stand."""

import os
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import tinyteach as tt
from tinyteach.virtual.interpreter import micropython
from trained import quick_trainings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, new_boards_are_paired):
    new_boards_are_paired(micropython.find().arch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    with quick_trainings():
        yield


def test_the_page_on_python(capsys):
    text = (ROOT / "docs" / "python.md").read_text()
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    exec(compile(code, "docs/python.md", "exec"), {"__name__": "page"})
    assert "('red', 'green')" in capsys.readouterr().out


def test_notebook(capsys):
    runpy.run_path(str(ROOT / "examples" / "notebook.py"))
    said = capsys.readouterr().out
    assert said.startswith("disc") and "| disc" in said and "'nothing': 3" in said


class Reports:
    """What became of each test of an example."""

    def __init__(self):
        self.outcomes = []

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            self.outcomes.append(report.outcome)


def test_lab():
    reports, path = Reports(), ROOT / "examples" / "test_lab.py"
    options = [f"--rootdir={path.parent}", f"--confcutdir={path.parent}", "-c", os.devnull]
    options += ["--import-mode=importlib"]
    code = pytest.main([*options, "-q", "-p", "no:cacheprovider", str(path)], plugins=[reports])
    assert code == 0 and reports.outcomes == ["passed"] * 4


def test_production_line(switch_on, monkeypatch, capsys, tmp_path):
    from PIL import Image

    colours = {"red": (200, 30, 30), "green": (30, 160, 60)}
    for name, colour in colours.items():
        (tmp_path / "new" / name).mkdir(parents=True)
        for letter, share in zip("abcdefgh", np.linspace(0.5, 1, 8), strict=True):
            pixels = np.full((64, 64, 3), np.multiply(colour, share), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "new" / name / f"{letter}.png")
    tt.Project("line")
    with switch_on("i386") as board:
        line = ["production_line.py", "line", "new", "--board", board.port, "--at-least"]
        for at_least, code, said in (("1.1", 1, "keeps what it has"), ("0.5", 0, "recognises")):
            monkeypatch.setattr(sys, "argv", [*line, at_least])
            with pytest.raises(SystemExit) as ended:
                runpy.run_path(str(ROOT / "examples" / "production_line.py"), run_name="__main__")
            assert ended.value.code == code and said in capsys.readouterr().out
