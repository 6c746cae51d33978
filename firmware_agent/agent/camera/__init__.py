"""Cameras, one driver a file, each with ``grab() -> (buffer, width, height, pixel_format)``.

A driver is loaded only where the firmware has its module: elsewhere it would cost heap.
"""

from agent import seldom
from agent.camera.error import CameraError
from tinyteach_protocol.messages import PIXEL_BYTES

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Callable
    from typing import Any, Protocol

    from tinyteach_protocol.frame import Buffer

    Settings = dict[str, Any]  # arguments of the firmware's camera, by their names
    Grabbed = tuple[Buffer, int, int, int]  # a frame, its width, height and pixel format

    class Camera(Protocol):
        sensor: str
        width: int
        height: int
        pixel_format: int

        def grab(self) -> Grabbed: ...

    class Closable(Camera, Protocol):
        def close(self) -> None: ...

    Driver = Callable[[Settings], Closable]

# Arguments for the firmware's camera, such as its pins; missing where it needs none.
SETTINGS = "tinyteach/camera.json"
# The pixel format that the camera's colour bar showed, where it is another than the driver's.
COLOURS = "tinyteach/colours.json"
# More such arguments, with which this sensor gave frames where it gave none without (ladder.py).
RUNG = "tinyteach/rung.json"


def open_camera() -> "Camera | None":
    """The board's camera, or None where its firmware has no camera module.

    Raises CameraError, or whatever a module raises, where there is one that does not start.
    """
    camera = _open_driver()
    stored: "Any" = _settings(COLOURS).get("pixel_format")
    if camera and _has_words(stored) and _has_words(camera.pixel_format):
        camera.pixel_format = stored
    return camera


def _has_words(pixel_format: "Any") -> bool:
    """True for RGB565 and its like."""
    return PIXEL_BYTES.get(pixel_format) == 2


def _open_driver() -> "Camera | None":
    if _firmware_has("camera", "Camera"):
        from agent.camera.esp32 import Esp32Camera

        return _start(Esp32Camera)
    if _firmware_has("camera", "init"):
        from agent.camera.lemariva import LemarivaCamera

        return _start(LemarivaCamera)
    if _firmware_has("csi", "CSI") or _firmware_has("sensor", "snapshot"):
        from agent.camera.openmv import OpenMvCamera

        return OpenMvCamera()
    return None


def _start(driver: "Driver") -> "Camera":
    """With the arguments that worked last; where they do not, with others."""
    settings = _settings(SETTINGS)
    try:
        arguments = _settings(RUNG)
        arguments.update(settings)
        return attempt(driver, arguments)
    except Exception as error:
        return seldom.call("camera.ladder", "climb", driver, settings, error)  # type: ignore[no-any-return]


def attempt(driver: "Driver", arguments: "Settings") -> "Camera":
    """The camera, if it starts with these arguments and gives a whole frame."""
    camera = driver(arguments)
    try:
        frame, width, height, pixel_format = camera.grab()
        if len(frame) < width * height * PIXEL_BYTES[pixel_format]:
            raise CameraError("the camera gives parts of frames")
        return camera
    except Exception:
        camera.close()
        raise


def _firmware_has(module: str, name: str) -> bool:
    try:
        return hasattr(__import__(module), name)
    except ImportError:
        return False


def _settings(path: str) -> "Settings":
    try:
        with open(path) as file:
            text = file.read()
    except OSError:
        return {}
    import json

    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):
        raise ValueError("%s holds no JSON object" % path) from None
