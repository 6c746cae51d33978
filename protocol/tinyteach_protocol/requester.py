"""The host's end of a session: numbers requests, repeats them, matches answers.

Sans-IO. Write what ``data_to_send`` returns, give ``receive`` what was read,
call ``tick`` at ``next_timeout_ms``, and keep reading while writing: a board
that waits to write does not read.
"""

from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.session import MAX_OUTSTANDING, SILENCE_MS, VERSION, elapsed_ms, hello_frame

TIMEOUT_MS = 2000  # an 8 KB frame takes 0.8 s at 10 KB/s, the slowest link met
SLOW_TIMEOUT_MS = 15000
TRIES = 5


class Response:
    """The board carried out request ``seq``; ``message`` holds the answer's fields."""

    def __init__(self, seq: int, verb: int, message: messages.Message) -> None:
        self.seq = seq
        self.verb = verb
        self.message = message


class Refused:
    """The board answered request ``seq`` with an error code."""

    def __init__(self, seq: int, verb: int, code: int, detail: str) -> None:
        self.seq = seq
        self.verb = verb
        self.code = code
        self.detail = detail


class Unanswered:
    """Request ``seq`` was sent ``tries`` times without an answer."""

    def __init__(self, seq: int, verb: int, tries: int) -> None:
        self.seq = seq
        self.verb = verb
        self.tries = tries


class Event:
    """A RESULT or PREVIEW; ``number`` counts from 0 at STREAM (16 bits)."""

    def __init__(self, number: int, message: messages.Message) -> None:
        self.number = number
        self.message = message


class _Pending:
    """A request on its way."""

    def __init__(self, verb: int, data: bytearray, timeout_ms: int, tries: int) -> None:
        self.verb = verb
        self.data = data
        self.timeout_ms = timeout_ms
        self.tries_left = tries
        self.tries = 0
        self.sent_ms = 0  # or when the board last answered anything: it works in order
        self.order = 0  # of the last sending, among all sendings


