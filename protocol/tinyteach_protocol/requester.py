"""The host's end of a session: numbers requests, repeats them, matches answers.

Sans-IO. Write what ``data_to_send`` returns, give ``receive`` what was read,
call ``tick`` at ``next_timeout_ms``, and keep reading while writing: a board
that waits to write does not read.

A board that restarts takes byte 03 for Ctrl-C again. So frames are numbered such that they
hold none, where their payload allows it, and others are sent only while the board is heard:
after a silence it is asked first whether the session lives (SPEC.md, Sessions).
"""

from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.hearing import FILLED_BYTES, Hearing, wait_behind
from tinyteach_protocol.outcomes import Event, Refused, Response, Unanswered, outcome_of
from tinyteach_protocol.pending import Pending
from tinyteach_protocol.sealed_session import (
    CAP_KEYED,
    INTERRUPT,
    NUMBERS_TRIED,
    SealedSession,
    without_interrupt,
)
from tinyteach_protocol.session import MAX_OUTSTANDING, SILENCE_MS, elapsed_ms, hello_frame

if 0:  # for type checkers: never run
    from typing import Any

    from tinyteach_protocol.frame import Buffer
    from tinyteach_protocol.messages import Fields
    from tinyteach_protocol.outcomes import Happening
    from tinyteach_protocol.sealing import Seal

