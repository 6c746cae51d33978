"""Cameras, one driver a file, each with ``grab() -> (buffer, width, height, pixel_format)``.

A driver is loaded only where the firmware has its module: elsewhere it would cost heap.
"""

# Arguments for the firmware's camera, such as its pins; missing where it needs none.
SETTINGS = "/tinyteach/camera.json"


def open_camera():
    """The board's camera, or None where its firmware has no camera module.

    Raises CameraError where there is one that does not start.
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
    except RuntimeError as error:
        # OpenMV's sensor looks for the image sensor while it is imported.
        raise _failure(str(error)) from None


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
        raise _failure("%s holds no JSON object" % SETTINGS) from None


def _failure(message):
    # Not at the top: the package loads before its modules, and an import inside it costs stack.
    from agent.camera.error import CameraError

    return CameraError(message)
