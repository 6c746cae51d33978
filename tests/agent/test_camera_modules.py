"""Each camera driver over the module it is for: what the host gets is what the camera saw."""

import json

import numpy as np
import pytest
from mpremote.transport_serial import SerialTransport
from PIL import Image

from cameras import cameras
from paired import deploy, views_of
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import BoardRefusedError
from tinyteach.firmware import boards_dir
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import errors, messages

# Camera module, word size, what its driver must say of the pixels, what the agent may need.
MODULES = (
    ("lemariva", "i386", messages.RGB565_BE, 384 << 10),  # it copies each frame into the heap
    ("csi", "amd64", messages.RGB565_LE, 384 << 10),
    ("sensor", "i386", messages.RGB565_LE, 262 << 10),
    ("sensor-grey", "i386", messages.GRAY8, 262 << 10),
)
DRIVER_TRIES = 3
SETTINGS = "/tinyteach/camera.json"


def seen(square, pixel_format):
    """The square as a camera of this format shows it, in RGB."""
    if pixel_format == messages.GRAY8:
        return np.asarray(Image.fromarray(square).convert("L").convert("RGB"))
    red, blue = [square[..., channel] & 0xF8 | square[..., channel] >> 5 for channel in (0, 2)]
    green = square[..., 1] & 0xFC | square[..., 1] >> 6
    return np.stack([red, green, blue], axis=-1)


def grabbed(client):
    """A photograph through the camera, and its format."""
    taken, pixels = client.grab()
    assert (taken.width, taken.height) == (240, 240)
    return expand(pixels, taken.width, taken.height, taken.pixel_format), taken.pixel_format


def refusal_of(action):
    with pytest.raises(BoardRefusedError) as refused:
        action()
    assert str(refused.value).endswith(".")
    return refused.value.code


@pytest.fixture(scope="module", params=MODULES, ids=lambda params: params[0])
def module(request, switch_on):
    """A paired board whose firmware has one of the modules; the format; the heap allowed."""
    api, arch, pixel_format, heap_bytes = request.param
    with switch_on(arch, camera_modules=cameras(api)) as board:
        yield board, pixel_format, heap_bytes


def test_photograph_and_recognition(module, trained_heads):
    board, pixel_format, heap_bytes = module
    head = trained_heads[0]
    reference = Reference(load_embedding(), head)
    with BoardClient(board.port) as client:
        deploy(client, head)
        for square in views_of("coffee", 2, seed=8, side=240):
            board.show(square)
            photograph, said = grabbed(client)
            expected = seen(square, pixel_format)
            assert said == pixel_format and np.array_equal(photograph, expected)
            scores = client.run(messages.SOURCE_CAMERA).scores
            assert scores == reference.scores(expected).tobytes()
        info = client.info()
    assert info.sensor and info.state == ""
    assert info.heap_peak <= heap_bytes


def test_missed_frames_and_a_broken_camera(module):
    board = module[0]
    with BoardClient(board.port) as client:
        board.scene.fail_next(DRIVER_TRIES - 1)
        assert client.grab()[1]
        board.scene.fail_next(DRIVER_TRIES)
        assert refusal_of(client.grab) == errors.CAMERA_FAILED
    board.cut_power_now()
    board.scene.broken = True
    board.power_on()
    with BoardClient(board.port) as client:
        assert refusal_of(client.grab) == errors.CAMERA_FAILED
        assert client.info().state.endswith(".") and not client.has_camera
    board.scene.broken = False


def write_file(board, path, text):
    """Put a file on the board's flash and restart it."""
    transport = SerialTransport(board.port)
    try:
        transport.enter_raw_repl()
        transport.exec(f"with open({path!r}, 'w') as file:\n    file.write({text!r})")
    finally:
        transport.serial.close()
    board.reset()


def test_image_without_pins_takes_them_from_the_boards_settings(switch_on):
    facts = json.loads((boards_dir() / "esp32s3_eye_freenove.json").read_text())
    square = views_of("cat", 1, seed=8, side=240)[0]
    with switch_on("i386", camera_modules=cameras("camera-generic")) as board:
        board.show(square)
        with BoardClient(board.port) as client:
            assert "data_pins" in client.info().state
            assert refusal_of(client.grab) == errors.CAMERA_FAILED
        for text in ("{", "[1]", '{"wings": 2}'):
            write_file(board, SETTINGS, text)
            with BoardClient(board.port) as client:
                assert refusal_of(client.grab) == errors.CAMERA_FAILED
        write_file(board, SETTINGS, json.dumps(facts["camera"]["settings"]))
        with BoardClient(board.port) as client:
            assert np.array_equal(grabbed(client)[0], seen(square, messages.RGB565_BE))
            assert client.info().sensor == "VIRTUAL"


def test_a_users_file_of_a_camera_modules_name_does_no_harm(switch_on):
    with switch_on("i386", camera=False) as board:
        # Also so that the agent waits when Ctrl-C comes: loading modules, it may miss it.
        with BoardClient(board.port) as client:
            assert refusal_of(client.grab) == errors.NO_CAMERA
        write_file(board, "/sensor.py", "1 / 0")
        with BoardClient(board.port) as client:
            assert client.info().state == ""
            assert refusal_of(client.grab) == errors.NO_CAMERA
        write_file(board, "/lib/sensor.py", "1 / 0")
        with BoardClient(board.port) as client:
            assert "zero" in client.info().state and not client.has_camera
            assert refusal_of(client.grab) == errors.CAMERA_FAILED
        write_file(board, "/lib/sensor.py", "lux = 3")
        with BoardClient(board.port) as client:
            assert client.info().state == ""
            assert refusal_of(client.grab) == errors.NO_CAMERA
