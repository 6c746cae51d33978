"""Sensors that need a slower clock, one buffer or grey: the agent finds out, says and keeps it."""

import json

import numpy as np
import pytest
from mpremote.transport_serial import SerialTransport

from cameras import cameras
from paired import views_of
from sensors import Sensor
from slices import few
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand
from tinyteach.errors import BoardRefusedError
from tinyteach_protocol import errors, messages

MHZ = 1_000_000
# What the sensor needs, and the arguments that give it that, by the module's own names.
NEEDS = {
    "10 MHz": ({"clock_mhz_max": 10}, {"xclk_freq": 10 * MHZ}),
    "8 MHz": ({"clock_mhz_max": 8}, {"xclk_freq": 8 * MHZ}),
    "one buffer": ({"buffers_max": 1}, {"xclk_freq": 20 * MHZ, "fb_count": 1}),
    "10 MHz and one buffer": (
        {"clock_mhz_max": 10, "buffers_max": 1},
        {"xclk_freq": 10 * MHZ, "fb_count": 1},
    ),
    "grey": ({"grey_only": True}, {"xclk_freq": 20 * MHZ, "fb_count": 1, "pixel_format": 3}),
}
# How it fails without: in the module's constructor, or in the next frame.
FAILURES = {
    "no frame at all": ("times out", 0),
    "an error at once": ("fails", 0),
    "no second frame": ("times out", 1),
    "an error later": ("fails", 1),
    "parts of frames": ("parts", 1),
}
GREY = 3


def sensor(needs, failure="no frame at all"):
    otherwise, good_frames = FAILURES[failure]
    return Sensor(**needs, otherwise=otherwise, good_frames=good_frames)


def check_photograph(board, client):
    """A photograph comes, whole, again and again."""
    board.show(np.full((240, 240, 3), 0x84, np.uint8))
    for _ in range(3):
        taken, pixels = client.grab()
        picture = expand(pixels, taken.width, taken.height, taken.pixel_format)
        assert picture.shape == (240, 240, 3) and np.ptp(picture) <= 4


@pytest.mark.parametrize("what", few(NEEDS, "10 MHz and one buffer"))
def test_each_rung(switch_on, what):
    needs, rung = NEEDS[what]
    with switch_on("i386", sensor=sensor(needs)) as board:
        for _ in range(2):
            with BoardClient(board.port) as client:
                info = client.info()
                assert info.state == "" and json.loads(info.camera) == rung
                check_photograph(board, client)
            board.reset()


@pytest.mark.parametrize("failure", few(FAILURES, "no frame at all", "an error later"))
def test_however_it_fails(switch_on, failure):
    starting = switch_on("i386", sensor=sensor({"clock_mhz_max": 10}, failure))
    with starting as board, BoardClient(board.port) as client:
        info = client.info()
        assert info.state == "" and json.loads(info.camera) == {"xclk_freq": 10 * MHZ}
        check_photograph(board, client)


@pytest.mark.parametrize("failure", few(["an error at once", "parts of frames"], "parts of frames"))
def test_the_older_module(switch_on, failure):
    needed = sensor({"clock_mhz_max": 10}, failure)
    starting = switch_on("i386", camera_modules=cameras("lemariva"), sensor=needed)
    with starting as board, BoardClient(board.port) as client:
        assert json.loads(client.info().camera) == {"xclk_freq": 10 * MHZ}
        check_photograph(board, client)


def test_the_older_module_in_grey(switch_on):
    starting = switch_on(
        "i386", camera_modules=cameras("lemariva"), sensor=sensor({"grey_only": True})
    )
    with starting as board, BoardClient(board.port) as client:
        info = client.info()
        assert json.loads(info.camera) == {"xclk_freq": 20 * MHZ, "format": GREY}
        assert info.pixel_format == messages.GRAY8
        check_photograph(board, client)


def test_a_sensor_that_needs_nothing_is_not_asked_twice(switch_on):
    plain = Sensor()
    with switch_on("i386", sensor=plain) as board, BoardClient(board.port) as client:
        assert client.info().camera == ""
        assert len(set(plain.asked)) == 1
        check_photograph(board, client)


def test_the_next_start_begins_at_the_rung_that_worked(switch_on):
    slow = sensor({"clock_mhz_max": 8, "buffers_max": 1})
    with switch_on("i386", sensor=slow) as board:
        BoardClient(board.port).close()
        assert len(set(slow.asked)) > 2
        slow.asked.clear()
        board.reset()
        BoardClient(board.port).close()
        assert len(set(slow.asked)) == 1


def test_a_sensor_that_gives_nothing_says_why(switch_on):
    starting = switch_on("i386", sensor=sensor({"clock_mhz_max": 1}, "no frame at all"))
    with starting as board, BoardClient(board.port) as client:
        assert "Failed to capture initial frame" in client.info().state
        assert client.info().camera == "" and not client.has_camera
        with pytest.raises(BoardRefusedError) as refused:
            client.grab()
        assert refused.value.code == errors.CAMERA_FAILED


def write_file(board, path, text):
    """Put a file on the board's flash and restart it; the agent must have started."""
    BoardClient(board.port).close()
    transport = SerialTransport(board.port)
    try:
        transport.enter_raw_repl()
        transport.exec(f"with open({path!r}, 'w') as file:\n    file.write({text!r})")
    finally:
        transport.serial.close()
    board.reset()


def test_what_camera_json_says_is_respected(switch_on):
    """It names a clock: the ladder varies the rest, and where that does not help says why."""
    with switch_on("i386", sensor=sensor({"buffers_max": 1})) as board:
        write_file(board, "/tinyteach/camera.json", '{"xclk_freq": 20000000}')
        with BoardClient(board.port) as client:
            assert json.loads(client.info().camera)["fb_count"] == 1
            check_photograph(board, client)
        write_file(board, "/tinyteach/camera.json", '{"fb_count": 2}')
        with BoardClient(board.port) as client:
            assert "camera" in client.info().state and client.info().camera == ""


def test_a_damaged_rung_is_found_again(switch_on):
    with switch_on("i386", sensor=sensor({"clock_mhz_max": 10})) as board:
        for damaged in ('{"xclk_freq": "', "[1]", '{"wings": 2}', '{"xclk_freq": 24000000}'):
            write_file(board, "/tinyteach/rung.json", damaged)
            with BoardClient(board.port) as client:
                assert json.loads(client.info().camera) == {"xclk_freq": 10 * MHZ}
                assert client.grab()[1]


def test_info_is_told_whatever_the_file_holds(switch_on):
    with switch_on("i386") as board:
        for odd in ('{"fb_count": 2%s}' % (" " * 300), '{"fb_count": 2}\udcff'):
            write_file(board, "/tinyteach/rung.json", odd)
            with BoardClient(board.port) as client:
                assert client.info().sensor == "VIRTUAL"
                assert client.grab()[1]


def test_the_sensor_sees_what_is_shown(switch_on):
    square = views_of("cat", 1, seed=8, side=240)[0]
    with switch_on("i386", sensor=sensor({"clock_mhz_max": 10})) as board:
        board.show(square)
        with BoardClient(board.port) as client:
            taken, pixels = client.grab()
    picture = expand(pixels, taken.width, taken.height, taken.pixel_format).astype(int)
    assert np.abs(picture - square).max() <= 8
