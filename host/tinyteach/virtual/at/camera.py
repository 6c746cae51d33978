"""What the module's camera sees: whatever is shown, the whole of it stretched to the frame."""

import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tinyteach.virtual.photograph import Photograph, open_photograph

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

# By the number of the mode, in pixels.
MODES = ((240, 240), (416, 416), (480, 480), (640, 480))
JPEG_QUALITY = 75


class ModuleCamera:
    """Photographs in, frames out; thread-safe. It sees darkness first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._source: Callable[[], Photograph] = lambda: np.zeros((16, 16, 3), np.uint8)
        self.mode = 0

    def show(self, photograph: Photograph) -> None:
        """Put a photograph before the camera. Raises PhotoError."""
        image = open_photograph(photograph)
        self.show_source(lambda: image)

    def show_source(self, source: Callable[[], Photograph]) -> None:
        """Call ``source`` for each frame for what the camera sees then."""
        with self._lock:
            self._source = source

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a frame in pixels."""
        return MODES[self.mode]

    def frame(self) -> "NDArray[np.uint8]":
        """The next frame: uint8, rows × columns × RGB."""
        with self._lock:
            return np.asarray(self._stretched(open_photograph(self._source())))

    def _stretched(self, image: "Image") -> "Image":
        from PIL import Image

        return image if image.size == self.size else image.resize(self.size, Image.Resampling.BOX)


def jpeg_of_frame(frame: "NDArray[np.uint8]") -> bytes:
    """A frame as the module's encoder sends it."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()