TIMEOUT_MS = 1500  # an 8 KB frame takes 0.8 s at 10 KB/s, the slowest link met
# Of slow verbs, with a board that has no native kernels: less than session.IDLE_MS.
SLOW_TIMEOUT_MS = 10000
TRIES = 5
NO_PROBE = -1
NO_OBJECT = 0  # READ of it asks nothing and changes nothing


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
        self.welcome: messages.Message | None = None  # HELLO's response, once it came
        self.max_payload = 0  # that the board takes
        self.window = 0  # bytes of requests that may be on their way
        self._pending: dict[int, Pending] = {}  # by seq, in the order of their first sending
        self._queue: list[bytes] = []  # frames to send
        self._seq = 0
        self._order = 0
        self._hearing = Hearing()
        self._sealing = SealedSession()
        self.seal_bytes = 0  # of each request, beside what a frame takes anyway
        self._held: list[bytearray] = []  # one-way frames, until the session is known to live
        self._probe = NO_PROBE  # seq of the question whether it lives, while that is on its way

    # Requests

    def hello(self, now_ms: int, nonce: int, timeout_ms: int = 1000, tries: int = 3) -> int:
        """Begin a session, forgetting whatever was on its way; return HELLO's seq.

        ``nonce``: 32 random bits. The answer comes as a Response.
        """
        self._reset()
        data, self._seq, self._nonce = hello_frame(nonce & 0xFFFF, nonce, self.own_max_payload)
        tries = self._hearing.tries_left(tries, timeout_ms, now_ms)
        pending = Pending(messages.HELLO, bytearray(data), timeout_ms, tries)
        self._pending[self._seq] = pending
        self._send(pending, now_ms)
        return self._seq

    def request(
        self, verb: int, now_ms: int, timeout_ms: int = 0, tries: int = TRIES, **fields: "Any"
    ) -> int:
        """Queue a request and return its seq, which its answer will carry.

        ``timeout_ms`` is how long the board may stay silent before a repetition;
        0 takes the verb's default. Tries that a silence has used up are left out. Raises
        ProtocolError for values that cannot be sent, and before HELLO was answered.
        """
        if self.welcome is None:
            raise errors.ProtocolError(errors.NO_SESSION, "HELLO was not answered")
        flags = messages.VERBS[verb][1]
        data = self._build(verb, fields)
        seq = self._seq
        if flags & messages.ONE_WAY:
            self._send_one_way(data, now_ms)
            return seq
        if not timeout_ms:
            computes_long = (
                flags & messages.SLOW and not self.welcome.capabilities & messages.CAP_VIPER
            )
            timeout_ms = SLOW_TIMEOUT_MS if computes_long else TIMEOUT_MS
        tries = self._hearing.tries_left(tries, timeout_ms, now_ms)
        pending = Pending(verb, data, timeout_ms, tries)
        self._pending[seq] = pending
        if self._must_wait(data, now_ms):
            self._hold(pending, now_ms)
        else:
            self._send(pending, now_ms)
        return seq

    def begin_seals(self, seals: "tuple[Seal, Seal]") -> None:
        """Seal requests from now on; no answer to them and no event is believed without a seal."""
        self._sealing = SealedSession(seals)

    def has_room(self, payload_bytes: int = 0) -> bool:
        """Whether one more request of so many bytes fits into the board's window."""
        if not self._pending:
            return True
        used = sum([len(pending.data) for pending in self._pending.values()])
        one = frame.OVERHEAD_BYTES + payload_bytes + self.seal_bytes
        fits = used + one <= self.window
        return fits and len(self._pending) < MAX_OUTSTANDING

    @property
    def outstanding(self) -> int:
        """How many requests have no answer yet; the question whether the session lives is none."""
        return len(self._pending) - (self._probe in self._pending)

    def cancel(self, seq: int) -> None:
        """Forget a request: its answer, if it comes, is stale."""
        self._pending.pop(seq, None)

    def end_frames(self, most_bytes: int) -> None:
        """Fill up a frame of which bytes were lost: a board may wait for them for ever.

        Its read of 64 bytes does not end by itself, and would take what is repeated for the rest.
        """
        self._queue.append(bytes(most_bytes))

    # Bytes

    def frames_to_send(self) -> list[bytes]:
        """Return what is to be written now, each frame by itself, so that its pieces begin there.

        A board then polls between two pieces, also where no more come (Decoder.get_buffer).
        """
        frames, self._queue = self._queue, []
        return frames

    def data_to_send(self) -> bytes:
        """Return what is to be written now, each byte once."""
        return b"".join(self.frames_to_send())

    def receive(self, data: "Buffer", now_ms: int) -> "list[Happening]":
        """Take bytes read: return Response, Refused, Event, Text and Damaged objects."""
        events: "list[Happening]" = []
        view = memoryview(data)
        self._received_ms = now_ms
        while len(view):
            view = view[self._decoder.receive(view) :]
            self._drain(events, now_ms)
        return events

    def tick(self, now_ms: int) -> "list[Happening]":
        """Repeat what is overdue; return Unanswered for what was repeated enough."""
        events: "list[Happening]" = []
        if self._decoder.partial and elapsed_ms(now_ms, self._received_ms) >= SILENCE_MS:
            self._decoder.give_up()
            self._drain(events, now_ms)
        for seq, pending in list(self._pending.items()):
            is_due = elapsed_ms(now_ms, pending.sent_ms) >= pending.timeout_ms
            if is_due and seq in self._pending:
                self._overdue(seq, pending, now_ms, events)
        return events

    def next_timeout_ms(self, now_ms: int) -> int | None:
        """Return how long until ``tick`` has something to do, or None."""
        waits = [p.timeout_ms - elapsed_ms(now_ms, p.sent_ms) for p in self._pending.values()]
        if self._decoder.partial:
            waits.append(SILENCE_MS - elapsed_ms(now_ms, self._received_ms))
        return max(0, min(waits)) if waits else None

    # Inside

    def _build(self, verb: int, fields: "Fields") -> bytearray:
        """Return the frame of a new request, in one buffer, the data copied once."""
        size = 64 + sum(len(value) for value in fields.values() if not isinstance(value, int))
        buffer = bytearray(frame.OVERHEAD_BYTES + size + frame.SEAL_BYTES)
        limit = frame.HEADER_BYTES + min(size, self.max_payload)
        end = messages.write_fields(verb, fields, buffer, frame.HEADER_BYTES, limit)
        flags = self._sealing.flags(verb)
        buffer = buffer[: end + frame.TRAILER_BYTES + (frame.SEAL_BYTES if flags else 0)]
        # Found anew for each of many numbers only where one of them helps.
        tries = 1 if INTERRUPT in buffer[frame.HEADER_BYTES : end] else NUMBERS_TRIED
        while True:
            self._seq = self._next_seq()
            frame.seal(buffer, verb, flags, self._seq, len(buffer) - frame.OVERHEAD_BYTES)
            tries -= 1
            if tries <= 0 or INTERRUPT not in buffer:
                return buffer

    def _next_seq(self) -> int:
        seq = without_interrupt((self._seq + 1) & 0xFFFF)
        while seq in self._pending:
            seq = without_interrupt((seq + 1) & 0xFFFF)
        return seq

    def _must_wait(self, data: bytearray, now_ms: int) -> bool:
        """Whether a frame may only go once the session is known to live, or behind such a one."""
        holding = self._held or any([not p.tries for p in self._pending.values() if p.order])
        return bool(holding) or (INTERRUPT in data and not self._hearing.is_live(now_ms))

    def _hold(self, pending: Pending, now_ms: int) -> None:
        """Not sent yet: the answer to the question sends it, as if it had been lost."""
        self._order += 1
        pending.order = self._order
        pending.sent_ms = now_ms
        self._ask_whether_alive(now_ms)

    def _send_one_way(self, data: bytearray, now_ms: int) -> None:
        if self._must_wait(data, now_ms):
            self._held = [data]  # totals: the last one says it all
            self._ask_whether_alive(now_ms)
        else:
            self._queue.append(self._sealing.outgoing(data))

    def _ask_whether_alive(self, now_ms: int) -> None:
        """READ of nothing, in a frame without 03: any answer but NO_SESSION says yes."""
        if self._probe != NO_PROBE:
            return
        data = self._build(messages.READ, {"object": NO_OBJECT, "offset": 0, "length": 1})
        self._probe = self._seq
        pending = Pending(messages.READ, data, TIMEOUT_MS, 1)
        self._pending[self._seq] = pending
        self._send(pending, now_ms)

    def _overdue(self, seq: int, pending: Pending, now_ms: int, events: "list[Happening]") -> None:
        """The board is silent: repeat what holds no 03, else ask first."""
        if seq == self._probe:
            self._ask_again(now_ms, events)
        elif not pending.tries:
            pending.sent_ms = now_ms  # held: the question's own time counts
            self._ask_whether_alive(now_ms)
        elif self._repetition_interrupts(seq, pending):
            self._count_silence(seq, pending, now_ms, events)
        else:
            self._repeat(seq, pending, now_ms, events)
            wait_behind(pending, self._pending.values(), now_ms)

    def _ask_again(self, now_ms: int, events: "list[Happening]") -> None:
        """The question was not answered, and something waits for that."""
        del self._pending[self._probe]
        self._probe = NO_PROBE
        for seq, pending in list(self._pending.items()):
            if not pending.tries:
                self._count_silence(seq, pending, now_ms, events)
            elif pending.silences:
                self._ask_whether_alive(now_ms)

    def _count_silence(
        self, seq: int, pending: Pending, now_ms: int, events: "list[Happening]"
    ) -> None:
        pending.silences += 1
        self.retries += 1
        pending.sent_ms = now_ms
        if pending.silences >= pending.tries_left:
            self._give_up(seq, pending, events)
        else:
            self.end_frames(min(len(pending.data), FILLED_BYTES) if pending.tries else 0)
            self._ask_whether_alive(now_ms)

    def _send(self, pending: Pending, now_ms: int) -> None:
        self._order += 1
        pending.order = self._order
        pending.sent_ms = now_ms
        pending.tries += 1
        pending.tries_left -= 1
        self._queue.append(self._sealing.outgoing(pending.data))

    def _repeat(self, seq: int, pending: Pending, now_ms: int, events: "list[Happening]") -> None:
        if pending.tries_left <= 0:
            self._give_up(seq, pending, events)
            return
        if pending.tries:
            self._mark_repeated(seq, pending)
            self.retries += 1
        self._send(pending, now_ms)

    def _give_up(self, seq: int, pending: Pending, events: "list[Happening]") -> None:
        del self._pending[seq]
        events.append(Unanswered(seq, pending.verb, pending.tries + pending.silences))

    def _mark_repeated(self, seq: int, pending: Pending) -> None:
        """HELLO's bytes stay free of 03, and it may run twice."""
        if pending.verb != messages.HELLO:
            flags = pending.data[3] & frame.SEALED | frame.RETRY
            self._sealing.finish(pending.data, pending.verb, flags, seq)

    def _repetition_interrupts(self, seq: int, pending: Pending) -> bool:
        self._mark_repeated(seq, pending)
        return INTERRUPT in pending.data

    def _drain(self, events: "list[Happening]", now_ms: int) -> None:
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

    def _take_frame(self, arrived: frame.Frame, now_ms: int, events: "list[Happening]") -> None:
        if self.welcome is None:
            self._hearing.stand_back(self._pending.values(), now_ms)
        is_sealed = self._sealing.is_sealed(arrived)
        if is_sealed is None:
            self.damaged += 1
        elif arrived.type >= messages.RESPONSE:
            self._take_answer(arrived, is_sealed, now_ms, events)
        elif self._sealing.is_proven and not is_sealed:
            self.damaged += 1
        elif arrived.type in messages.EVENTS and self.welcome is not None:
            self._hearing.heard(now_ms, True)
            try:
                message = messages.decode(arrived.type, arrived.seq, bytes(arrived.payload))
            except errors.ProtocolError:
                self.damaged += 1
                return
            events.append(Event(arrived.seq, message))

    def _take_answer(
        self, arrived: frame.Frame, is_sealed: bool, now_ms: int, events: "list[Happening]"
    ) -> None:
        """Match an answer; a stale one (answered already, or of an earlier session) is dropped."""
        seq = arrived.seq
        pending = self._pending.get(seq)
        if pending is None:
            return
        if arrived.type not in (messages.ERROR, pending.verb | messages.RESPONSE):
            return
        event = outcome_of(arrived, pending.verb)
        is_over = isinstance(event, Refused) and event.code == errors.NO_SESSION
        if pending.data[3] & frame.SEALED and not is_sealed and not is_over:
            self.damaged += 1  # only that it knows of no session may a board say to anybody
            return
        if pending.verb == messages.HELLO and not self._accept(event):
            return
        del self._pending[seq]
        if isinstance(event, Refused) and event.code == errors.NO_SESSION:
            self._end(event, seq, pending, events)
            return
        self._hearing.heard(now_ms, bool(self._pending) or pending.verb == messages.STREAM)
        if seq == self._probe:
            self._probe = NO_PROBE
            self._queue += [self._sealing.outgoing(data) for data in self._held]
            self._held = []
        else:
            events.append(event)
        self._progress(pending.order, now_ms, events)

    def _end(self, why: Refused, seq: int, pending: Pending, events: "list[Happening]") -> None:
        """The board has left the session, and carries out nothing that is on its way."""
        ended = {seq: pending}
        ended.update(self._pending)
        ended.pop(self._probe, None)
        self._pending, self._held, self._probe = {}, [], NO_PROBE
        for number, request in ended.items():
            events.append(Refused(number, request.verb, why.code, why.detail))

    def _accept(self, event: Response | Refused) -> bool:
        """Whether this answers our HELLO; if so, take over what the board states."""
        if isinstance(event, Refused):
            return True
        if event.message.nonce != self._nonce:
            return False
        self.welcome = event.message
        self.max_payload = event.message.max_payload
        self.window = event.message.window
        if event.message.capabilities & CAP_KEYED:
            # Also where nothing is sealed, so that pieces are the same with a key and without.
            self.seal_bytes = frame.SEAL_BYTES
            self.max_payload -= frame.SEAL_BYTES
        return True

    def _progress(self, order: int, now_ms: int, events: "list[Happening]") -> None:
        """The board works in order: what was sent before the answered request is lost.

        What was held goes now: the board was heard.
        """
        for seq, pending in list(self._pending.items()):
            if pending.order < order or not pending.tries:
                self._repeat(seq, pending, now_ms, events)
            else:
                pending.sent_ms = now_ms
