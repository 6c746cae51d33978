"""Cameras that give another order of bytes or colours: right after the doctor, and exact."""

import json

import numpy as np
import pytest

from cameras import cameras
from paired import deploy, views_of
from slices import few
from tinyteach.device.repl.pairing import Wanted, await_agent, pair
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand, expand_rgb565, to_rgb565
from tinyteach.embedding.runtime import load_embedding
from tinyteach.service.doctor.colours import ORDERS
from tinyteach.service.doctor.examination import examine
from tinyteach.service.heads.recognition import Reference
from tinyteach.virtual import optics
from tinyteach_protocol import messages

# Camera module, the encoder behind it, the order that the camera gives in fact.
CAMERAS = (
    ("camera", optics.RGB565, "RGB565_LE"),
    ("camera", optics.RGB565, "BGR565_BE"),
    ("lemariva", optics.RGB565, "RGB565_BE"),
    ("csi", optics.RGB565_LE, "RGB565_BE"),
    ("sensor", optics.RGB565_LE, "BGR565_LE"),
)


def quiet(*_):
    """A progress callback that shows nothing."""


def encode_as(order):
    """What the camera makes of a picture."""
    big_endian, exchanged = ORDERS[order]
    step = -1 if exchanged else 1
    return lambda pixels, _: to_rgb565(np.ascontiguousarray(pixels[..., ::step]), big_endian)


@pytest.fixture(params=few(CAMERAS, CAMERAS[2]), ids=lambda params: f"{params[0]}-{params[2]}")
def camera(request, monkeypatch, switch_on):
    """A paired board with such a camera, and the order."""
    api, encoder, order = request.param
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    monkeypatch.setitem(optics._ENCODERS, encoder, encode_as(order))
    with switch_on("i386", camera_modules=cameras(api)) as board:
        yield board, api, order


def line_of(board, name):
    (finding,) = [f for f in examine(board.port, quiet).findings if f.name == name]
    await_agent(board.port, "").close()
    return finding


def check_exact(board, head, order):
    """What the board sees and recognises is what the reference makes of the right colours."""
    reference = Reference(load_embedding(), head)
    with BoardClient(board.port) as client:
        for square in views_of("coffee", 2, seed=8, side=240):
            board.show(square)
            right = expand_rgb565(to_rgb565(square, True), *square.shape[:2], True)
            taken, pixels = client.grab()
            assert taken.pixel_format == getattr(messages, order)
            seen = expand(pixels, taken.width, taken.height, taken.pixel_format)
            assert np.array_equal(seen, right)
            scores = client.run(messages.SOURCE_CAMERA).scores
            assert scores == reference.scores(right).tobytes()


def test_colours_are_right_after_the_doctor(camera, trained_heads):
    board, api, order = camera
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])
    if api == "lemariva":
        # Its module shows no colour bar, and its order is the driver's.
        assert "no colour bar" in line_of(board, "colours").found
        return check_exact(board, trained_heads[0], order)
    first = line_of(board, "colours")
    assert first.status == "fix" and "which the board knows from now on" in first.found
    return check_exact(board, trained_heads[0], order)


def test_colours_stay_right(switch_on, trained_heads, monkeypatch):
    """Without a host, and after another pairing."""
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    monkeypatch.setitem(optics._ENCODERS, optics.RGB565, encode_as("BGR565_LE"))
    with switch_on("i386") as board:
        assert [line_of(board, "colours").status for _ in range(2)] == ["fix", "pass"]
        with raw_repl(board.port) as repl:
            content = repl.read_file("/tinyteach/colours.json", lambda done, total: None)
        assert json.loads(content) == {"pixel_format": messages.BGR565_LE}
        pair(board.port, Wanted(load_embedding().content), None, quiet)
        with BoardClient(board.port) as client:
            deploy(client, trained_heads[0])
        board.cut_power_now()
        board.power_on()
        check_exact(board, trained_heads[0], "BGR565_LE")


def test_grey_camera_and_all_formats(switch_on, monkeypatch):
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    with switch_on("i386", camera_modules=cameras("sensor-grey")) as board:
        found = {finding.name: finding for finding in examine(board.port, quiet).findings}
        await_agent(board.port, "").close()
    assert found["camera"].found == "module sensor, sensor OV7725, 240×240"
    assert found["formats"].found == "GRAYSCALE" and found["formats"].status == "pass"
    assert found["colours"].found == "the sensor sees grey"
    assert "frames a second" in found["frame rate"].found


@pytest.mark.parametrize(("text", "state"), [("[1]", "JSON"), ('{"pixel_format": 4}', "")])
def test_stored_colours_that_make_no_sense(switch_on, text, state):
    """Damage is said; a format that is no order of colours changes nothing."""
    with switch_on("i386") as board:
        with BoardClient(board.port) as client:
            assert client.info().state == ""
        with raw_repl(board.port) as repl:
            repl.write_file("/tinyteach/colours.json", text.encode(), quiet)
        board.reset()
        with BoardClient(board.port) as client:
            info = client.info()
            assert state in info.state
            assert info.pixel_format == (0 if state else messages.RGB565_BE)


def test_pairing_says_that_the_board_has_forgotten(switch_on, monkeypatch):
    """As after new firmware, which erases the flash."""
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    monkeypatch.setitem(optics._ENCODERS, optics.RGB565, encode_as("RGB565_LE"))
    wanted = Wanted(load_embedding().content)
    with switch_on("i386") as board:
        assert pair(board.port, wanted, "desk", quiet).notes == []
        examine("desk", quiet)
        await_agent(board.port, "").close()
        assert pair(board.port, wanted, None, quiet).notes == []
        with BoardClient(board.port) as client:
            client.restart()
        await_agent(board.port, "").close()
        with raw_repl(board.port) as repl:
            repl.run("import os\nos.remove('/tinyteach/colours.json')")
        (note,) = pair(board.port, wanted, None, quiet).notes
    assert note.endswith("run 'tinyteach doctor'.")
