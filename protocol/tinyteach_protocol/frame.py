"""Frames: magic, header with its own check, payload, CRC-32 (SPEC.md, Frames).

No loop here runs per byte: ``find``, slices and ``crc32`` do, which are C on
both runtimes. A bytecode loop would cost microseconds a byte on a board.
"""

import struct
from binascii import crc32

from tinyteach_protocol.errors import BAD_VALUE, ProtocolError

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    Buffer = bytes | bytearray | memoryview

# F5 never occurs in UTF-8, so no log text can look like the start of a frame.
MAGIC = b"\xf5\x54"
HEADER_BYTES = 10
TRAILER_BYTES = 4
OVERHEAD_BYTES = HEADER_BYTES + TRAILER_BYTES
MAX_PAYLOAD = 8192

RETRY = 1  # flag: this request may have been executed already
SEALED = 2  # flag: the payload ends with a seal (sealing.py)
SEAL_BYTES = 12

# Why a Damaged event came.
BAD_HEADER = "header check"
TOO_LONG = "length over the limit"
BAD_CRC = "payload check"
TRUNCATED = "sender fell silent inside a frame"


class Frame:
    """One intact frame. ``payload`` is valid until the decoder is used again."""

    def __init__(self, type: int, flags: int, seq: int, payload: memoryview) -> None:
        self.type = type
        self.flags = flags
        self.seq = seq
        self.payload = payload


class Text:
    """Bytes between frames: what the board printed, at most one buffer at a time.

    ``suspect`` is true from a Damaged event to the next intact frame, where
    the bytes may as well be the remains of a frame.
    """

    def __init__(self, data: bytes, suspect: bool) -> None:
        self.data = data
        self.suspect = suspect


class Damaged:
    """The start of a frame that turned out not to be one; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _guarded(flags: int, end: int) -> int:
    """Where the bytes begin that a trailer at ``end`` guards: of a sealed frame those of the seal,
    which guards all others; to check a frame twice costs a board as much again."""
    return max(0, end - SEAL_BYTES) if flags & SEALED else 0


def seal(buffer: bytearray, type: int, flags: int, seq: int, payload_bytes: int) -> int:
    """Put header and checks around the payload that lies at ``HEADER_BYTES``.

    Returns the frame's length in bytes.
    """
    view = memoryview(buffer)
    end = HEADER_BYTES + payload_bytes
    struct.pack_into("<2sBBHH", buffer, 0, MAGIC, type, flags, seq, payload_bytes)
    struct.pack_into("<H", buffer, 8, crc32(view[:8]) & 0xFFFF)
    struct.pack_into("<I", buffer, end, crc32(view[_guarded(flags, end) : end]))
    return end + TRAILER_BYTES


def encode(type: int, seq: int, payload: "Buffer" = b"", flags: int = 0) -> bytes:
    """Return a whole frame as bytes (host and tests; a board seals in place)."""
    if len(payload) > MAX_PAYLOAD:
        raise ProtocolError(BAD_VALUE, "a payload of %d bytes is too long" % len(payload))
    buffer = bytearray(OVERHEAD_BYTES + len(payload))
    buffer[HEADER_BYTES : HEADER_BYTES + len(payload)] = payload
    seal(buffer, type, flags, seq, len(payload))
    return bytes(buffer)


class Encoder:
    """Builds frames in one buffer made beforehand.

    Write the payload to ``buffer[HEADER_BYTES:]``, then ``seal``.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        self.buffer = bytearray(OVERHEAD_BYTES + max_payload)
        self._view = memoryview(self.buffer)

    def seal(self, type: int, seq: int, payload_end: int, flags: int = 0) -> memoryview:
        """Return the frame whose payload is ``buffer[HEADER_BYTES:payload_end]``.

        It is valid until the next payload is written.
        """
        length = seal(self.buffer, type, flags, seq, payload_end - HEADER_BYTES)
        return self._view[:length]


