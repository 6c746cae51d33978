"""The page on the plugin: its example runs as it stands, its tables are what there is."""

import re
from pathlib import Path

import pytest

from tinyteach.hil import ends, fixtures, plugin
from tinyteach.hil.needs import CAPABILITIES
from tinyteach.hil.settings import parse

FIXTURES = {"board", "boards", "head", "photos", "reference", "measure", "figures"}


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "hil.md").read_text()


def rows(page, heading):
    """What stands first in each row of a table."""
    part = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| ([^|]+) \|", part, re.MULTILINE)[1:]


def test_the_examples(page, one_board, run_tests, few_pictures, tmp_path):
    code, program = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    ran = run_tests(code, "--tt-board", one_board.port, f"--tt-report={tmp_path}")
    assert ran.code == 0 and set(ran.outcomes.values()) == {"passed"}, ran.said
    assert len(ran.outcomes) == code.count("\ndef test_") == 3
    assert ran.run.told()["mismatches"] == "0.000 of 6"
    names: dict = {}
    exec(compile(program, "docs/hil.md", "exec"), names)
    stages = ("preprocess", "embedding", "head")
    assert names["slowest"](tmp_path / "report.json") in [f"latency {stage}" for stage in stages]


def test_every_option_is_told(page, plugin_options):
    told = [re.match(r"`([a-z-]+)", row)[1] for row in rows(page, "Options")]
    assert sorted(told) == sorted(plugin_options)


def test_every_fixture_is_told(page):
    assert {row.strip("`") for row in rows(page, "Fixtures")} == FIXTURES
    own = {
        name for name, value in vars(fixtures).items() if "fixture" in type(value).__name__.lower()
    }
    assert {name for name in own if not name.startswith("tinyteach_")} == FIXTURES


def test_every_marker_and_capability_is_told(page):
    told = [row.strip("`").split("(")[0] for row in rows(page, "Markers")]
    assert told == [marker.split("(")[0].split(":")[0] for marker in plugin.MARKERS]
    for word in CAPABILITIES:
        assert f"`{word}`" in page or f'"{word}"' in page


def test_every_code_is_told(page):
    codes = {value for name, value in vars(ends).items() if name.startswith("CODE_")}
    assert codes <= {int(row) for row in rows(page, "How a run ends") if row.isdigit()}


def test_the_quarantine_on_the_page(page):
    (content,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (entry,) = parse(content.encode(), Path("page")).quarantine
    assert entry.owner == "Ada" and entry.concerns(entry.test + "[1]")
