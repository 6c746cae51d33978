"""The doctor names planted faults, each with its line and its fix, and no other."""

import re
from types import SimpleNamespace

import pytest

import planted_faults
import planted_files
from planted_faults import changed
from sensors import Sensor
from slices import soak
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.device import keys
from tinyteach.device.registry import PairedBoard, find_board, remember
from tinyteach.device.repl.pairing import await_agent
from tinyteach.errors import ProjectError
from tinyteach.service.boards.opening import open_board
from tinyteach.service.boards.overview import board_info
from tinyteach.service.doctor.evidence import Evidence
from tinyteach.service.doctor.examination import examine
from tinyteach.service.doctor.findings import FIX, SKIP
from tinyteach.service.doctor.key_checks import check_key


def quiet(*_):
    """A progress callback that shows nothing."""


FAULTS = [*planted_faults.FAULTS, *planted_files.FAULTS]


@pytest.fixture
def env(switch_on, monkeypatch, trained_heads):
    """What faults are planted with; no USB port is attached."""
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    return SimpleNamespace(switch_on=switch_on, patch=monkeypatch, head=trained_heads[0])


# Beside each of these another is planted of its kind.
TWINS = "shared other_version full_flash exchanged_colours damaged_embedding damaged_head"
TWINS += " catching_main hanging_main filled_heap camera_in_the_way"
FIRST = [fault for fault in FAULTS if fault[0].__name__ not in TWINS.split()]


@pytest.mark.parametrize(
    ("plant", "code", "name", "line"),
    [fault if fault in FIRST else soak(*fault) for fault in FAULTS],
    ids=[fault[0].__name__ for fault in FAULTS],
)
def test_planted_fault(env, plant, code, name, line):
    with plant(env) as board:
        page = examine(getattr(board, "port", board), quiet)
    assert {finding.name: finding.line() for finding in page.faults}.keys() == {name}
    assert re.fullmatch(line, page.faults[0].line()), page.faults[0].line()
    assert exit_code_of(page.error) == code and page.faults[0].fix


def test_healthy_board(env):
    """Every line that has something to say; the agent answers again; the profile is kept."""
    with changed(env) as board:
        identity = board.unique_id.hex()
        remember(PairedBoard(identity, "desk", board.port, "", "a machine"))
        page = examine("desk", quiet)
        await_agent(board.port, "").close()
    found = {finding.name: finding.found for finding in page.findings}
    assert page.faults == [] and page.error is None
    skipped = {finding.name for finding in page.findings if finding.status == SKIP}
    assert skipped == {"head"} and found["last crash"] == "none is written down"
    assert found["key"] == "this computer has none of this board's"
    assert found["MicroPython"].startswith("micropython 1.") and found["architecture"] == "x86"
    assert found["camera"] == "module camera, sensor VIRTUAL, 240×240"
    assert found["formats"] == "RGB565, GRAYSCALE, RGB888, JPEG"
    assert found["colours"] == "high byte first, red before blue"
    assert found["embedding"].startswith("base, ") and found["last boot"] == "power-on"
    assert re.fullmatch(r"\d+ KB/s to the board, \d+ KB/s from it", found["link"])
    assert find_board("desk").colours == "RGB565_BE"


@pytest.mark.parametrize(
    ("of_file", "of_folder", "told"),
    [
        (0o640, 0o700, "{path} can be read by others; run 'chmod 600 {path}', and "),
        (0o600, 0o750, "The folder {folder} can be entered by others; run 'chmod 700 {folder}'."),
        (0o600, 0o700, "this computer has none of this board's"),
    ],
)
def test_keys_that_others_may_read(of_file, of_folder, told):
    """Another board's, too: each opens one."""
    keys.keep_key("0f0f", keys.made_key())
    path = keys._folder() / "0f0f.json"
    path.chmod(of_file)
    path.parent.chmod(of_folder)
    found = check_key(Evidence(None, board_id="0e0e"))
    assert found.line().startswith(told.format(path=path, folder=path.parent))
    assert (found.status == FIX) == (found.error is ProjectError) == ("chmod" in told)


def test_a_sensor_that_needs_a_slower_clock(env):
    """The doctor and ``info`` say which settings worked; the pictures are all right."""
    with env.switch_on("i386", sensor=Sensor(clock_mhz_max=10, otherwise="parts")) as board:
        with open_board(board.port) as client:
            facts = board_info(client)
        page = examine(board.port, quiet)
    found = {finding.name: finding.found for finding in page.findings}
    assert found["camera"] == "module camera, sensor VIRTUAL, 240×240, with a clock of 10 MHz"
    assert dict(facts.rows())["camera"] == "VIRTUAL, 240×240, with a clock of 10 MHz"
    assert facts.as_dict()["camera"] == '{"xclk_freq": 10000000}'
    assert page.faults == []


def test_board_that_goes_silent_in_the_middle(env):
    """Nothing hangs, and the page says from where on nothing was heard."""
    with changed(env) as board:
        steps = []

        def cut_at_camera(text, *_):
            steps.append(text)
            if text == "camera":
                board.cut_power_now()
                board.drop_link()

        page = examine(board.port, cut_at_camera)
    assert "camera" in steps
    assert [finding.name for finding in page.faults] == ["MicroPython"]
    assert (
        page.faults[0].status == FIX and "stopped answering; press reset" in page.faults[0].line()
    )
