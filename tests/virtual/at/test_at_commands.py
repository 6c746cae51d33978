"""What the virtual module's firmware answers, in each dialect."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from module_terminal import Terminal, started
from tinyteach.virtual.at.commands import CommandLines, parse
from tinyteach.virtual.at.faults import Faults
from tinyteach.virtual.at.firmware_el import crc16_maxim
from tinyteach.virtual.at.image import OLD_VERSION
from tinyteach.virtual.at.module import VirtualModule

SENSOR = {"id": 1, "type": 1, "state": 1, "opt_id": 0, "opt_detail": "240x240 Auto"}
PRESETS = [{"id": i, "description": f"{size} Auto"} for i, size in
           enumerate(("240x240", "416x416", "480x480", "640x480"))]  # fmt: skip


@pytest.fixture(params=["el", "ma"])
def module(request):
    with VirtualModule(request.param, bytes_per_second=None) as started:
        yield started


@pytest.fixture
def terminal(module):
    with started(module) as opened:
        yield opened


def test_replies_as_el_writes_them():
    with VirtualModule("el") as module, started(module) as terminal:
        terminal.type("AT+abc@ver?\r")
        said = terminal.until(b"}\n")
        assert said == (
            b'\r{"type": 0, "name": "ABC@VER?", "code": 0, "data": {"at_api": "v0", '
            b'"software": "2025.01.02", "hardware": "1"}}\n'
        )
        number = int.from_bytes(module.unique_id, "big")
        assert terminal.ask("AT+ID?")["data"] == f"{number:08x}"
        assert terminal.ask("AT+MODELS?")["data"] == []
        nothing = {"id": 0, "type": 0, "address": 0, "size": 0}
        assert terminal.ask("AT+MODEL?")["data"] == nothing
        (sensor,) = terminal.ask("AT+SENSORS?")["data"]
        assert sensor == {**SENSOR, "opts": sensor["opts"]} and len(sensor["opts"]) == 4
        assert terminal.ask("AT+SENSOR=1,1,0")["data"] == {"sensor": SENSOR}


def test_replies_as_ma_writes_them():
    with VirtualModule("ma") as module, started(module) as terminal:
        terminal.type("AT+VER?\r")
        assert terminal.until(b"}\n") == (
            b'\r{"type":0,"name":"VER?","code":0,"data":{"at_api":"v0","software":"2.0.0",'
            b'"hardware":"HX6538"}}\n'
        )
        assert terminal.ask("AT+ID?")["data"] == str(int.from_bytes(module.unique_id, "big"))
        assert terminal.ask("AT+MODELS?")["data"] == {"models": []}
        assert terminal.ask("AT+MODEL?")["code"] == 10
        (sensor,) = terminal.ask("AT+SENSORS?")["data"]["sensors"]
        assert sensor["presets"] == PRESETS and sensor["initialized"] is True


def test_both_have_a_name_a_status_and_a_break(module, terminal):
    assert terminal.ask("AT+NAME?")["data"] == "Grove Vision AI V2"
    before = terminal.ask("AT+STAT?")["data"]["boot_count"]
    terminal.restart(module.reset)
    assert terminal.ask("AT+STAT?")["data"] == {"boot_count": before + 1, "is_ready": 1}
    assert terminal.ask("AT+BREAK")["data"] >= 0


@pytest.mark.parametrize("line", ["AT", "AT+NONSENSE", "AT+INVOKE=-1", "hello", "1111AT+ID?"])
def test_what_is_no_command_is_said_to_be_none(module, terminal, line):
    said = terminal.ask(line)
    kind = {"el": 2, "ma": 1}[module.arch]
    assert (said["type"], said["name"], said["code"]) == (kind, "AT", 5)


def test_el_wants_three_arguments_for_invoke():
    with VirtualModule("el") as module, started(module) as terminal:
        said = terminal.ask("AT+INVOKE=-1,0")
        assert said["data"] == "Command INVOKE got wrong arguements."


def test_note_is_kept_over_a_reset(module, terminal):
    assert terminal.ask("AT+INFO?")["data"]["info"] == ""
    assert terminal.ask('AT+INFO="aGVsbG8="')["code"] == 0
    terminal.restart(module.reset)
    told = terminal.ask("AT+INFO?")["data"]
    assert told["info"] == "aGVsbG8="
    assert module.arch == "ma" or told["crc16_maxim"] == crc16_maxim("aGVsbG8=")


def test_crc_is_that_of_the_catalogue():
    assert crc16_maxim("123456789") == 0x44C2 and crc16_maxim("") == 0xFFFF


def test_stale_note_is_acknowledged_and_not_kept():
    with VirtualModule(faults=Faults(stale_info=True)) as module, started(module) as terminal:
        assert terminal.ask('AT+INFO="aGk="')["code"] == 0
        assert terminal.ask("AT+INFO?")["data"]["info"] == ""


def picture_of(event) -> np.ndarray:
    content = base64.b64decode(event["data"]["image"])
    return np.asarray(Image.open(io.BytesIO(content)))


def test_sample_shows_the_whole_of_what_is_shown(module, terminal):
    """A picture twice as wide as high: both its halves are in the frame."""
    wide = np.zeros((120, 240, 3), np.uint8)
    wide[:, :120], wide[:, 120:] = (250, 20, 20), (20, 20, 250)
    module.show(wide)
    reply, first, second = terminal.messages(3, "AT+SAMPLE=2")
    assert (reply["type"], first["type"], second["type"]) == (0, 1, 1)
    assert [first["data"]["count"], second["data"]["count"]] == [1, 2]
    frame = picture_of(first)
    assert frame.shape == (240, 240, 3)
    assert frame[120, 4, 0] > 200 and frame[120, 235, 2] > 200
    assert terminal.rest() == b""


def test_events_name_their_size_as_their_dialect_does(module, terminal):
    _, event = terminal.messages(2, "AT+SAMPLE=1")
    keys = {"el": ["count", "resolution", "image", "rotate"],
            "ma": ["count", "image", "rotation", "width", "height"]}  # fmt: skip
    assert list(event["data"]) == keys[module.arch]


def test_break_ends_a_stream(terminal):
    terminal.messages(4, "AT+SAMPLE=-1")
    terminal.type("AT+BREAK\r")
    terminal.until(b'BREAK"')
    terminal.until(b"}\n")
    assert terminal.rest() == b""
    assert terminal.ask("AT+SAMPLE?")["data"] == 0


def test_streams_when_opened_where_that_is_switched_on():
    with VirtualModule(faults=Faults(streaming=True)) as module, started(module) as terminal:
        terminal.until(b'"name": "SAMPLE"')
        terminal.type("AT+BREAK\r")
        terminal.until(b'BREAK"')


def test_replies_split_at_every_byte_are_whole():
    with (
        VirtualModule(faults=Faults(split_replies=True)) as module,
        started(module) as terminal,
    ):
        assert terminal.ask("AT+NAME?")["data"] == "Grove Vision AI V2"


def test_hx_talks_and_does_not_obey():
    with VirtualModule("hx") as module, Terminal(module.port) as terminal:
        said = terminal.messages(6)
        assert [m["name"] for m in said] == ["NAME?", "VER?", "ID?", "INFO?", "MODEL?", "INVOKE"]
        assert said[4]["data"]["size"] > 16 << 20 and "algo_tick" in said[5]["data"]
        terminal.type("AT+BREAK\r")
        assert not [m for m in terminal.messages(20) if m["name"] == "BREAK"]


def test_firmware_of_2023_is_named_as_its_image_has_it():
    with VirtualModule(version=OLD_VERSION) as module, started(module) as terminal:
        assert terminal.ask("AT+VER?")["data"]["software"] == "v2023.12.14"
        assert terminal.ask("AT+NAME?")["data"] == "Grove Vision AI (WE2)"


def test_arguments_are_read_as_the_firmwares_read_them():
    digits = "0123456789abcdefABCDEF"
    assert parse("AT+x=-1,0,1").arguments(3, digits) == ["-1", "0", "1"]
    assert parse('at+info="a\\"b",2').arguments(2, digits) == ['a"b', "2"]
    assert parse("AT+T@N=1").echo == "T@N" and parse("AT+T@N=1").name == "N"
    assert parse("AT+x=").arguments(1, digits) == []


def test_lines_end_with_either_byte_and_have_a_limit():
    lines = CommandLines()
    assert list(lines.feed(b"AT\r\nA")) == ["AT"]
    assert list(lines.feed(b"T+\x80ID?\n")) == ["AT+ID?"]
    assert [len(line) for line in lines.feed(b"x" * 9000 + b"\r")] == [4096]
