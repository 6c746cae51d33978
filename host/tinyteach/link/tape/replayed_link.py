"""A link on which a tape answers in a board's place."""

import time
from collections import deque
from itertools import islice

from tinyteach.errors import BoardNotFoundError, LinkError
from tinyteach.link.serial_link import WRITE_TIMEOUT_S, SerialLink, TakesNothingError
from tinyteach.link.tape.reading import happenings
from tinyteach.link.tape.replay import Replay
from tinyteach.link.tape.steps import (
    NONCE_BYTES,
    TEXT,
    Failure,
    Piece,
    Step,
    is_one_way,
    is_probe,
    with_nonce,
    without_nonce,
)
from tinyteach.link.tape.words import another_upload, in_words
from tinyteach_protocol import errors, frame, messages

ENDS_STREAMS = {messages.STOP, messages.BYE, messages.HELLO, messages.STREAM}
NOTHING_THEN = "nothing more before it ended"


class ReplayedLink(SerialLink):
    """What the host writes is matched with what it wrote then, and answered as it was then.

    A repetition, a question whether the board lives, a HELLO after a pause and credits of a stream
    depend on time, and are answered whether the tape has them here or not.
    """

    tells_facts = True
    proves = False

    def __init__(self, port: str, replay: Replay) -> None:
        self.port = port
        self._replay = replay
        self._connection = replay.next_connection()
        self._decoder = frame.Decoder()
        self._waiting = deque(self._connection.pieces)
        self._next = 0  # of the connection's steps
        self._seqs: dict[int, tuple[int, bytes]] = {}  # of a step by its place: seq, nonce
        self._seen: dict[int, tuple[int, bytes]] = {}  # type and payload by seq
        self._made: list[bytes] = []  # answers that the tape has not
        self._welcome: Piece | None = None
        self._shift_us = _now_us() - self._connection.at_us
        self._raise_failure()

    # As a link

    def read(self, timeout_s: float) -> bytes:
        """What the board sent then, if the host has sent what came before it."""
        if self._made:
            return self._made.pop(0)
        piece = self._deliverable()
        if piece is not None:
            return self._deliver(piece) if self._is_due(piece.at_us, timeout_s) else b""
        self._raise_failure()
        if self._is_over() and not self._connection.is_whole:
            raise self._replay.ended(self._last_us())
        self._pass(timeout_s)
        return b""

    def write(self, data: bytes, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        """Raises DepartedError where the host sends something else than then."""
        for event in happenings(self._decoder, data):
            if isinstance(event, frame.Text):
                self._take_text(event.data)
            else:
                self._take(event.type, event.seq, bytes(event.payload), event.flags)

    def pulse_rts(self, low_s: float) -> bool:
        return False

    def close(self) -> None:
        """What the host did not send again is counted."""
        left = [s for s in self._connection.steps[self._next :] if not s.depends_on_time]
        self._replay.left += len(left)
        self._next = len(self._connection.steps)

    # What the host sends

    def _take_text(self, data: bytes) -> None:
        """For a REPL; where nothing answered it then, nothing is matched."""
        step = self._find(TEXT, data)
        if step is not None:
            self._match(step, 0, b"")

    def _take(self, type: int, seq: int, payload: bytes, flags: int) -> None:
        if is_one_way(type) or self._is_again(type, seq, payload, flags):
            return
        self._seen[seq] = (type, payload)
        compared = without_nonce(type, payload)
        step = self._find(type, compared)
        if step is None:
            self._without_step(type, seq, payload)
            return
        self._match(step, seq, payload[:NONCE_BYTES])

    def _is_again(self, type: int, seq: int, payload: bytes, flags: int) -> bool:
        is_retry = flags & frame.RETRY or type == messages.HELLO
        return bool(is_retry) and self._seen.get(seq) == (type, payload)

    def _find(self, type: int, payload: bytes) -> Step | None:
        """The next step, if it is this one; steps that depend on time are passed over for it."""
        for step in self._connection.steps[self._next :]:
            if step.is_same(type, payload, self._replay.trusting):
                return step
            if not step.depends_on_time:
                return None
        return None

    def _match(self, step: Step, seq: int, nonce: bytes) -> None:
        for passed in self._connection.steps[self._next : step.number - 1]:
            if passed.answer is not None:
                passed.answer.is_gone = True
        self._next = step.number
        self._seqs[step.number] = (seq, nonce)
        self._replay.taken += 1
        self._shift_us = _now_us() - step.at_us
        if step.type == messages.HELLO and step.answer is not None:
            self._welcome = step.answer
        if step.type in ENDS_STREAMS:
            for piece in self._connection.pieces:
                is_event = piece.type in messages.EVENTS
                piece.is_gone = piece.is_gone or (is_event and piece.place < step.place)

    def _without_step(self, type: int, seq: int, payload: bytes) -> None:
        """What the tape has not here: by time, or a departure."""
        step = self._asked_about()
        if is_probe(type, payload):
            self._answer_probe(seq)
        elif step is not None and step.is_probe and (step.answer is None or step.ended_session):
            self._match(step, seq, b"")  # then it was asked first whether the board lives
        elif type == messages.HELLO and self._welcome is not None and not self._is_over():
            renewed = with_nonce(self._welcome.payload, payload[:NONCE_BYTES])
            self._made.append(self._welcome.frame(seq, renewed))
        elif type == messages.BYE:
            self._made.append(frame.encode(messages.BYE | messages.RESPONSE, seq))
        else:
            raise self._departed(type, payload)

    def _asked_about(self) -> Step | None:
        steps = self._connection.steps[self._next :]
        return steps[0] if steps else None

    def _answer_probe(self, seq: int) -> None:
        """As the board answers what comes next: that it lives, has left the session, or nothing."""
        steps = [s for s in self._connection.steps[self._next :] if s.type != TEXT]
        if steps and steps[0].ended_session:
            self._match(steps[0], seq, b"")
        elif not steps or steps[0].answer is not None:
            told = messages.encode(messages.ERROR, code=errors.NO_OBJECT, detail="")
            self._made.append(frame.encode(messages.ERROR, seq, told))

    def _departed(self, type: int, payload: bytes) -> Exception:
        self._raise_failure()
        step = self._asked_about()
        if step is None and not self._connection.is_whole:
            return self._replay.ended(self._last_us())
        number = step.number if step else len(self._connection.steps) + 1
        then = step.in_words() if step else NOTHING_THEN
        at_us = step.at_us if step else self._last_us()
        connection = self._replay.number_of(self._connection)
        uploads = step and another_upload((step.type, step.payload), (type, payload))
        both = uploads or (then, in_words(type, payload))
        return self._replay.depart(connection, number, at_us, *both, is_upload=bool(uploads))

    # What the board sends

    def _deliverable(self) -> Piece | None:
        """The first that may come: an answer to what was asked, or what came before such a one."""
        while self._waiting and self._waiting[0].is_gone:
            self._waiting.popleft()
        for number, piece in enumerate(self._waiting):
            if piece.is_gone:
                continue
            if piece.step is not None:
                if piece.step.number in self._seqs:
                    return piece
            elif piece.after <= self._next or any(
                later.step is not None and later.step.number in self._seqs
                for later in islice(self._waiting, number, None)
            ):
                return piece
        return None

    def _deliver(self, piece: Piece) -> bytes:
        piece.is_gone = True
        if piece.step is None:
            return piece.frame(piece.seq, piece.payload)
        seq, nonce = self._seqs[piece.step.number]
        is_welcome = piece.type == messages.HELLO | messages.RESPONSE
        return piece.frame(seq, with_nonce(piece.payload, nonce) if is_welcome else piece.payload)

    def _raise_failure(self) -> None:
        """The link breaks where it broke then."""
        for failure in self._connection.failures:
            if not failure.is_gone and self._is_reached(failure):
                failure.is_gone = True
                raise _error_of(failure)

    def _is_reached(self, failure: Failure) -> bool:
        steps = self._connection.steps[self._next :]
        is_before = any(s.place < failure.place and not s.depends_on_time for s in steps)
        return not is_before and self._deliverable() is None

    def _is_over(self) -> bool:
        return all(step.depends_on_time for step in self._connection.steps[self._next :])

    def _last_us(self) -> int:
        steps, pieces = self._connection.steps, self._connection.pieces
        return max([s.at_us for s in steps] + [p.at_us for p in pieces] + [self._connection.at_us])

    # Time

    def _is_due(self, at_us: int, timeout_s: float) -> bool:
        """In real time: whether it comes within ``timeout_s``, which is waited for."""
        if not self._replay.real_time:
            return True
        wait_s = max(0.0, (at_us + self._shift_us - _now_us()) / 1e6)
        time.sleep(min(wait_s, timeout_s))
        return wait_s <= timeout_s

    def _pass(self, timeout_s: float) -> None:
        """A silence: waited for in real time, else passed over."""
        if self._replay.real_time:
            time.sleep(timeout_s)
        else:
            self.skipped_ms += round(timeout_s * 1000) + 1


def _now_us() -> int:
    return time.monotonic_ns() // 1000


def _error_of(failure: Failure) -> Exception:
    """What the host met then: its kind, where that is one of these, and its sentence."""
    own = {each.__name__: each for each in (TakesNothingError, BoardNotFoundError)}
    return own.get(failure.error, LinkError)(failure.sentence)
