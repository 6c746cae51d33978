"""What stands before the virtual camera, and the camera's faults."""

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tinyteach.virtual import optics
from tinyteach.virtual.photograph import Photograph, open_photograph

if TYPE_CHECKING:
    from PIL.Image import Image

Source = Callable[[], Photograph]
# Of pixel format, clock in MHz and number of buffers: what is wrong with the next frame there.
Sensor = Callable[[int, int, int], str]

# Answers of the supervisor on the camera's bus (rom/camera.py).
GIVEN, TIMED_OUT = 0, 1
WITHOUT_FRAME = {"times out": TIMED_OUT, "fails": -errno.EIO}


class Scene:
    """Photographs in, frames out; thread-safe."""

    def __init__(self, sensor: Sensor) -> None:
        self._sensor = sensor
        self._lock = threading.Lock()
        self._source: Source = _darkness
        self._still: tuple[Image, dict[optics.FrameRequest, bytes]] | None = None
        self._failures = 0
        self.broken = False
        # What the source raised last: the board saw a broken camera then.
        self.failure: Exception | None = None
        self.frames = 0

    def show(self, photograph: Photograph) -> None:
        """Put a photograph before the camera. Raises PhotoError."""
        image = open_photograph(photograph)
        with self._lock:
            self._still = (image, {})

    def show_source(self, source: Source) -> None:
        """Call ``source`` at every grab for what the camera sees then."""
        with self._lock:
            self._source, self._still = source, None

    def fail_next(self, count: int) -> None:
        """The sensor misses the next ``count`` frames."""
        with self._lock:
            self._failures = count

    def grab(self, request: optics.FrameRequest, clock_mhz: int, buffers: int) -> tuple[int, bytes]:
        """``(status, frame)``: GIVEN, TIMED_OUT or a negative errno."""
        with self._lock:
            self.frames += 1
            if self.broken:
                return -errno.EIO, b""
            if self._failures:
                self._failures -= 1
                return TIMED_OUT, b""
            trouble = self._sensor(request.pixel_format, clock_mhz, buffers)
            if trouble in WITHOUT_FRAME:
                return WITHOUT_FRAME[trouble], b""
            try:
                frame = self._expose(request)
                return GIVEN, frame[: len(frame) // 2] if trouble else frame
            except Exception as error:
                self.failure = error
                return -errno.EIO, b""

    def _expose(self, request: optics.FrameRequest) -> bytes:
        if self._still is None:
            return optics.expose(open_photograph(self._source()), request)
        image, exposed = self._still
        if request not in exposed:
            exposed[request] = optics.expose(image, request)
        return exposed[request]


def _darkness() -> Photograph:
    from PIL import Image

    return Image.new("RGB", (16, 16))
