"""What the camera sees: the frame in hand, and photographs that the host sends instead."""

from agent.camera import open_camera
from agent.camera.error import CameraError
from agent.frame import Frame
from agent.refused import Refused
from tinyteach_protocol import errors
from tinyteach_protocol.messages import PIXEL_BYTES

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.camera import Camera


class View:
    """The camera (or None) and the frame last grabbed, which goes stale at the next grab.

    ``problem`` says why a camera that is there did not start, or is empty.
    """

    def __init__(self) -> None:
        self.frame: "Frame | None" = None
        self._grabbed = 0
        self.problem = ""
        self.camera: "Camera | None" = None

    def open(self) -> None:
        """Start the camera, if there is one."""
        try:
            self.camera = open_camera()
        except Exception as error:
            # Also what a module raises that is not as expected: the agent must answer all the same.
            self.problem = str(error) or repr(error)

    def require_camera(self) -> "Camera":
        """The camera; Refused where the board has none, CameraError where it did not start."""
        if self.camera is None:
            raise CameraError(self.problem) if self.problem else Refused(errors.NO_CAMERA)
        return self.camera

    def grab(self) -> "Frame":
        """The next frame of the camera."""
        camera = self.require_camera()
        self.frame = None
        buffer, width, height, pixel_format = camera.grab()
        if len(buffer) < width * height * PIXEL_BYTES[pixel_format]:
            raise CameraError("the camera gave %d bytes of a frame" % len(buffer))
        self._grabbed += 1
        self.frame = Frame(buffer, width, height, pixel_format, self._grabbed)
        return self.frame

    def last(self) -> "Frame":
        """The frame last grabbed."""
        if self.frame is None:
            raise Refused(errors.NO_OBJECT, "no frame has been grabbed")
        return self.frame
