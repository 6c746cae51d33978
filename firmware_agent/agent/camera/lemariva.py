"""Driver for the older ``camera`` module of ESP32 firmware (lemariva/micropython-camera-driver).

Its capture() copies each frame into the heap, 115,200 bytes, and gives False
where there is none. RGB565 has its high byte first.
"""

import camera

from agent.camera.error import CameraError
from tinyteach_protocol.messages import GRAY8, RGB565_BE

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.camera import Grabbed, Settings

_SIDE = const(240)
_GRAB_TRIES = const(3)


class LemarivaCamera:
    """Square 240×240 frames. ``settings`` are further arguments of init(): pins, xclk_freq."""

    # The module does not tell.
    sensor = "unknown"
    width = height = _SIDE

    module = camera

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self.start(settings.get("format", camera.RGB565))

    def start(self, pixel_format: int) -> None:
        """In one of the module's formats; for others than RGB565 `tinyteach doctor` asks."""
        arguments = {"framesize": camera.FRAME_240X240}
        # Since 2022; the chip's own memory is too small for such a frame.
        if hasattr(camera, "PSRAM"):
            arguments["fb_location"] = camera.PSRAM
        arguments.update(self._settings)
        arguments["format"] = pixel_format
        self.pixel_format = GRAY8 if pixel_format == camera.GRAYSCALE else RGB565_BE
        try:
            # A soft reset leaves the camera on, and init() fails then.
            camera.deinit()
            started = camera.init(0, **arguments)
        except (OSError, TypeError, ValueError) as error:
            raise CameraError("the camera does not start: %s" % error) from None
        if started is False:
            raise CameraError("the camera does not start")

    def close(self) -> None:
        """Let go of the camera."""
        camera.deinit()

    def grab(self) -> "Grabbed":
        """The next frame as ``(buffer, width, height, pixel_format)``."""
        for _ in range(_GRAB_TRIES):
            frame = camera.capture()
            if frame:
                return frame, _SIDE, _SIDE, self.pixel_format
        raise CameraError("the camera gives no frame")
