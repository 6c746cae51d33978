"""How one playing back of a tape goes: which connection is next, where the host departs."""

from dataclasses import dataclass, field
from pathlib import Path

from tinyteach.errors import DepartedError, TapeError
from tinyteach.link.tape.reading import connections_of
from tinyteach.link.tape.steps import Connection
from tinyteach.link.tape.tape_file import ENDED, FULL, Tape, read_tape

DEPARTED = (
    "What the host sends departs from the tape in request {number}, {at_s:.3f} s after its "
    "beginning: then it sent {then}, now {now}; 'tinyteach replay --list' shows what was sent."
)
ANOTHER_UPLOAD = (
    "The tape was recorded with {then}, and now {now} is sent, in request {number}, {at_s:.3f} s "
    "after its beginning; replay it with what was used then, or record it again."
)
NO_MORE = "no other connection"
A_CONNECTION = "another connection, the {} one"
TAPE_ENDS = (
    "The tape ends here, {at_s:.3f} s after its beginning, because it was {why}; what the board "
    "did then is not known."
)
LEFT_OUT = "The host ended {} requests before the tape did."
AS_RECORDED = "All that the host sent, {} requests, was as recorded."
WHY_ENDS = {FULL: "full", ENDED: "switched off", 0: "cut short"}


@dataclass(frozen=True)
class Departure:
    """Request ``number`` of a connection, ``at_s`` after the tape's beginning; both in words.

    With ``is_upload`` these are two things of a kind, such as two heads, else two requests.
    """

    connection: int
    number: int
    at_s: float
    then: str
    now: str
    is_upload: bool = False

    def sentence(self) -> str:
        """For a person."""
        text = ANOTHER_UPLOAD if self.is_upload else DEPARTED
        return text.format(number=self.number, at_s=self.at_s, then=self.then, now=self.now)


@dataclass
class Replay:
    """One playing back of a tape, of all of its connections.

    ``departure`` is the first there was, ``left`` how many requests the host ended before.
    ``trusting``: photographs that are sent are not compared.
    """

    tape: Tape
    real_time: bool = False
    trusting: bool = False
    departure: Departure | None = None
    taken: int = 0
    left: int = 0
    connections: list[Connection] = field(init=False)
    _opened: int = 0

    def __post_init__(self) -> None:
        self.connections = connections_of(self.tape)

    def next_connection(self) -> Connection:
        """The one that the host opens now; DepartedError where it opened no more."""
        if self._opened == len(self.connections):
            if self.tape.ending != ENDED:
                raise self.ended(self._end_us())
            number = len(self.connections) + 1
            raise self.depart(number, 0, self._end_us(), NO_MORE, A_CONNECTION.format(number))
        self._opened += 1
        return self.connections[self._opened - 1]

    def depart(
        self, connection: int, number: int, at_us: int, then: str, now: str, is_upload: bool = False
    ) -> DepartedError:
        """Keep the first departure; the error to raise."""
        found = Departure(connection, number, at_us / 1e6, then, now, is_upload)
        self.departure = self.departure or found
        return DepartedError(self.departure.sentence())

    def ended(self, at_us: int) -> TapeError:
        """The error to raise where the tape has no more."""
        return TapeError(TAPE_ENDS.format(at_s=at_us / 1e6, why=WHY_ENDS[self.tape.ending]))

    def in_words(self) -> str:
        """How it went, for a person."""
        if self.departure:
            return self.departure.sentence()
        return LEFT_OUT.format(self.left) if self.left else AS_RECORDED.format(self.taken)

    def number_of(self, connection: Connection) -> int:
        """Counted from 1."""
        return self.connections.index(connection) + 1

    def _end_us(self) -> int:
        return self.tape.entries[-1].at_us if self.tape.entries else 0


def replay_of(path: Path, real_time: bool = False) -> Replay:
    """TapeError where the file is no whole tape, or one without a connection."""
    replay = Replay(read_tape(path), real_time)
    if not replay.connections:
        raise TapeError(f"The tape {path} holds no connection to a board; record one with a board.")
    return replay
