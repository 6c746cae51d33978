"""Transfers in pieces, several on their way at once (SPEC.md, Transfers).

Each is driven by three calls on a Requester: ``pump`` sends what the window
allows, ``take`` is shown every event the Requester gives and says whether it
was the transfer's own, ``done`` tells the end; ``failure`` is then None, or
the Refused or Unanswered that ended it. After a disconnect make a new session
and ``resume`` on it.
"""

from binascii import crc32

from tinyteach_protocol import errors, messages
from tinyteach_protocol.frame import OVERHEAD_BYTES
from tinyteach_protocol.outcomes import Event, Refused, Response, Unanswered
from tinyteach_protocol.requester import Requester
from tinyteach_protocol.session import elapsed_ms

if 0:  # for type checkers: never run
    from tinyteach_protocol.messages import Fields
    from tinyteach_protocol.outcomes import Happening

# A board that asks for the same bytes so often has lost none of them: it does not take them.
REWINDS_MAX = 30
# Pieces are no smaller, whatever window a board states: one request may always be sent.
PIECE_BYTES_MIN = 64
# A UART without flow control loses what its ring cannot hold while a board computes; one piece of
# so many bytes at a time finds room in it, frame and all, where MicroPython's has 260.
CAREFUL_BYTES = 200
LOSSES_MAX = 2  # of pieces, by chance
# Boards answer READ with what fits a frame or the rest of a kept one; fewer are the exception.
ANSWER_BYTES_MIN = 32
SHORT_ANSWERS_MAX = 64
QUIET_MS = 2000  # of a stream: a grant or the last events may be lost


class _Transfer:
    def __init__(self, requester: Requester) -> None:
        self.failure: Refused | Unanswered | None = None
        self._on_their_way: dict[int, tuple[int, int]] = {}  # seq → (offset, length)
        self._requester = requester

    def resume(self, requester: Requester) -> None:
        """Go on over another session, from what has arrived."""
        self._requester = requester
        self._on_their_way = {}
        self.failure = None

    @property
    def on_their_way(self) -> int:
        """How many requests have no answer yet."""
        return len(self._on_their_way)

    def take(self, event: "Happening") -> bool:
        """Take an event of the Requester; return whether it was this transfer's."""
        if not isinstance(event, (Response, Refused, Unanswered)):
            return False
        if event.seq not in self._on_their_way:
            return False
        if isinstance(event, Response):
            self._answered(event, self._on_their_way.pop(event.seq))
        else:
            self._fail(event)
        return True

    def _fail(self, reason: Refused | Unanswered) -> None:
        self.failure = reason
        for seq in self._on_their_way:
            self._requester.cancel(seq)
        self._on_their_way = {}

    def _answered(self, event: Response, piece: tuple[int, int]) -> None:
        raise NotImplementedError

    def _refuse(self, event: Response, code: int, detail: str) -> None:
        """End because of an answer that makes no sense, as if the board had refused."""
        self._fail(Refused(event.seq, event.verb, code, detail))


