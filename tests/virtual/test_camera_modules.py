"""The other firmwares' camera modules: their traps, as code on the board meets them."""

import numpy as np
import pytest
from mpremote.transport import TransportExecError

from cameras import cameras
from tinyteach.virtual.board import VirtualBoard

from .conftest import run

RED = np.full((240, 240, 3), (255, 0, 0), np.uint8)
BLUE = np.full((240, 240, 3), (0, 0, 255), np.uint8)

LEMARIVA = """
import camera
camera.init(0, format=camera.RGB565, framesize=camera.FRAME_240X240, fb_location=camera.PSRAM)
"""
CSI = """
import csi
c = csi.CSI()
c.reset()
c.pixformat(csi.RGB565)
c.framesize(csi.QVGA)
c.window((240, 240))
"""
SENSOR = "import sensor\nsensor.reset()\n"


def board_with(api):
    board = VirtualBoard("i386", camera_modules=cameras(api))
    board.show(RED)
    return board


def test_lemariva_copies_frames_and_says_false():
    with board_with("lemariva") as board:
        run(board, LEMARIVA + "old = camera.capture()")
        board.show(BLUE)
        code = "new = camera.capture(); print(type(old), old[:2], new[:2], len(new))"
        assert run(board, code) == "<class 'bytes'> b'\\xf8\\x00' b'\\x00\\x1f' 115200\r\n"
        board.scene.fail_next(1)
        assert run(board, "print(camera.capture())") == "False\r\n"


def test_lemariva_stays_on_over_a_soft_reset():
    with board_with("lemariva") as board:
        run(board, LEMARIVA)
        with pytest.raises(TransportExecError, match="OSError"):
            run(board, LEMARIVA, soft_reset=True)
        run(board, "import camera\nprint(camera.deinit(), camera.deinit())" + LEMARIVA)
        board.reset()
        run(board, LEMARIVA)
        # The chip's own memory holds no such frame.
        with pytest.raises(TransportExecError, match="OSError"):
            run(board, "camera.deinit()\ncamera.init(0, format=camera.RGB565)")


def test_openmv_frames_are_overwritten_and_low_byte_first():
    with board_with("csi") as board:
        run(board, CSI + "old = c.snapshot().bytearray()")
        assert run(board, "print(len(old), old[0], old[1])") == "115200 0 248\r\n"
        board.show(BLUE)
        assert run(board, "c.snapshot(); print(old[0], old[1])") == "31 0\r\n"
        board.scene.fail_next(1)
        with pytest.raises(TransportExecError, match="RuntimeError"):
            run(board, "c.snapshot()")
        with pytest.raises(TransportExecError, match="RuntimeError"):
            run(board, "c.reset()\nc.snapshot()")


def test_older_openmv_has_no_class_and_grey_sensors_no_colour():
    with board_with("sensor-grey") as board:
        assert run(board, "import csi, sensor; print(csi is sensor, hasattr(csi, 'CSI'))") == (
            "True False\r\n"
        )
        with pytest.raises(TransportExecError, match="RuntimeError"):
            run(board, SENSOR + "sensor.set_pixformat(sensor.RGB565)")
        run(board, "sensor.set_pixformat(sensor.GRAYSCALE)\nsensor.set_framesize(sensor.QVGA)")
        run(board, "sensor.set_windowing(0, 0, 120, 100)")
        code = "i = sensor.snapshot(); print(i.width(), i.height(), len(i.bytearray()))"
        assert run(board, code) == "120 100 12000\r\n"


def test_generic_image_wants_its_pins_and_has_methods_only():
    pins = "pclk_pin=1, vsync_pin=1, href_pin=1, sda_pin=1, scl_pin=1, xclk_pin=1"
    with board_with("camera-generic") as board:
        for arguments in ("", pins, pins + ", data_pins=(1, 2)"):
            with pytest.raises(TransportExecError, match="TypeError"):
                run(board, f"from camera import Camera\nCamera({arguments})")
        run(board, f"c = Camera({pins}, data_pins=[1, 2, 3, 4, 5, 6, 7, 8])")
        code = "print(c.get_pixel_width(), hasattr(c, 'pixel_width'), hasattr(c, 'sensor_name'))"
        assert run(board, code) == "160 False False\r\n"
