"""`tinyteach replay --list`: what was asked of a board, when, and what came of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyteach.link.tape.reading import connections_of
from tinyteach.link.tape.steps import Connection, Step
from tinyteach.link.tape.tape_file import ENDED, FULL, Tape, read_tape
from tinyteach.link.tape.words import error_name, named
from tinyteach.plain_text import plain
from tinyteach.results import JsonResult, Lines, Table
from tinyteach_protocol import errors, messages

ENDINGS = {
    ENDED: "",
    FULL: "The tape was full here; what came after is not on it.",
    0: "The tape is cut short here.",
}
UNANSWERED, OK = "no answer", "ok"


@dataclass(frozen=True)
class ListedStep(JsonResult):
    """A request: ``at_ms`` after the tape's beginning, in ``tries`` until ``outcome``.

    ``latency_ms`` until the answer, None without; sizes in bytes on the wire; ``events`` that came
    of its stream.
    """

    number: int
    at_ms: float
    verb: str
    asked: str
    sent: int
    received: int
    latency_ms: float | None
    tries: int
    events: int
    outcome: str


@dataclass(frozen=True)
class ListedConnection(JsonResult):
    """``facts`` is what the board said of itself; ``failures`` are the host's sentences."""

    port: str
    at_ms: float
    facts: dict[str, Any]
    steps: list[ListedStep]
    failures: list[str]


@dataclass(frozen=True)
class Listed(JsonResult):
    """What is on a tape: ``words`` of the command that was recorded, or names of ``tests``."""

    file: str
    tinyteach: str
    started: str
    words: list[str]
    tests: list[str]
    connections: list[ListedConnection]
    ending: str

    def lines(self) -> Lines:
        """For a person."""
        command = " ".join(["tinyteach", *self.words]) if self.words else "a program"
        command = f"{len(self.tests)} tests" if self.tests else command
        first = f"{plain(command)}, recorded {self.started} by TinyTeach {self.tinyteach}."
        told: list[str | Table] = [first, *self.tests]
        for connection in self.connections:
            rows = [
                (
                    *(step.number, f"{step.at_ms:.1f}", step.asked, step.sent, step.received),
                    "–" if step.latency_ms is None else f"{step.latency_ms:.1f}",
                    _outcome(step),
                )
                for step in connection.steps
            ]
            title = f"{connection.port}, {_facts_in_words(connection.facts)}"
            columns = ("", "at ms", "asked", "bytes", "bytes back", "ms", "came of it")
            told += [Table(columns, rows, title), *connection.failures]
        return [*told, *filter(None, [self.ending])]


def list_tape(file: Path) -> Listed:
    """What is on it; TapeError where it cannot be read."""
    tape = read_tape(file)
    about = tape.about
    connections = [_listed(each) for each in connections_of(tape)]
    known = about["tinyteach"], about["started"], about["words"]
    tests = [plain(test) for test in tape.tests]
    return Listed(str(file), *known, tests, connections, _ending(tape))


def facts_of_tape(connection: Connection) -> dict[str, Any]:
    """What the board said of itself in HELLO's answer and INFO's, fingerprints as hex digits."""
    facts: dict[str, Any] = {}
    wanted = ("agent_version", "board_id", "machine", "micropython", "arch", "kernels", "embedding")
    for step in connection.steps:
        if step.type not in (messages.HELLO, messages.INFO) or step.answer is None:
            continue
        try:
            told = messages.decode(step.answer.type, 0, step.answer.payload).fields
        except errors.ProtocolError:
            continue
        for name in (*wanted, "head", "labels"):
            if name in told and name not in facts:
                value = told[name]
                facts[name] = value.hex() if isinstance(value, bytes) else value
    return facts


def _ending(tape: Tape) -> str:
    return ENDINGS[tape.ending]


def _listed(connection: Connection) -> ListedConnection:
    return ListedConnection(
        plain(connection.port),
        connection.at_us / 1000,
        facts_of_tape(connection),
        [_listed_step(step) for step in connection.steps],
        [plain(failure.sentence) for failure in connection.failures],
    )


def _listed_step(step: Step) -> ListedStep:
    answer = step.answer
    latency_ms = None if answer is None else (answer.at_us - step.at_us) / 1000
    received = 0 if answer is None else len(answer.frame(0, answer.payload))
    asked = step.in_words()
    counts = step.tries, step.events
    return ListedStep(
        *(step.number, step.at_us / 1000, named(step.type), asked, step.size, received),
        *(latency_ms, *counts, outcome_of_step(step)),
    )


def outcome_of_step(step: Step) -> str:
    """ok, the refusal's name, or that there was no answer."""
    if step.answer is None:
        return UNANSWERED if step.type >= 0 else OK
    code = 0 if step.is_probe and not step.ended_session else step.answer.error_code
    return error_name(code) if code else OK


def _outcome(step: ListedStep) -> str:
    tries = f", {step.tries} tries" if step.tries > 1 else ""
    events = f", {step.events} events" if step.events else ""
    return f"{step.outcome}{tries}{events}"


def _facts_in_words(facts: dict[str, Any]) -> str:
    if not facts:
        return "which said nothing of itself"
    head = facts.get("head") or "none"
    return plain(
        f"{facts.get('machine', 'a board')}, MicroPython {facts.get('micropython', '?')}, agent "
        f"{facts.get('agent_version', '?')}, embedding {(facts.get('embedding') or 'none')[:12]}, "
        f"head {head[:12]}"
    )
