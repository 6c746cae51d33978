# mypy: ignore-errors
# ruff: noqa: I001, F401
"""Module ``camera`` as release 0.5 of cnadler86/micropython-camera-API has it, no pins built in.

Its traps: an image for no certain board wants each pin, the data pins as a list,
and what later releases show as attributes is there by methods get_… only.
"""

from rom import camera
from rom.camera import FrameSize, GainCeiling, GrabMode, PixelFormat

_NEEDED = ("data_pins", "pclk_pin", "vsync_pin", "href_pin", "sda_pin", "scl_pin", "xclk_pin")
_METHODS = ("init", "deinit", "capture", "reconfigure", "free_buffer", "frame_available")


class Camera:
    def __init__(self, **arguments):
        for name in _NEEDED:
            if name not in arguments:
                raise TypeError(name + " argument required")
        if not isinstance(arguments["data_pins"], (list, bytearray)):
            raise TypeError("data_pins is no list")
        self._camera = camera.Camera(**arguments)

    def __getattr__(self, name):
        if name in _METHODS or name[:4] in ("get_", "set_"):
            return getattr(self._camera, name)
        raise AttributeError(name)
