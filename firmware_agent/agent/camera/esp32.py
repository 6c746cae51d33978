"""Driver for the ``camera`` module of ESP32 firmware (cnadler86/micropython-camera-API).

RGB565, high byte first: sensors such as the OV3660 cannot do JPEG. A frame is
zero-copy and goes stale at the next grab. How many buffers and which grab mode
is left to the firmware, which knows its chip.
"""

from camera import Camera, FrameSize, PixelFormat

from agent.camera.error import CameraError
from tinyteach_protocol.messages import GRAY8, RGB565_BE

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any

    from agent.camera import Grabbed, Settings
    from tinyteach_protocol.frame import Buffer

# The sensor answers within a frame time (about 90 ms); None means that it missed one.
_GRAB_TRIES = const(3)


class Esp32Camera:
    """Square 240×240 frames: a photograph to keep and enough for any embedding.

    ``settings`` are further arguments of the module's Camera: an image for no
    certain board knows no pins, and says so by a TypeError.
    """

    pixel_format = RGB565_BE

    def __init__(self, settings: "Settings") -> None:
        arguments = {"pixel_format": PixelFormat.RGB565, "frame_size": FrameSize.R240X240}
        arguments.update(settings)
        if arguments["pixel_format"] == PixelFormat.GRAYSCALE:
            self.pixel_format = GRAY8
        try:
            self.device = Camera(**arguments)
            self.sensor = self._fact("sensor_name") or "unknown"
            self.width = self._fact("pixel_width")
            self.height = self._fact("pixel_height")
        except (OSError, TypeError, ValueError) as error:
            raise CameraError("the camera does not start: %s" % error) from None

    def close(self) -> None:
        """Let go of the camera, of which there is one only."""
        self.device.deinit()

    def _fact(self, name: str) -> "Any":
        """Releases up to 0.5 have methods get_…, later ones attributes too; 0.1 has no name."""
        getter = getattr(self.device, "get_" + name, None)
        return getter() if getter else getattr(self.device, name, None)

    def grab(self) -> "Grabbed":
        """The next frame as ``(buffer, width, height, pixel_format)``."""
        for _ in range(_GRAB_TRIES):
            frame = self._capture()
            if frame is not None:
                return frame, self.width, self.height, self.pixel_format
        raise CameraError("the camera gives no frame")

    def _capture(self) -> "Buffer | None":
        try:
            return self.device.capture()  # type: ignore[no-any-return]
        except OSError as error:
            raise CameraError("the camera does not answer: %s" % error) from None
