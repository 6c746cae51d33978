"""Cameras, one driver a file, each with ``grab() -> (buffer, width, height, pixel_format)``.

A driver is loaded only where the firmware has its module: elsewhere it would cost heap.
"""

# Arguments for the firmware's camera, such as its pins; missing where it needs none.
SETTINGS = "tinyteach/camera.json"


def open_camera():
    """The board's camera, or None where its firmware has no camera module.

    Raises CameraError, or whatever a module raises, where there is one that does not start.
    """
    if _firmware_has("camera", "Camera"):
        from agent.camera.esp32 import Esp32Camera

        return Esp32Camera(_settings())
    if _firmware_has("camera", "init"):
        from agent.camera.lemariva import LemarivaCamera

        return LemarivaCamera(_settings())
    if _firmware_has("csi", "CSI") or _firmware_has("sensor", "snapshot"):
        from agent.camera.openmv import OpenMvCamera

        return OpenMvCamera()
    return None


def _firmware_has(module, name):
    try:
        return hasattr(__import__(module), name)
    except ImportError:
        return False


def _settings():
    try:
        with open(SETTINGS) as file:
            text = file.read()
    except OSError:
        return {}
    import json

    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):
        raise ValueError("%s holds no JSON object" % SETTINGS) from None
