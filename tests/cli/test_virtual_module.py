"""The command that starts a virtual Grove Vision AI V2."""

import json

import pytest

from tinyteach.virtual import running


@pytest.fixture(autouse=True)
def nothing_left(home):
    yield
    running.stop_all()


def test_it_starts_one_and_says_where(tinyteach):
    told = json.loads(tinyteach("boards", "start", "--kind", "grove", "--json").out)
    assert told["name"] == "grove" and told["kind"] == "virtual Grove Vision AI V2 (el)"
    said = tinyteach("boards", "start", "--kind", "grove").out
    assert said.endswith("Next: tinyteach --board grove info\n")
    assert tinyteach("boards", "show", "--object", "cat", "--name", "grove").code == 0
    assert tinyteach("boards", "stop", "--name", "grove").code == 0


def test_its_dialect_loader_and_firmware_can_be_chosen(tinyteach, fails):
    how = ("--dialect", "ma", "--loader", "2.12", "--firmware", "v2023.12.14", "--name", "old")
    told = json.loads(tinyteach("boards", "start", "--kind", "grove", *how, "--json").out)
    assert told["name"] == "old" and "(ma)" in told["kind"]
    assert "runs already, as ma" in fails("boards", "start", "--kind", "grove", "--name", "old")
    assert "choose board or grove" in fails("boards", "start", "--kind", "x")
    assert "choose one of el, ma, hx" in fails("boards", "start", "--kind", "grove",
                                               "--dialect", "x")  # fmt: skip