class Upload(_Transfer):
    """Writes ``data`` to one of the board's objects: OPEN, then WRITEs.

    The board takes bytes only in order and answers each WRITE with the offset
    it expects next; what it did not take is sent again from there. COMMIT is
    the caller's. ``row_bytes``: pieces are whole multiples of it (IMAGE).
    """

    def __init__(
        self,
        requester: Requester,
        object: int,
        data: bytes,
        sha256: bytes = b"",
        side: int = 0,
        pixel_format: int = 0,
    ) -> None:
        super().__init__(requester)
        self._data = memoryview(data)
        self._open: "Fields" = {
            "object": object,
            "size": len(data),
            "sha256": sha256,
            "side": side,
            "pixel_format": pixel_format,
        }
        self._losses = requester.retries
        self._careful = False
        self._row_bytes = side * messages.PIXEL_BYTES.get(pixel_format, 1) or 1
        self._begin()

    def resume(self, requester: Requester) -> None:
        """Go on over another session, from the offset where the board is."""
        super().resume(requester)
        self._begin()

    def _begin(self) -> None:
        self._opened = False
        self._rewinds = 0  # since the board took something
        self._rejected = False  # pieces are refused until the one the board expects arrives
        self.acknowledged_bytes = 0  # the board has these
        self.resumed_bytes = 0  # of which it had these before
        self._next = 0  # offset of the next piece to send

    @property
    def done(self) -> bool:
        """Whether all bytes are on the board, or the transfer failed."""
        complete = self._opened and self.acknowledged_bytes == len(self._data)
        return self.failure is not None or (complete and not self._on_their_way)

    def pump(self, now_ms: int) -> None:
        """Send as much as the window allows."""
        if self._opened:
            self._note_losses()
        if self.failure is not None or self._rejected:
            return
        if self._opened:
            self._send_pieces(now_ms)
        elif not self._on_their_way:
            seq = self._requester.request(messages.OPEN, now_ms, **self._open)
            self._on_their_way[seq] = (0, 0)

    def _note_losses(self) -> None:
        """Where pieces are lost again and again, those under way are sent anew in small ones."""
        if self._careful or self._requester.retries - self._losses < LOSSES_MAX:
            return
        self._careful, self._rejected = True, False
        longest = max([length for _, length in self._on_their_way.values()], default=0)
        self._requester.end_frames(longest + messages.DATA_OVERHEAD_BYTES + OVERHEAD_BYTES)
        for seq in self._on_their_way:
            self._requester.cancel(seq)
        self._on_their_way = {}
        self._next = self.acknowledged_bytes

    def _send_pieces(self, now_ms: int) -> None:
        piece = self._piece_bytes()
        while self._next < len(self._data) and not (self._careful and self._on_their_way):
            data = self._data[self._next : self._next + piece]
            if not self._requester.has_room(messages.DATA_OVERHEAD_BYTES + len(data)):
                return
            seq = self._requester.request(messages.WRITE, now_ms, offset=self._next, data=data)
            self._on_their_way[seq] = (self._next, len(data))
            self._next += len(data)

    def _piece_bytes(self) -> int:
        """Half a window at most, so that one piece travels while one is worked on."""
        most = self._requester.max_payload - messages.DATA_OVERHEAD_BYTES
        half = self._requester.window // 2 - OVERHEAD_BYTES - messages.DATA_OVERHEAD_BYTES
        half -= self._requester.seal_bytes
        half = min(half, CAREFUL_BYTES) if self._careful else half
        # A row is never cut, even where only one fits the window.
        piece = max(min(most, max(half, PIECE_BYTES_MIN)) // self._row_bytes, 1) * self._row_bytes
        if piece > most:
            detail = "a row of %d bytes does not fit into a frame" % piece
            raise errors.ProtocolError(errors.BAD_VALUE, detail)
        return piece

    def _answered(self, event: Response, piece: tuple[int, int]) -> None:
        expected = event.message.offset
        if expected > len(self._data):
            self._refuse(event, errors.BAD_OFFSET, "the board expects more than there is")
        elif not self._opened:
            self._opened = True
            self.acknowledged_bytes = self.resumed_bytes = self._next = expected
        else:
            self._acknowledge(expected, sum(piece))
            if self._rewinds > REWINDS_MAX:
                self._refuse(event, errors.BAD_OFFSET, "the board takes no more bytes")

    def _acknowledge(self, expected: int, end: int) -> None:
        """Go-back-N: a piece refused means one before it was lost; go back there.

        Where that one is on its way again (the Requester repeats what is
        lost), wait for its answer first, else all would be refused once more.
        """
        if expected > self.acknowledged_bytes:
            self.acknowledged_bytes, self._rewinds = expected, 0
            self._next = max(self._next, expected)
        if expected < end:
            self._rejected = True
        offsets = [offset for offset, _ in self._on_their_way.values()]
        if self._rejected and self.acknowledged_bytes not in offsets:
            self._next = self.acknowledged_bytes
            self._rejected = False
            self._rewinds += 1


class Download(_Transfer):
    """Reads ``size`` bytes of one of the board's objects into ``data``.

    READs may be answered in any order. ``checksum`` is the CRC-32 of the whole
    where it is known (GRAB, RUN): a mismatch fails with BAD_HASH.
    """

    def __init__(
        self, requester: Requester, object: int, size: int, checksum: int | None = None
    ) -> None:
        super().__init__(requester)
        self.data = bytearray(size)
        self._object = object
        self._checksum = checksum
        self._begin()

    def _begin(self) -> None:
        self.received_bytes = 0
        self._answers_left = SHORT_ANSWERS_MAX + len(self.data) // ANSWER_BYTES_MIN
        self._missing = [(0, len(self.data))] if self.data else []  # [(offset, length)], to ask for

    def resume(self, requester: Requester) -> None:
        """Go on over another session; the board must hold the same object still."""
        self._missing.extend(self._on_their_way.values())
        super().resume(requester)

    @property
    def done(self) -> bool:
        """Whether all bytes are here, or the transfer failed."""
        return self.failure is not None or self.received_bytes == len(self.data)

    def pump(self, now_ms: int) -> None:
        """Ask for as much as the window allows."""
        most = self._requester.own_max_payload - messages.DATA_OVERHEAD_BYTES
        most = min(most, self._requester.max_payload - messages.DATA_OVERHEAD_BYTES)
        while self._missing and self.failure is None and self._requester.has_room(7):
            offset, length = self._missing.pop(0)
            piece = min(length, most)
            if length > piece:
                self._missing.insert(0, (offset + piece, length - piece))
            seq = self._requester.request(
                messages.READ, now_ms, object=self._object, offset=offset, length=piece
            )
            self._on_their_way[seq] = (offset, piece)

    def _fail(self, reason: Refused | Unanswered) -> None:
        self._missing.extend(self._on_their_way.values())
        super()._fail(reason)

    def _answered(self, event: Response, piece: tuple[int, int]) -> None:
        offset, length = piece
        data = event.message.data
        if event.message.offset != offset or not 0 < len(data) <= length:
            self._missing.append(piece)
            self._refuse(event, errors.MALFORMED, "the board sent other bytes than asked for")
            return
        self._answers_left -= 1
        if self._answers_left < 0:
            self._missing.append(piece)
            self._refuse(event, errors.MALFORMED, "the board sends a few bytes at a time")
            return
        self.data[offset : offset + len(data)] = data
        self.received_bytes += len(data)
        if len(data) < length:
            self._missing.append((offset + len(data), length - len(data)))
        if self.done and self._checksum is not None and crc32(self.data) != self._checksum:
            self._begin()
            self._refuse(event, errors.BAD_HASH, "what was read is not what the board holds")


class Stream:
    """Grants the credits of a stream, about ``window`` events ahead of what arrived.

    A credit is an absolute total since STREAM, so a grant lost or repeated
    does no harm; an event's number tells how many were sent, so lost events
    are counted, not waited for.
    """

    def __init__(self, requester: Requester, kind: int, window: int = 8) -> None:
        self.received = 0  # events sent by the board as far as known
        self.lost = 0  # of which these did not arrive
        self._requester = requester
        self._kind = kind
        self._window = window
        self._granted = window
        self._probes = 0
        self._heard_ms = 0

    def start(self, now_ms: int) -> int:
        """Queue STREAM; return its seq."""
        self._heard_ms = now_ms
        return self._requester.request(
            messages.STREAM, now_ms, kind=self._kind, credits=self._granted
        )

    def take(self, event: "Happening", now_ms: int) -> bool:
        """Take an Event; grant more where due. False for anything else and repetitions."""
        if not isinstance(event, Event):
            return False
        skipped = (event.number - self.received) & 0xFFFF
        if skipped >= 0x8000:
            return False
        self.lost += skipped
        self.received += skipped + 1
        self._heard_ms = now_ms
        self._probes = 0
        if self.received + self._window - self._granted >= max(1, self._window // 2):
            self._grant(now_ms)
        return True

    def tick(self, now_ms: int) -> None:
        """Call every second or so: after a silence, grant again and one event more.

        The one more is for the case that all events of a window were lost: the
        board waits for credit then, and the host for events.
        """
        if elapsed_ms(now_ms, self._heard_ms) >= QUIET_MS:
            self._heard_ms = now_ms
            self._probes = min(self._probes + 1, self._window)
            self._grant(now_ms)

    def _grant(self, now_ms: int) -> None:
        self._granted = max(self._granted, self.received + self._window + self._probes)
        self._requester.request(messages.CREDIT, now_ms, total=self._granted)
