"""Runs on MicroPython's unix port: memory between pages that nobody may touch.

A region lies at the start or at the end of its pages: one byte beyond it on that side is a
SIGSEGV, read or written. What its pages hold beside it is a band of known bytes.
"""

import ffi
import uctypes

PAGE_BYTES = 4096
# As much as a large board has; more is refused, as a heap would.
MOST_BYTES = 8 << 20
# mmap(2): MAP_PRIVATE | MAP_ANONYMOUS
NOTHING, READ, READ_WRITE, FLAGS = 0, 1, 3, 0x22

_libc = ffi.open("libc.so.6")
_mmap = _libc.func("p", "mmap", "piiiii")
_mprotect = _libc.func("i", "mprotect", "pii")
_munmap = _libc.func("i", "munmap", "pi")


class Region:
    """``data``: ``size`` bytes, at the end of their pages or else at the start."""

    def __init__(self, size, at_end, fill):
        if size > MOST_BYTES:
            raise MemoryError
        room = max(1, -(-size // PAGE_BYTES)) * PAGE_BYTES
        self._mapped = room + 2 * PAGE_BYTES
        self._base = _mmap(0, self._mapped, READ_WRITE, FLAGS, -1, 0)
        self._room, first = room, self._base + PAGE_BYTES
        _mprotect(self._base, PAGE_BYTES, NOTHING)
        _mprotect(first + room, PAGE_BYTES, NOTHING)
        start = room - size if at_end else 0
        self._band = memoryview(uctypes.bytearray_at(first, room))
        self._band[:] = bytes([fill]) * room
        self.data = self._band[start : start + size]
        self._bands = (self._band[:start], self._band[start + size :])
        self._wanted = tuple(bytes(band) for band in self._bands)

    def keep(self):
        """From now on a byte written into the region is a SIGSEGV, too."""
        _mprotect(self._base + PAGE_BYTES, self._room, READ)

    def intact(self):
        """Whether nobody wrote into the bands."""
        return self._bands[0] == self._wanted[0] and self._bands[1] == self._wanted[1]

    def free(self):
        _munmap(self._base, self._mapped)


class Memory:
    """Regions of one case."""

    def __init__(self, at_end, fill):
        self.at_end, self.fill = at_end, fill
        self.regions = []

    def region(self, size):
        """``size`` bytes, filled with what no kernel should rely on."""
        made = Region(size, self.at_end, self.fill)
        self.regions.append(made)
        return made.data

    def kept(self, content):
        """A copy of a buffer, to read only."""
        source = memoryview(bytes(content))
        made = Region(len(source), self.at_end, self.fill)
        made.data[:] = source
        made.keep()
        self.regions.append(made)
        return made.data

    def intact(self):
        return all([region.intact() for region in self.regions])

    def free(self):
        while self.regions:
            self.regions.pop().free()
