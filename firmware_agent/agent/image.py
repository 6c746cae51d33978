"""A photograph on its way from the host: preprocessed row by row, never held whole."""

from agent.refused import Refused
from tinyteach_protocol import errors
from tinyteach_protocol.messages import PIXEL_BYTES, RGB_INT8

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.recogniser import Recogniser
    from tinyteach_protocol.frame import Buffer

_SIDE_MIN = const(8)
_SIDE_MAX = const(1024)


class IncomingImage:
    """A square image of which whole rows arrive in order."""

    def __init__(self, recogniser: "Recogniser") -> None:
        self._recogniser = recogniser
        self.is_open = False

    def begin(self, side: int, pixel_format: int, size: int) -> None:
        """Expect ``side``² pixels, ``size`` bytes in all."""
        if not _SIDE_MIN <= side <= _SIDE_MAX:
            raise Refused(errors.BAD_VALUE, "side")
        if pixel_format not in PIXEL_BYTES or pixel_format == RGB_INT8:
            raise Refused(errors.BAD_VALUE, "pixel_format")
        self._row_bytes = side * PIXEL_BYTES[pixel_format]
        if size != side * self._row_bytes:
            raise Refused(errors.BAD_VALUE, "size")
        self._recogniser.begin_image(side, pixel_format)
        self._size = size
        self._offset = 0
        self.is_open = True

    def write(self, offset: int, data: "Buffer") -> int:
        """Preprocess the rows in ``data`` if they are the expected ones; the next offset."""
        if offset == self._offset:
            rows, rest = divmod(len(data), self._row_bytes)
            if rest or offset + len(data) > self._size:
                raise Refused(errors.BAD_OFFSET, "not whole rows of the image")
            self._recogniser.feed_rows(data, 0, self._row_bytes, rows)
            self._offset += len(data)
            if self._offset == self._size:
                self._recogniser.end_image()
        return self._offset

    def abandon(self) -> None:
        """Expect no more rows."""
        self.is_open = False
