"""The camera's pins, for firmware that has none built in."""

import json

import pytest

from cameras import cameras
from tinyteach.device.repl import pairing, wiring
from tinyteach.device.repl.pairing import Wanted, await_agent, pair
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.repl.survey import SETTINGS
from tinyteach.device.repl.wiring import Wiring, wirings
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import UsageError
from tinyteach.firmware import boards_dir

from .conftest import quiet

EYE, XIAO = "esp32s3_eye_freenove", "xiao_esp32s3_sense"


@pytest.fixture
def generic(switch_on):
    """A paired board whose firmware is for no certain board, and has to be told the pins."""
    with switch_on("i386", camera_modules=cameras("camera-generic")) as board:
        yield board


@pytest.fixture
def pair_again(generic, little):
    """pair_again(camera) pairs the board."""
    return lambda camera=None: pair(generic.port, Wanted(little, camera=camera), None, quiet)


@pytest.fixture
def as_chip(monkeypatch):
    """as_chip(name, …): the facts that name pins are of boards with the virtual board's chip."""

    def use(*names):
        known = {w.name: w for w in wirings()}
        own = [Wiring(name, "x86", known[name].file) for name in names]
        monkeypatch.setattr(wiring, "wirings", lambda: own)

    return use


def settings_on(board):
    """What the board's camera.json holds."""
    pairing.free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        return repl.read_file(SETTINGS, lambda done, total: None)


def put_settings(board, content):
    pairing.free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        repl.write_file(SETTINGS, content, quiet)
    board.reset()


def pins_of(name):
    return json.loads((boards_dir() / f"{name}.json").read_text())["camera"]["settings"]


def test_the_only_board_with_the_chip(generic, pair_again, as_chip):
    with BoardClient(generic.port) as client:
        assert not client.has_camera
    as_chip(EYE)
    paired = pair_again()
    assert SETTINGS in paired.written and paired.state == ""
    assert paired.notes == [f"The camera's pins are those of {EYE} (camera.json on the board)."]
    assert json.loads(settings_on(generic)) == pins_of(EYE)
    generic.reset()
    assert pair_again().written == []


def test_several_boards_with_the_chip_are_for_the_user_to_tell(generic, pair_again, as_chip):
    as_chip(EYE, XIAO)
    paired = pair_again()
    assert paired.written == [] and "argument required" in paired.state
    (note,) = paired.notes
    assert f"--camera {EYE} or --camera {XIAO}" in note
    assert pair_again(XIAO).state == ""
    assert json.loads(settings_on(generic)) == pins_of(XIAO)


def test_unknown_chip(pair_again):
    (note,) = pair_again().notes
    assert "write them into its camera.json" in note


def test_unknown_name_changes_nothing(generic, pair_again):
    with pytest.raises(UsageError, match=f"no pins of a camera 'fly'; there are those of .*{EYE}"):
        pair_again("fly")
    # The agent that was stopped for it runs again.
    await_agent(generic.port, "").close()


def test_ours_is_replaced_when_told_and_the_users_never(generic, pair_again):
    assert SETTINGS in pair_again(EYE).written
    assert SETTINGS in pair_again(XIAO).written
    mine = json.dumps(pins_of(XIAO) | {"fb_count": 1}).encode()
    put_settings(generic, mine)
    assert pair_again().written == []
    with pytest.raises(UsageError, match="was changed by hand and is not replaced"):
        pair_again(EYE)
    await_agent(generic.port, "").close()
    assert settings_on(generic) == mine


def test_firmware_with_pins_built_in_gets_none(paired_board, little):
    paired = pair(paired_board.port, Wanted(little), None, quiet)
    assert (paired.written, paired.notes, paired.state) == ([], [], "")


def test_every_wiring_is_of_a_chip_that_micropython_names():
    assert {w.name: w.chip for w in wirings()} == {
        "esp32_cam": "ESP32",
        EYE: "ESP32S3",
        XIAO: "ESP32S3",
    }
