"""What the camera sees: the frame in hand, and photographs that the host sends instead."""

from agent.camera.error import CameraError
from agent.frame import Frame
from agent.refused import Refused
from tinyteach_protocol import errors
from tinyteach_protocol.messages import PIXEL_BYTES


class View:
    """The camera (or None) and the frame last grabbed, which goes stale at the next grab."""

    def __init__(self, camera):
        self.camera = camera
        self.frame = None
        self._grabbed = 0

    def grab(self):
        """The next frame of the camera."""
        if self.camera is None:
            raise Refused(errors.NO_CAMERA)
        self.frame = None
        buffer, width, height, pixel_format = self.camera.grab()
        if len(buffer) < width * height * PIXEL_BYTES[pixel_format]:
            raise CameraError("the camera gave %d bytes of a frame" % len(buffer))
        self._grabbed += 1
        self.frame = Frame(buffer, width, height, pixel_format, self._grabbed)
        return self.frame

    def last(self):
        """The frame last grabbed."""
        if self.frame is None:
            raise Refused(errors.NO_OBJECT, "no frame has been grabbed")
        return self.frame
