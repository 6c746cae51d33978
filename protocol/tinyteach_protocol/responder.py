"""The board's end of a session: admits requests, answers repetitions, keeps credits.

Sans-IO. The agent reads bytes into ``get_buffer``, takes requests from
``next_request`` and writes what ``respond``, ``refuse`` and ``event`` return
before it calls any of them again: all share one buffer.
"""

from tinyteach_protocol import messages
from tinyteach_protocol.errors import BAD_VALUE, NO_SESSION, VERSION, ProtocolError
from tinyteach_protocol.frame import (
    HEADER_BYTES,
    MAX_PAYLOAD,
    SEALED,
    Damaged,
    Decoder,
    Encoder,
    Frame,
)
from tinyteach_protocol.session import ANY_SESSION, IDLE_MS, MIN_PAYLOAD, SILENCE_MS, elapsed_ms
from tinyteach_protocol.session import VERSION as PROTOCOL_VERSION

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any

    from tinyteach_protocol.frame import Buffer
    from tinyteach_protocol.messages import Fields
    from tinyteach_protocol.sealing import Seal

# Answers kept for repetitions. The host has at most MAX_OUTSTANDING requests on
# their way, and seldom two that must not run twice.
REMEMBERED = 4
# A ROLLBACK's answer with 64 long labels is 4 KB; more than that is not kept.
REMEMBERED_BYTES = 6000
# The sequence number wraps: an answer this many requests old is no repetition.
REMEMBERED_REQUESTS = 256
# A host passes over numbers, and some of its requests are lost: so many more it may have counted.
UNSEEN = 64


class Request(messages.Message):
    """A request; ``reply`` is the session's own answer to it, or None.

    ``proven``: it came sealed, from a host that holds the board's key.
    """

    def __init__(self, verb: int, seq: int, fields: "Fields", proven: bool) -> None:
        super().__init__(verb, seq, fields)
        self.proven = proven
        self.reply: "Buffer | None" = None


