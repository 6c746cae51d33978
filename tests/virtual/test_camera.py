"""Module camera: the real one's API and its traps, as code on the board meets them."""

import numpy as np
import pytest
from mpremote.transport import TransportExecError
from PIL import Image

from patience import PATIENCE_S
from tinyteach.errors import PhotoError
from tinyteach.virtual.board import VirtualBoard

from .conftest import raw_repl, run

OPEN = """
from camera import Camera, FrameSize, GrabMode, PixelFormat
c = Camera(pixel_format=PixelFormat.RGB565, frame_size=FrameSize.R240X240, fb_count=2,
           grab_mode=GrabMode.LATEST)
"""


def photograph(seed=3, width=320, height=240):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def flat(level, side=240):
    return np.full((side, side, 3), level, np.uint8)


def grab(board, code="m = c.capture()"):
    """Run code that sets ``m``, fetch its bytes."""
    with raw_repl(board) as transport:
        transport.exec("import sys\n" + code)
        size = int(transport.exec("print(len(m))"))
        transport.exec_raw_no_follow("sys.stdout.buffer.write(b'<'); sys.stdout.buffer.write(m)")
        assert transport.serial.read_until(b"<").endswith(b"<")
        return transport.serial.read(size)


@pytest.fixture
def camera(board):
    """A board whose variable ``c`` is an open camera."""
    run(board, OPEN, soft_reset=True)
    return board


def test_rgb565_has_its_high_byte_first(camera):
    pixels = photograph(width=240)
    camera.show(pixels)
    words = np.frombuffer(grab(camera), ">u2").reshape(240, 240)
    red, green, blue = (pixels[..., i].astype(int) for i in range(3))
    assert np.array_equal(words, red >> 3 << 11 | green >> 2 << 5 | blue >> 3)


def test_centre_of_the_photograph_fills_the_frame(camera):
    pixels = np.zeros((240, 480, 3), np.uint8)
    pixels[:, 120:360] = 255
    camera.show(pixels)
    assert grab(camera) == b"\xff" * (2 * 240 * 240)


def test_frame_is_signed_and_viper_reads_it_unsigned(camera):
    camera.show(flat(255))
    code = (
        "m = c.capture()\n@micropython.viper\ndef first(p: ptr8) -> int:\n    return p[0]\n"
        "print(m[0], first(m))"
    )
    assert run(camera, "import micropython\n" + code) == "-1 255\r\n"


def test_frames_go_stale(camera):
    """Two buffers: a frame is overwritten by the second capture after it."""
    camera.show(flat(0))
    run(camera, "old = c.capture()")
    camera.show(flat(255))
    assert run(camera, "new = c.capture(); print(old[0], new[0])") == "0 -1\r\n"
    assert run(camera, "newer = c.capture(); print(old[0], new[0])") == "-1 -1\r\n"


def test_frame_buffers_are_not_in_the_heap(camera):
    code = "import gc; gc.collect(); a = gc.mem_free(); m = c.capture(); print(a - gc.mem_free())"
    assert int(run(camera, code)) < 1000


def test_missed_frames_are_none(camera):
    camera.scene.fail_next(2)
    code = "print([c.capture() is None for _ in range(3)])"
    assert run(camera, code) == "[True, True, False]\r\n"


def test_broken_camera(board):
    board.scene.broken = True
    try:
        with pytest.raises(TransportExecError, match="OSError"):
            run(board, OPEN, soft_reset=True)
    finally:
        board.scene.broken = False
    board.scene.fail_next(1)
    with pytest.raises(TransportExecError, match="Failed to capture initial frame"):
        run(board, OPEN)


def test_one_camera_only(camera):
    with pytest.raises(TransportExecError, match="OSError"):
        run(camera, "Camera()")
    assert run(camera, "c.deinit(); d = Camera(); print(d.pixel_width)") == "160\r\n"


def test_constructor_grabs_even_without_init(board):
    before = board.scene.frames
    run(board, "from camera import *\nc = Camera(init=False)", soft_reset=True)
    assert board.scene.frames == before + 1
    with pytest.raises(TransportExecError, match="OSError"):
        run(board, "c.capture()")


def test_reconfigure_and_other_formats(camera):
    camera.show(photograph())
    code = "c.reconfigure(pixel_format=PixelFormat.{}, frame_size=FrameSize.{}); m = c.capture()"
    grey = grab(camera, code.format("GRAYSCALE", "R96X96"))
    assert len(grey) == 96 * 96
    jpeg = grab(camera, code.format("JPEG", "QVGA"))
    assert jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9")
    assert run(camera, "print(c.pixel_width, c.get_pixel_height())") == "320 240\r\n"


def test_mirror_flip_and_colour_bars(camera):
    pixels = photograph(width=240)
    camera.show(pixels)
    plain = np.frombuffer(grab(camera), ">u2").reshape(240, 240)
    turned = np.frombuffer(grab(camera, "c.hmirror = c.vflip = True; m = c.capture()"), ">u2")
    assert np.array_equal(turned.reshape(240, 240), plain[::-1, ::-1])
    bars = grab(camera, "c.set_colorbar(True); m = c.capture()")
    words = np.frombuffer(bars, ">u2").reshape(240, 240)
    assert list(words[0, 15::30][::-1]) == [65535, 0xFFE0, 0x7FF, 0x7E0, 0xF81F, 0xF800, 0x1F, 0]


def test_every_grab_asks_the_source(camera):
    levels = iter([10, 90, 250])
    camera.show_source(lambda: flat(next(levels)))
    code = "print([c.capture()[0] & 0xf8 for _ in range(3)])"
    assert run(camera, code) == str([8, 88, 248]) + "\r\n"


def test_source_that_fails_is_a_broken_camera_and_told_at_the_end():
    def fail():
        raise ZeroDivisionError("no view")

    with pytest.raises(ZeroDivisionError, match="no view"), VirtualBoard() as board:
        board.show_source(fail)
        with raw_repl(board) as transport:
            _, error = transport.exec_raw(OPEN)
        assert b"OSError" in error


def test_photographs_of_all_kinds(board, tmp_path):
    path = tmp_path / "photo.jpg"
    Image.new("L", (50, 40), 77).save(path)
    board.show(path)
    board.show(Image.new("RGBA", (5, 5)))
    with pytest.raises(PhotoError, match="uint8"):
        board.show(np.zeros((4, 4, 3)))
    with pytest.raises(PhotoError, match="PNG or JPEG"):
        board.show(tmp_path / "none.png")


def test_board_without_camera():
    with VirtualBoard(camera=False) as board, raw_repl(board) as transport:
        _, error = transport.exec_raw("import camera")
    assert b"ImportError" in error


def test_interrupted_capture_leaves_the_camera_usable(camera):
    with raw_repl(camera) as transport:
        transport.exec_raw_no_follow("print('on')\nwhile True:\n    m = c.capture()")
        transport.read_until(1, b"on\r\n")
        transport.serial.write(b"\x03")
        _, error = transport.follow(timeout=PATIENCE_S)
    assert b"KeyboardInterrupt" in error
    assert run(camera, "print(len(c.capture()))") == "115200\r\n"