class Decoder:
    """Finds frames in a stream of bytes, in one buffer of fixed size.

    Feed it by ``receive``, or without a copy by ``get_buffer`` and ``advance``;
    then call ``next_event`` until it returns None, which means more bytes are
    needed. Nothing that arrives makes it raise or grow.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        self.max_payload = max_payload
        self._buffer = bytearray(OVERHEAD_BYTES + max_payload)
        self._view = memoryview(self._buffer)
        self._start = 0  # the first byte not given out yet
        self._end = 0
        self._frame_bytes = 0  # of the frame at _start; 0 until its header is checked
        self._suspect = False

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._end > self._start

    def receive(self, data: "Buffer") -> int:
        """Take what fits of ``data``; return how many bytes that was.

        Once ``next_event`` has returned None at least one byte fits.
        """
        self._compact()
        end = self._end
        n = min(len(data), len(self._buffer) - end)
        self._buffer[end : end + n] = memoryview(data)[:n]
        self._end = end + n
        return n

    def get_buffer(self, limit: int = MAX_PAYLOAD) -> memoryview:
        """Return where to read the next bytes to: no more than are surely coming.

        A board's ``stdin.readinto`` blocks until the view is full. So outside
        a frame this asks for one byte; after the magic for the rest of the
        header; after that for the rest of the frame. ``limit`` bounds it
        further, so that the caller can poll between pieces. Those end at
        multiples of it, as USB packets and a host's writes do: one that falls
        silent between two of them leaves nobody in a read.
        """
        want = min(self._wanted(), limit - (self._end - self._start) % limit)
        if self._end + want > len(self._buffer):
            self._compact()
        return self._view[self._end : self._end + want]

    def advance(self, n: int) -> bool:
        """Say that ``n`` bytes were read into the view of ``get_buffer``.

        False where the frame in hand lacks more: ``next_event`` would give None.
        """
        self._end += n
        return self._end - self._start >= self._frame_bytes

    def give_up(self) -> None:
        """The sender is silent: take the frame in hand for truncated.

        What it swallowed is searched for frames by the next ``next_event``.
        """
        if self._end > self._start:
            self._frame_bytes = -1

    def next_event(self) -> Frame | Text | Damaged | None:
        """Return the next Frame, Text or Damaged, or None when bytes are needed."""
        if self._frame_bytes < 0:
            return self._reject(TRUNCATED)
        if self._frame_bytes == 0:
            event = self._hunt()
            if event is not None or self._frame_bytes == 0:
                return event
        if self._end - self._start < self._frame_bytes:
            return None
        return self._finish()

    def _wanted(self) -> int:
        have = self._end - self._start
        if self._frame_bytes > 0:
            return max(0, self._frame_bytes - have)
        return 1 if have < len(MAGIC) else max(0, HEADER_BYTES - have)

    def _compact(self) -> None:
        start, have = self._start, self._end - self._start
        if start:
            self._view[:have] = self._view[start : self._end]
            self._start, self._end = 0, have

    def _hunt(self) -> Text | Damaged | None:
        """Move to the next magic: Text before it, Damaged for a bad header, or None."""
        at = self._find_magic()
        if at > self._start:
            return self._text(at)
        if self._end - self._start < HEADER_BYTES:
            return None
        return self._check_header()

    def _find_magic(self) -> int:
        at = self._buffer.find(MAGIC, self._start, self._end)
        if at >= 0:
            return at
        end = self._end
        half = end > self._start and self._buffer[end - 1] == MAGIC[0]
        return end - 1 if half else end

    def _text(self, end: int) -> Text:
        data = bytes(self._view[self._start : end])
        self._start = end
        return Text(data, self._suspect)

    def _check_header(self) -> Damaged | None:
        start = self._start
        length, check = struct.unpack_from("<HH", self._buffer, start + 6)
        if crc32(self._view[start : start + 8]) & 0xFFFF != check:
            return self._reject(BAD_HEADER)
        if length > self.max_payload:
            return self._reject(TOO_LONG)
        self._frame_bytes = OVERHEAD_BYTES + length
        return None

    def _reject(self, reason: str) -> Damaged:
        """Step over the first byte only: a frame may hide in what follows."""
        self._start += 1
        self._frame_bytes = 0
        self._suspect = True
        return Damaged(reason)

    def _finish(self) -> Frame | Damaged:
        start, end = self._start, self._start + self._frame_bytes
        payload_end = end - TRAILER_BYTES
        type, flags, seq = struct.unpack_from("<BBH", self._buffer, start + 2)
        (check,) = struct.unpack_from("<I", self._buffer, payload_end)
        guarded = start + _guarded(flags, payload_end - start)
        if crc32(self._view[guarded:payload_end]) != check:
            return self._reject(BAD_CRC)
        payload = self._view[start + HEADER_BYTES : payload_end]
        self._start, self._frame_bytes, self._suspect = end, 0, False
        return Frame(type, flags, seq, payload)
