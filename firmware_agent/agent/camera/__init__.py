"""Cameras, one driver a file, each with ``grab() -> (buffer, width, height, pixel_format)``.

A driver is loaded only where the firmware has its module: elsewhere it would cost heap.
"""

from tinyteach_protocol.messages import PIXEL_BYTES

# Arguments for the firmware's camera, such as its pins; missing where it needs none.
SETTINGS = "tinyteach/camera.json"
# The pixel format that the camera's colour bar showed, where it is another than the driver's.
COLOURS = "tinyteach/colours.json"


def open_camera():
    """The board's camera, or None where its firmware has no camera module.

    Raises CameraError, or whatever a module raises, where there is one that does not start.
    """
    camera = _open_driver()
    stored = _settings(COLOURS).get("pixel_format")
    if camera and _has_words(stored) and _has_words(camera.pixel_format):
        camera.pixel_format = stored
    return camera


def _has_words(pixel_format):
    """True for RGB565 and its like."""
    return PIXEL_BYTES.get(pixel_format) == 2


def _open_driver():
    if _firmware_has("camera", "Camera"):
        from agent.camera.esp32 import Esp32Camera

        return Esp32Camera(_settings(SETTINGS))
    if _firmware_has("camera", "init"):
        from agent.camera.lemariva import LemarivaCamera

        return LemarivaCamera(_settings(SETTINGS))
    if _firmware_has("csi", "CSI") or _firmware_has("sensor", "snapshot"):
        from agent.camera.openmv import OpenMvCamera

        return OpenMvCamera()
    return None


def _firmware_has(module, name):
    try:
        return hasattr(__import__(module), name)
    except ImportError:
        return False


def _settings(path):
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
