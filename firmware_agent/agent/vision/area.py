"""Area-average resize of a square photograph to int8 RGB, row by row.

Along an axis of N source pixels and M output pixels, source pixel s covers
[s*M, (s+1)*M) and output pixel i covers [i*N, (i+1)*N); the weight of s in i
is the length of their overlap, an integer, and the weights of i sum to N. So
    out = (sum of wy * wx * pixel + N*N // 2) // (N*N) - 128
is exact in 32-bit integers up to N = 1024. Rows may come in any portions, from
a frame buffer or from the wire: memory is three rows, never a frame.
"""

from array import array

from agent.vision import kernels as kernels_choice

RGB565_BE, RGB565_LE, RGB888, GRAY8, BGR565_BE, BGR565_LE = 1, 2, 3, 4, 6, 7
PIXEL_BYTES = {RGB565_BE: 2, RGB565_LE: 2, RGB888: 3, GRAY8: 1, BGR565_BE: 2, BGR565_LE: 2}
_BGR = const(5)  # from RGB565_BE to BGR565_BE

_MIN_SIDE = const(8)
_MAX_SIDE = const(1024)
_MAX_OUT_SIDE = const(128)


def square_of(width, height):
    """(side, x0, y0) of the centre square of a picture."""
    side = min(width, height)
    return side, (width - side) // 2, (height - side) // 2


class AreaResizer:
    """Takes the rows of a ``side_in`` square and writes a ``side_out`` square of int8 RGB.

    ``pixel_format`` is one of the constants above. Raises ValueError where a
    side or the format is out of range.
    """

    def __init__(self, side_in, side_out, pixel_format, kernels=None):
        if not _MIN_SIDE <= side_in <= _MAX_SIDE or not 1 <= side_out <= _MAX_OUT_SIDE:
            raise ValueError("the picture's side is out of range")
        if pixel_format not in PIXEL_BYTES:
            raise ValueError("the pixel format is unknown")
        self._kernels = kernels or kernels_choice.best()
        self.kernels_name = self._kernels.name
        self._side_in, self._side_out = side_in, side_out
        # Exchanging the output's red and blue is the same as exchanging the picture's.
        self._exchanged = pixel_format > _BGR
        self._pixel_format = pixel_format - _BGR if self._exchanged else pixel_format
        self.row_bytes = side_in * PIXEL_BYTES[pixel_format]
        self._rgb = bytearray(3 * side_in)
        self._across = array("i", bytes(12 * side_out))
        self._totals = array("i", bytes(12 * side_out))
        # All attributes exist from here on, so that a picture allocates nothing.
        self._out = None
        self._row, self._out_row, self._room = side_in, 0, 0

    def begin(self, out):
        """Start a picture; ``out``: a buffer of 3 * side_out**2 bytes, NHWC int8."""
        if len(out) < 3 * self._side_out * self._side_out:
            raise ValueError("the output buffer is too small")
        self._out = out
        self._row = self._out_row = 0
        self._room = self._side_in
        self._clear()

    @property
    def complete(self):
        """All rows have come, ``out`` is whole."""
        return self._row == self._side_in

    def rows(self, buffer, offset_bytes, stride_bytes, count):
        """Take ``count`` rows, the first at ``offset_bytes``, ``stride_bytes`` apart.

        Raises ValueError for more rows than the picture has, or than the buffer holds.
        """
        if count < 0 or self._row + count > self._side_in:
            raise ValueError("more rows than the picture has")
        if count and not self._inside(buffer, offset_bytes, stride_bytes, count):
            raise ValueError("the rows reach beyond their buffer")
        k = self._kernels
        for row in range(count):
            k.decode(
                buffer,
                self._rgb,
                offset_bytes + row * stride_bytes,
                self._side_in,
                self._pixel_format,
            )
            k.resample(self._rgb, self._across, self._side_in, self._side_out)
            self._row += 1
            self._add()

    def _inside(self, buffer, offset, stride, count):
        end = offset + (count - 1) * stride + self.row_bytes
        return offset >= 0 and stride >= 0 and end <= len(buffer)

    def _add(self):
        """Share one source row out among the output rows it overlaps."""
        left = self._side_out
        while left:
            weight = min(left, self._room)
            self._kernels.accumulate(self._across, self._totals, weight, 3 * self._side_out)
            left -= weight
            self._room -= weight
            if not self._room:
                self._finish()

    def _finish(self):
        values = 3 * self._side_out
        area = self._side_in * self._side_in
        self._kernels.divide(self._totals, self._out, self._out_row * values, values, area)
        if self._exchanged:
            self._kernels.exchange(self._out, self._out_row * values, self._side_out)
        self._out_row += 1
        self._room = self._side_in
        self._clear()

    def _clear(self):
        self._kernels.clear(self._totals, len(self._totals))
