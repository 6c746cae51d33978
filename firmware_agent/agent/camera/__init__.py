"""Cameras, one driver a file, each with ``grab() -> (buffer, width, height, pixel_format)``."""


def open_camera():
    """The board's camera, or None where its firmware has no camera module.

    Raises CameraError where there is one that does not start.
    """
    try:
        from agent.camera.esp32 import Esp32Camera
    except ImportError:
        return None
    return Esp32Camera()
