"""`tinyteach replay`: today's host asks again all that a tape's host asked."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, DepartedError, LinkError, TinyTeachError
from tinyteach.link.tape.replay import Replay
from tinyteach.link.tape.steps import Connection, Step
from tinyteach.link.tape.words import error_name
from tinyteach.progress import Progress
from tinyteach.results import JsonResult, Lines
from tinyteach.service.tapes.listing import OK, UNANSWERED, outcome_of_step
from tinyteach.service.tapes.replaying import replaying
from tinyteach_protocol import errors, frame, messages

OF_THE_SESSION = {messages.HELLO, messages.BYE}  # what a client sends by itself
AS_RECORDED = "as recorded"
NOT_TODAY = "this version cannot send it"


@dataclass(frozen=True)
class Replayed(JsonResult):
    """``outcomes`` counts what came of the requests, ``differ`` says where that is another thing.

    ``sentences`` is what a host says of the failures, ``departure`` the first request that it sends
    otherwise.
    """

    file: str
    words: list[str]
    requests: int
    outcomes: dict[str, int]
    differ: list[str]
    sentences: list[str]
    departure: str

    @property
    def held(self) -> bool:
        """Whether all went as it did then."""
        return not self.differ and not self.departure

    def as_dict(self) -> dict[str, object]:
        """The fields by name, and whether all went as then."""
        return super().as_dict() | {"held": self.held}

    def lines(self) -> Lines:
        """For a person."""
        counted = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.items())
        first = f"{self.requests} requests of the tape were asked again: {counted or 'none'}."
        command = " ".join(self.words)
        again = f"Next: tinyteach replay {self.file} -- {command}" if command else ""
        ends = "All went as recorded." if self.held else self.departure
        return [first, *self.sentences, *self.differ, *filter(None, [ends, again])]


def replay_tape(file: Path, real_time: bool, progress: Progress) -> Replayed:
    """Ask all of it again, and compare what comes of each request with what came then.

    TapeError where the tape cannot be read.
    """
    driven = _Driven(Counter(), [], [], progress)
    with replaying(file, real_time) as board:
        replay = board.replay
        replay.trusting = True
        for connection in replay.connections:
            try:
                driven.drive(board.name, connection)
            except DepartedError:
                break
            except TinyTeachError as error:
                driven.sentences.append(str(error))
    return _result(file, replay, driven)


def _result(file: Path, replay: Replay, driven: "_Driven") -> Replayed:
    departure = replay.departure.sentence() if replay.departure else ""
    return Replayed(
        str(file),
        list(replay.tape.about["words"]),
        sum(driven.outcomes.values()),
        dict(driven.outcomes),
        driven.differ,
        list(dict.fromkeys(driven.sentences)),
        departure,
    )


@dataclass
class _Driven:
    outcomes: Counter[str]
    differ: list[str]
    sentences: list[str]
    progress: Progress

    def drive(self, name: str, connection: Connection) -> None:
        """One connection: the requests that a client does not make by itself."""
        with BoardClient(name) as client:
            own = [s for s in connection.steps if s.type in messages.VERBS]
            is_first_info = True
            for done, step in enumerate(own):
                self.progress("Asking again", done, len(own))
                asked_already = step.type == messages.INFO and is_first_info
                is_first_info = is_first_info and not asked_already
                if not (asked_already or step.is_probe or step.type in OF_THE_SESSION):
                    self._ask(client, step)

    def _ask(self, client: BoardClient, step: Step) -> None:
        outcome = self._outcome(client, step)
        self.outcomes[outcome] += 1
        then = outcome_of_step(step)
        if outcome != then:
            self.differ.append(f"Request {step.number}: then {then}, now {outcome}.")

    def _outcome(self, client: BoardClient, step: Step) -> str:
        size = step.size - frame.OVERHEAD_BYTES
        try:
            # Of a photograph the tape has the beginning only: offset and length.
            fields = messages.decode(step.type, 0, step.payload.ljust(size, b"\0")).fields
        except errors.ProtocolError:
            return NOT_TODAY
        try:
            client.request(step.type, **fields)
        except BoardRefusedError as error:
            self.sentences.append(str(error))
            return error_name(error.code)
        except LinkError as error:
            self.sentences.append(str(error))
            return error_name(errors.NO_SESSION) if step.ended_session else UNANSWERED
        return OK