class Requester:
    """One host's end; begin with ``hello``, and with it again to begin anew."""

    def __init__(self, max_payload: int = frame.MAX_PAYLOAD) -> None:
        self.own_max_payload = max_payload
        self.retries = 0
        self.damaged = 0
        self._decoder = frame.Decoder(max_payload)
        self._received_ms = 0
        self._reset()

    def _reset(self) -> None:
        self.welcome = None  # HELLO's response, once it came
        self.max_payload = 0  # that the board takes
        self.window = 0  # bytes of requests that may be on their way
        self._pending: dict = {}  # seq → _Pending, in the order of their first sending
        self._queue: list = []  # frames to send
        self._seq = 0
        self._order = 0

    # Requests

    def hello(self, now_ms: int, nonce: int, timeout_ms: int = 1000, tries: int = 3) -> int:
        """Begin a session, forgetting whatever was on its way; return HELLO's seq.

        ``nonce``: 32 random bits. The answer comes as a Response.
        """
        self._reset()
        data, self._seq, self._nonce = hello_frame(nonce & 0xFFFF, nonce, self.own_max_payload)
        pending = _Pending(messages.HELLO, bytearray(data), timeout_ms, tries)
        self._pending[self._seq] = pending
        self._send(pending, now_ms)
        return self._seq

    def request(
        self, verb: int, now_ms: int, timeout_ms: int = 0, tries: int = TRIES, **fields
    ) -> int:
        """Queue a request and return its seq, which its answer will carry.

        ``timeout_ms`` is how long the board may stay silent before a repetition;
        0 takes the verb's default. Raises ProtocolError for values that cannot
        be sent, and before HELLO was answered.
        """
        if self.welcome is None:
            raise errors.ProtocolError(errors.NO_SESSION, "HELLO was not answered")
        flags = messages.VERBS[verb][1]
        data = self._build(verb, fields)
        if flags & messages.ONE_WAY:
            self._queue.append(data)
            return self._seq
        if not timeout_ms:
            timeout_ms = SLOW_TIMEOUT_MS if flags & messages.SLOW else TIMEOUT_MS
        pending = _Pending(verb, data, timeout_ms, tries)
        self._pending[self._seq] = pending
        self._send(pending, now_ms)
        return self._seq

    def has_room(self, payload_bytes: int = 0) -> bool:
        """Whether one more request of so many bytes fits into the board's window."""
        if not self._pending:
            return True
        used = sum(len(pending.data) for pending in self._pending.values())
        fits = used + frame.OVERHEAD_BYTES + payload_bytes <= self.window
        return fits and len(self._pending) < MAX_OUTSTANDING

    @property
    def outstanding(self) -> int:
        """How many requests have no answer yet."""
        return len(self._pending)

    def cancel(self, seq: int) -> None:
        """Forget a request: its answer, if it comes, is stale."""
        self._pending.pop(seq, None)

    # Bytes

    def data_to_send(self) -> bytes:
        """Return what is to be written now, each byte once."""
        data = b"".join(self._queue)
        self._queue = []
        return data

    def receive(self, data, now_ms: int) -> list:
        """Take bytes read: return Response, Refused, Event, Text and Damaged objects."""
        events: list = []
        view = memoryview(data)
        self._received_ms = now_ms
        while len(view):
            view = view[self._decoder.receive(view) :]
            self._drain(events, now_ms)
        return events

    def tick(self, now_ms: int) -> list:
        """Repeat what is overdue; return Unanswered for what was repeated enough."""
        events: list = []
        if self._decoder.partial and elapsed_ms(now_ms, self._received_ms) >= SILENCE_MS:
            self._decoder.give_up()
            self._drain(events, now_ms)
        for seq, pending in list(self._pending.items()):
            if elapsed_ms(now_ms, pending.sent_ms) >= pending.timeout_ms:
                self._repeat(seq, pending, now_ms, events)
        return events

    def next_timeout_ms(self, now_ms: int):
        """Return how long until ``tick`` has something to do, or None."""
        waits = [p.timeout_ms - elapsed_ms(now_ms, p.sent_ms) for p in self._pending.values()]
        if self._decoder.partial:
            waits.append(SILENCE_MS - elapsed_ms(now_ms, self._received_ms))
        return max(0, min(waits)) if waits else None

    # Inside

    def _build(self, verb: int, fields: dict) -> bytearray:
        """Return the frame of a new request, in one buffer, the data copied once."""
        size = 64 + sum(len(value) for value in fields.values() if not isinstance(value, int))
        buffer = bytearray(frame.OVERHEAD_BYTES + size)
        limit = frame.HEADER_BYTES + min(size, self.max_payload)
        end = messages.write_fields(verb, fields, buffer, frame.HEADER_BYTES, limit)
        self._seq = self._next_seq()
        length = frame.seal(buffer, verb, 0, self._seq, end - frame.HEADER_BYTES)
        return buffer[:length]

    def _next_seq(self) -> int:
        seq = (self._seq + 1) & 0xFFFF
        while seq in self._pending:
            seq = (seq + 1) & 0xFFFF
        return seq

    def _send(self, pending: _Pending, now_ms: int) -> None:
        self._order += 1
        pending.order = self._order
        pending.sent_ms = now_ms
        pending.tries += 1
        pending.tries_left -= 1
        self._queue.append(bytes(pending.data))

    def _repeat(self, seq: int, pending: _Pending, now_ms: int, events: list) -> None:
        if pending.tries_left <= 0:
            del self._pending[seq]
            events.append(Unanswered(seq, pending.verb, pending.tries))
            return
        if pending.verb != messages.HELLO:  # HELLO's bytes stay free of 03, and it may run twice
            payload_bytes = len(pending.data) - frame.OVERHEAD_BYTES
            frame.seal(pending.data, pending.verb, frame.RETRY, seq, payload_bytes)
        self.retries += 1
        self._send(pending, now_ms)

    def _drain(self, events: list, now_ms: int) -> None:
        while True:
            event = self._decoder.next_event()
            if event is None:
                return
            if isinstance(event, frame.Frame):
                self._take_frame(event, now_ms, events)
                continue
            if isinstance(event, frame.Damaged):
                self.damaged += 1
            events.append(event)

    def _take_frame(self, arrived: frame.Frame, now_ms: int, events: list) -> None:
        if arrived.type >= messages.RESPONSE:
            self._take_answer(arrived, now_ms, events)
        elif arrived.type in messages.EVENTS and self.welcome is not None:
            try:
                message = messages.decode(arrived.type, arrived.seq, bytes(arrived.payload))
            except errors.ProtocolError:
                self.damaged += 1
                return
            events.append(Event(arrived.seq, message))

    def _take_answer(self, arrived: frame.Frame, now_ms: int, events: list) -> None:
        """Match an answer; a stale one (answered already, or of an earlier session) is dropped."""
        seq = arrived.seq
        pending = self._pending.get(seq)
        if pending is None:
            return
        if arrived.type not in (messages.ERROR, pending.verb | messages.RESPONSE):
            return
        event = _answer(arrived, pending.verb)
        if pending.verb == messages.HELLO and not self._accept(event):
            return
        del self._pending[seq]
        events.append(event)
        self._progress(pending.order, now_ms, events)

    def _accept(self, event) -> bool:
        """Whether this answers our HELLO; if so, take over what the board states."""
        if isinstance(event, Refused):
            return True
        if event.message.nonce != self._nonce:
            return False
        self.welcome = event.message
        self.max_payload = event.message.max_payload
        self.window = event.message.window
        return True

    def _progress(self, order: int, now_ms: int, events: list) -> None:
        """The board works in order: what was sent before the answered request is lost."""
        for seq, pending in list(self._pending.items()):
            if pending.order < order:
                self._repeat(seq, pending, now_ms, events)
            else:
                pending.sent_ms = now_ms


def _answer(arrived: frame.Frame, verb: int):
    """Return the Response or Refused of an answering frame; its bytes are copied once."""
    try:
        message = messages.decode(arrived.type, arrived.seq, bytes(arrived.payload))
    except errors.ProtocolError as error:
        return Refused(arrived.seq, verb, errors.MALFORMED, str(error))
    if arrived.type == messages.ERROR:
        return Refused(arrived.seq, verb, message.code, message.detail)
    if verb == messages.HELLO and message.version != VERSION:
        return Refused(arrived.seq, verb, errors.VERSION, "the agent chose %d" % message.version)
    return Response(arrived.seq, verb, message)