class Responder:
    """One board's end. ``window`` is how many bytes of requests it can take in unread."""

    def __init__(self, max_payload: int = 4096, window: int = 8192) -> None:
        self.max_payload = max_payload
        self.window = window
        self.framed = False  # a host is connected: bytes are frames, 03 is no interrupt
        self.damaged = 0  # frames that arrived broken, for INFO and tests
        self._decoder = Decoder(max_payload)
        self._encoder = Encoder(max_payload)
        self._heard_ms: int | None = None  # when the last frame was finished with; None: just now
        self._read_ms: int | None = None  # when the last byte came
        self._stood_still = False  # inside of the last read
        self._first = self._count = 0  # of this session: its HELLO's number, requests since
        self._begin(MAX_PAYLOAD)

    def _begin(self, peer_max_payload: int) -> None:
        self.payload_limit = min(self.max_payload, peer_max_payload)
        # (seq, verb, whether proven, the answer's type and payload), oldest first
        self._remembered: list[tuple[int, int, bool, int, bytes]] = []
        self._credits = 0
        self._events = 0
        self.streaming = False
        self._sealed_stream = False
        # Of a host that has proven itself: for its requests, for the answers to those.
        self.seals: "tuple[Seal, Seal] | None" = None

    # Receiving

    def get_buffer(self, limit: int = 64) -> memoryview:
        """Return where to read to; poll before each piece, see Decoder.get_buffer."""
        return self._decoder.get_buffer(limit)

    def advance(self, n: int, took_ms: int = 0) -> bool:
        """Say that ``n`` bytes were read into the view of ``get_buffer``, in so many milliseconds.

        False where ``next_request`` would give None. A frame that is not whole after a read that
        stood still for long is given up: its sender is silent, what ended the read was another's.
        """
        self._read_ms = None
        self._stood_still = took_ms >= SILENCE_MS
        return self._decoder.advance(n) or self._stood_still

    def receive(self, data: "Buffer") -> int:
        """Take what fits of ``data``, return how much; for links that are given bytes."""
        self._read_ms = None
        return self._decoder.receive(data)

    def next_request(self) -> Request | None:
        """Return the next request, or None when more bytes are needed.

        Where its ``reply`` is not None the session has answered already (a
        repetition, a message that cannot be read …): write that. Otherwise
        carry it out, then ``respond`` or ``refuse``. Its ``data`` is valid
        until the next call here.
        """
        while True:
            event = self._decoder.next_event()
            if event is None:
                if not self._stood_still:
                    return None
                self._stood_still = False
                self._decoder.give_up()
                continue
            if isinstance(event, Damaged):
                self.damaged += 1
            elif isinstance(event, Frame) and event.type < messages.FIRST_EVENT:
                request = self._admit(event)
                if request is not None:
                    return request

    def tick(self, now_ms: int) -> None:
        """Call often, while no request is in hand: leaves a session gone silent.

        Also gives up a frame whose rest does not come; ``next_request`` then
        finds what it swallowed.
        """
        heard_ms = self._heard_ms = now_ms if self._heard_ms is None else self._heard_ms
        read_ms = self._read_ms = now_ms if self._read_ms is None else self._read_ms
        if self.framed and elapsed_ms(now_ms, heard_ms) >= IDLE_MS:
            self._leave()
        if self._decoder.partial and elapsed_ms(now_ms, read_ms) >= SILENCE_MS:
            self._decoder.give_up()

    # Answering

    def respond(self, request: Request, **fields: "Any") -> memoryview:
        """Return the response's frame.

        Raises ProtocolError where the fields cannot be sent; refuse then.
        """
        return self._answer(request, request.type | messages.RESPONSE, fields)

    def welcome(
        self, request: Request, agent_version: str, board_id: str, capabilities: int
    ) -> memoryview:
        """Return HELLO's response; the session fills in what it negotiated."""
        return self.respond(
            request,
            nonce=request.nonce,
            version=PROTOCOL_VERSION,
            max_payload=self.max_payload,
            window=self.window,
            agent_version=agent_version,
            board_id=board_id,
            capabilities=capabilities,
        )

    def refuse(self, request: Request, code: int, detail: str = "") -> memoryview:
        """Return an error's frame; a detail too long is cut."""
        return self._answer(request, messages.ERROR, _error(code, detail))

    # Streams

    def open_stream(self, credits: int, proven: bool = False) -> None:
        """Allow so many events, sealed where STREAM was; CREDIT raises the total later."""
        self.streaming = True
        self._sealed_stream = proven
        self._credits = credits
        self._events = 0

    def close_stream(self) -> int:
        """End the stream; return how many events it had."""
        self.streaming = False
        return self._events

    @property
    def credit(self) -> int:
        """How many events may be sent now."""
        return self._credits - self._events if self.streaming else 0

    def event(self, type: int, **fields: "Any") -> memoryview | None:
        """Return an event's frame, or None where no credit is left."""
        if self.credit <= 0:
            return None
        frame = self._encode(type, self._events & 0xFFFF, fields, self._sealed_stream)
        self._events += 1
        return frame

    # Inside

    def _admit(self, frame: Frame) -> Request | None:
        """Return the frame's request, or None where nothing is left to do."""
        proven = False
        if frame.flags & SEALED and self.seals:
            if not self.seals[0].open(frame):
                # As one that was lost: whoever sent it learns nothing.
                self.damaged += 1
                return None
            proven = True
        self._heard_ms = None
        try:
            return self._read(frame, proven)
        except ProtocolError as error:
            request = Request(frame.type, frame.seq, {}, proven)
            fields = _error(error.code, str(error))
            request.reply = self._encode(messages.ERROR, frame.seq, fields, proven)
            return request

    def _read(self, frame: Frame, proven: bool) -> Request | None:
        verb = frame.type
        is_lost = frame.flags & SEALED and not proven  # the session that sealed it
        if (is_lost or not self.framed) and verb not in (messages.HELLO, messages.BYE):
            raise ProtocolError(NO_SESSION)
        self._count += 1  # its host did, whatever it holds
        fields = messages.decode(verb, frame.seq, frame.payload).fields
        request = Request(verb, frame.seq, fields, proven)
        self._recall(request)
        if verb == messages.HELLO:
            self._enter(request)
        elif verb == messages.BYE:
            if self._is_ended_by(frame.seq):
                self._leave()
        elif verb == messages.CREDIT:
            if proven or not self._sealed_stream:
                self._credits = max(self._credits, request.total)
            return None
        return request

    def _enter(self, hello: Request) -> None:
        if not hello.min_version <= PROTOCOL_VERSION <= hello.max_version:
            raise ProtocolError(VERSION, "this agent speaks version %d" % PROTOCOL_VERSION)
        if hello.max_payload < MIN_PAYLOAD:
            raise ProtocolError(BAD_VALUE, "max_payload must be at least %d" % MIN_PAYLOAD)
        self._begin(hello.max_payload)
        self._first, self._count = hello.seq, 0
        self.framed = True

    def _is_ended_by(self, seq: int) -> bool:
        """Whether a BYE is of this session, or of any: not of one that another host took over.

        What that host has on its way would be Ctrl-C to a board that listens.
        """
        return seq == ANY_SESSION or (seq - self._first) & 0xFFFF <= 2 * self._count + UNSEEN

    def _leave(self) -> None:
        self.framed = False
        self.streaming = False
        self.seals = None

    def _answer(self, request: Request, type: int, fields: "Fields") -> memoryview:
        end = self._write(type, fields)
        if messages.VERBS[request.type][1] & messages.ONCE:
            self._remember(request, type, bytes(self._encoder.buffer[HEADER_BYTES:end]))
        return self._finish(type, request.seq, end, request.proven)

    def _encode(self, type: int, seq: int, fields: "Fields", proven: bool) -> memoryview:
        return self._finish(type, seq, self._write(type, fields), proven)

    def _write(self, type: int, fields: "Fields") -> int:
        return messages.write_fields(
            type, fields, self._encoder.buffer, HEADER_BYTES, HEADER_BYTES + self.payload_limit
        )

    def _finish(self, type: int, seq: int, end: int, proven: bool) -> memoryview:
        if not proven or not self.seals:
            return self._encoder.seal(type, seq, end)
        buffer = self._encoder.buffer
        end = self.seals[1].seal(buffer, type, SEALED, seq, end)
        return self._encoder.seal(type, seq, end, SEALED)

    def _remember(self, request: Request, type: int, payload: bytes) -> None:
        kept = self._remembered
        kept.append((request.seq, request.type, request.proven, type, payload))
        while len(kept) > REMEMBERED or sum(len(item[4]) for item in kept) > REMEMBERED_BYTES:
            kept.pop(0)

    def _recall(self, request: Request) -> None:
        """Answer this very request as before, where that is remembered; sealed, with a new seal."""
        kept = self._remembered
        while kept and _is_far(request.seq, kept[0][0]):
            kept.pop(0)
        for seq, verb, proven, type, payload in kept:
            if (seq, verb, proven) == (request.seq, request.type, request.proven):
                end = HEADER_BYTES + len(payload)
                self._encoder.buffer[HEADER_BYTES:end] = payload
                request.reply = self._finish(type, seq, end, proven)


def _is_far(seq: int, other: int) -> bool:
    """Whether two sequence numbers are too far apart, in either direction, to be of one window."""
    return REMEMBERED_REQUESTS < (seq - other) & 0xFFFF < 0x10000 - REMEMBERED_REQUESTS


def _error(code: int, detail: str) -> "Fields":
    return {"code": code, "detail": messages.clip(detail)}
