"""A tape's entries made into connections, their steps and what the board sent."""

from collections.abc import Iterator

from tinyteach.link.tape.photographs import Digested, without_seal
from tinyteach.link.tape.steps import (
    NONCE_BYTES,
    TEXT,
    Connection,
    Failure,
    Piece,
    Step,
    is_one_way,
    without_nonce,
)
from tinyteach.link.tape.tape_file import (
    CLOSED,
    FAILED,
    OPENED,
    PHOTOGRAPH,
    RECEIVED,
    SENT,
    Tape,
    TapeEntry,
)
from tinyteach_protocol import frame, messages


def connections_of(tape: Tape) -> list[Connection]:
    """In the order in which they were opened."""
    readers: dict[int, _ConnectionReader] = {}
    for entry in tape.entries:
        if entry.kind == OPENED:
            told = entry.told()
            rate = told.get("baud_rate")
            port, rate = str(told.get("port", "")), rate if isinstance(rate, int) else 0
            readers[entry.link] = _ConnectionReader(Connection(port, rate, entry.at_us))
        elif entry.link in readers:
            readers[entry.link].take(entry)
    return [reader.connection for reader in readers.values()]


class _ConnectionReader:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._sent, self._received = frame.Decoder(), frame.Decoder()
        self._place = 0
        self._last: dict[int, Step] = {}  # by seq
        self._nonces: dict[int, bytes] = {}
        self._stream: Step | None = None  # whose events come

    def take(self, entry: TapeEntry) -> None:
        if entry.kind == SENT:
            for event in happenings(self._sent, entry.data):
                self._take_sent(event, entry.at_us)
        elif entry.kind == PHOTOGRAPH:
            self._take_digested(Digested.of(entry.data), entry.at_us)
        elif entry.kind == RECEIVED:
            for event in happenings(self._received, entry.data):
                self._take_received(event, entry.at_us)
        elif entry.kind == FAILED:
            told = entry.told()
            what = str(told.get("error", "")), str(told.get("sentence", ""))
            self.connection.failures.append(Failure(self._place, entry.at_us, *what))
        elif entry.kind == CLOSED:
            self.connection.is_whole = True
        self._place += 1

    def _take_sent(self, event: frame.Frame | frame.Text, at_us: int) -> None:
        if isinstance(event, frame.Text):
            if event.data.strip(b"\0"):  # zeros end a frame that nobody may have begun
                self._step(TEXT, 0, event.data, at_us, len(event.data))
            return
        payload = without_seal(bytes(event.payload), event.flags)
        if event.type == messages.PROVE:
            self._last.pop(event.seq, None)  # by nonces of that day: there is nothing to compare
            return
        if is_one_way(event.type):
            return
        before = self._last.get(event.seq)
        same = before is not None and before.is_same(event.type, without_nonce(event.type, payload))
        is_again = event.flags & frame.RETRY or (
            event.type == messages.HELLO and self._nonces.get(event.seq) == payload[:NONCE_BYTES]
        )
        if before is not None and same and is_again:
            before.tries += 1
            return
        if event.type == messages.HELLO:
            self._nonces[event.seq] = payload[:NONCE_BYTES]
        size = frame.OVERHEAD_BYTES + len(payload)
        payload = without_nonce(event.type, payload)
        step = self._last[event.seq] = self._step(event.type, event.seq, payload, at_us, size)
        self._stream = step if event.type == messages.STREAM else self._stream

    def _take_digested(self, sent: Digested | None, at_us: int) -> None:
        if sent is None:
            return
        before = self._last.get(sent.seq)
        if before is not None and sent.flags & frame.RETRY and before.digest == sent.digest:
            before.tries += 1
            return
        size = frame.OVERHEAD_BYTES + sent.size
        step = self._step(sent.type, sent.seq, sent.beginning, at_us, size)
        step.digest = sent.digest
        self._last[sent.seq] = step

    def _step(self, type: int, seq: int, payload: bytes, at_us: int, size: int) -> Step:
        steps = self.connection.steps
        steps.append(Step(len(steps) + 1, self._place, at_us, type, payload, seq, size))
        return steps[-1]

    def _take_received(self, event: frame.Frame | frame.Text, at_us: int) -> None:
        connection, after = self.connection, len(self.connection.steps)
        if isinstance(event, frame.Text):
            piece = Piece(self._place, at_us, TEXT, 0, event.data, None, after)
            connection.pieces.append(piece)
            return
        step = self._last.get(event.seq) if event.type >= messages.RESPONSE else None
        if event.type >= messages.RESPONSE and (step is None or step.answer is not None):
            return  # a second answer to what was repeated
        payload = without_seal(bytes(event.payload), event.flags)
        piece = Piece(self._place, at_us, event.type, event.seq, payload, step, after)
        connection.pieces.append(piece)
        if step is not None:
            step.answer = piece
        elif self._stream is not None:
            self._stream.events += 1


def happenings(decoder: frame.Decoder, data: bytes) -> Iterator[frame.Frame | frame.Text]:
    """Frames and text in bytes that come; what is damaged is left out, as on the link."""
    view = memoryview(data)
    while len(view):
        view = view[decoder.receive(view) :]
        while (event := decoder.next_event()) is not None:
            if isinstance(event, frame.Frame) or (
                isinstance(event, frame.Text) and not event.suspect
            ):
                yield event
