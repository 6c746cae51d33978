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

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from types import ModuleType

    from tinyteach_protocol.frame import Buffer

RGB565_BE, RGB565_LE, RGB888, GRAY8, BGR565_BE, BGR565_LE = 1, 2, 3, 4, 6, 7
PIXEL_BYTES = {RGB565_BE: 2, RGB565_LE: 2, RGB888: 3, GRAY8: 1, BGR565_BE: 2, BGR565_LE: 2}
_BGR = const(5)  # from RGB565_BE to BGR565_BE

_MIN_SIDE = const(8)
_MAX_SIDE = const(1024)
_MAX_OUT_SIDE = const(224)
# What two pixels a word have room for: whole rows of an output row, units of those on its edges.
_WHOLE_ROWS = const(4)
_EDGE_UNITS = const(4)
_UNITS = const(16)  # that an output pixel takes along an axis
_PLAN_BYTES = const(76)


def square_of(width: int, height: int) -> tuple[int, int, int]:
    """(side, x0, y0) of the centre square of a picture."""
    side = min(width, height)
    return side, (width - side) // 2, (height - side) // 2


def layout(side_in: int, side_out: int) -> "array[int] | None":
    """What native kernels need to take whole pictures two pixels a word; None for other sides."""
    common, rest = side_in, side_out
    while rest:
        common, rest = rest, common % rest
    side, unit = side_in // common, side_out // common
    if side_in % 4 or side_out % 2 or side > _UNITS or not fits(side, unit):
        return None
    factor, shift = reciprocal(side * side)
    if not factor:
        return None
    plan = array("i", bytes(_PLAN_BYTES))
    plan[0], plan[1], plan[2], plan[18] = side, unit, side_in // 4, side_out // 2
    plan[3], plan[4] = factor, shift
    return plan


def fits(side: int, step: int) -> bool:
    """Whether each output row has one to four whole source rows, and little of two others."""
    for i in range(step):
        first = -i * side % step
        whole, last = divmod(side - first, step)
        if not 1 <= whole <= _WHOLE_ROWS or first + last > _EDGE_UNITS:
            return False
    return True


def reciprocal(area: int) -> tuple[int, int]:
    """(factor, shift) with which n * factor >> shift is n // area, in 31 bits; (0, 0) if none.

    For n up to 255 * area + area // 2. factor = (2**shift + e) / area, 0 <= e < area; exact where
    n * e < 2**shift (Granlund and Montgomery, 1994).
    """
    most = 255 * area + area // 2
    for shift in range(8, 25):
        factor = ((1 << shift) + area - 1) // area
        if most * (factor * area - (1 << shift)) < 1 << shift:
            return (factor, shift) if most * factor >> 31 == 0 else (0, 0)
    return 0, 0


class AreaResizer:
    """Takes the rows of a ``side_in`` square and writes a ``side_out`` square of int8 RGB.

    ``pixel_format`` is one of the constants above. Raises ValueError where a
    side or the format is out of range.
    """

    def __init__(
        self, side_in: int, side_out: int, pixel_format: int, kernels: "ModuleType | None" = None
    ) -> None:
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
        self._across = array("i", bytes(12 * side_out))
        self._table = None
        if self._kernels.name != "reference" and self._pixel_format < RGB888:
            self._table = layout(side_in, side_out)
            if self._table:
                self._across = array("i", bytes(max(6 * side_in, 12 * side_out)))
        # Made for the first rows that come in portions; no picture after it allocates.
        self._rgb: bytearray | None = None
        self._totals: "array[int] | None" = None
        self._out: memoryview | None = None
        self._row, self._out_row, self._room = side_in, 0, 0

    def begin(self, out: memoryview) -> None:
        """Start a picture; ``out``: a buffer of 3 * side_out**2 bytes, NHWC int8."""
        if len(out) < 3 * self._side_out * self._side_out:
            raise ValueError("the output buffer is too small")
        self._out = out
        self._row = self._out_row = 0
        self._room = self._side_in

    @property
    def complete(self) -> bool:
        """All rows have come, ``out`` is whole."""
        return self._row == self._side_in

    def rows(self, buffer: "Buffer", offset_bytes: int, stride_bytes: int, count: int) -> None:
        """Take ``count`` rows, the first at ``offset_bytes``, ``stride_bytes`` apart.

        Raises ValueError for more rows than the picture has, or than the buffer holds.
        """
        if count < 0 or self._row + count > self._side_in:
            raise ValueError("more rows than the picture has")
        if count and not self._inside(buffer, offset_bytes, stride_bytes, count):
            raise ValueError("the rows reach beyond their buffer")
        if count == self._side_in and self._computed(buffer, offset_bytes, stride_bytes):
            return
        self._prepare()
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

    def _computed(self, buffer: "Buffer", offset_bytes: int, stride_bytes: int) -> bool:
        """Take the whole picture two pixels a word; False where sides or alignment forbid it."""
        k, table, across = self._kernels, self._table, self._across
        if not table or not k.start(buffer, offset_bytes, stride_bytes, table):
            return False
        columns = k.big if self._pixel_format == RGB565_BE else k.little
        for _ in range(self._side_out):
            k.place(table)
            columns(0, 0, 0, buffer, across, table)
            k.across(across, 0, 0, 0, self._out, table)
        if self._exchanged:
            k.exchange(self._out, 0, self._side_out * self._side_out)
        self._row = self._side_in
        return True

    def _prepare(self) -> None:
        """Memory for rows that come in portions, and sums that begin at nothing."""
        if not self._totals:
            self._rgb = bytearray(3 * self._side_in)
            self._totals = array("i", bytes(12 * self._side_out))
        if not self._row:
            self._clear()

    def _inside(self, buffer: "Buffer", offset: int, stride: int, count: int) -> bool:
        end = offset + (count - 1) * stride + self.row_bytes
        return offset >= 0 and stride >= 0 and end <= len(buffer)

    def _add(self) -> None:
        """Share one source row out among the output rows it overlaps."""
        left = self._side_out
        while left:
            weight = min(left, self._room)
            self._kernels.accumulate(self._across, self._totals, weight, 3 * self._side_out)
            left -= weight
            self._room -= weight
            if not self._room:
                self._finish()

    def _finish(self) -> None:
        values = 3 * self._side_out
        area = self._side_in * self._side_in
        self._kernels.divide(self._totals, self._out, self._out_row * values, values, area)
        if self._exchanged:
            self._kernels.exchange(self._out, self._out_row * values, self._side_out)
        self._out_row += 1
        self._room = self._side_in
        self._clear()

    def _clear(self) -> None:
        assert self._totals
        self._kernels.clear(self._totals, len(self._totals))
