"""What a run with boards found: small, typed, and the same as JSON.

A run is many tests, each with its outcome; what was measured, with all its repeats; what was
recognised; and facts in words. Reports and baselines read this and nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any, Self

# What the end of a name says of its unit, as everywhere in TinyTeach.
UNITS = {"_ms": "ms", "_us": "µs", "_s": "s", "_bytes": "bytes", "_kb_s": "KB/s"}
PERCENTILES = (50, 95)


def unit_of(name: str) -> str:
    """``latency_ms`` is in ms; empty where the name does not say."""
    found = [end for end in UNITS if name.endswith(end)]
    return UNITS[max(found, key=len)] if found else ""


@dataclass(frozen=True)
class Measurement:
    """One quantity with all its repeats, in the order in which they were measured.

    ``tags`` say of what, such as ``{"stage": "embedding"}`` or ``{"class": "cup"}``.
    """

    name: str
    samples: tuple[float, ...]
    unit: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    board: str = ""
    test: str = ""

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The same for the same quantity of another run or test."""
        return self.name, tuple(sorted(self.tags.items()))

    @property
    def title(self) -> str:
        """For a person: the name without its unit, and the tags."""
        end = next(
            (end for end in UNITS if self.name.endswith(end) and self.unit == UNITS[end]), ""
        )
        return " ".join([self.name.removesuffix(end).replace("_", " "), *self.tags.values()])

    @property
    def mean(self) -> float:
        return sum(self.samples) / len(self.samples)

    def percentile(self, percent: float) -> float:
        """As numpy has it, between two samples by a straight line."""
        import numpy as np

        return float(np.percentile(self.samples, percent))

    def value(self) -> int | str:
        """For a person; a whole number that is one alone stays one."""
        if len(self.samples) > 1 and not self.unit and {*self.samples} <= {0.0, 1.0}:
            return f"{self.mean:.3f} of {len(self.samples)}"
        if len(self.samples) > 1:
            shown = (f"p{p} {_short(self.percentile(p), self.unit)}" for p in PERCENTILES)
            return ", ".join(shown)
        (only,) = self.samples
        if not self.unit and only == int(only):
            return int(only)
        return _short(only, self.unit)


def _short(value: float, unit: str) -> str:
    text = f"{value:.0f}" if unit == "bytes" else f"{value:.3f}" if not unit else f"{value:.2f}"
    return f"{text} {unit}".strip()


@dataclass(frozen=True)
class Sighting:
    """One picture that a board recognised: what it shows, what was said, and by whom.

    ``label`` may be ``unknown``; ``best`` is the best class all the same. ``agrees``: whether the
    board computed the same probabilities as this computer, None where nobody compared.
    ``thumbnail`` is a JPEG in base64, empty but for the worst.
    """

    truth: str
    label: str
    best: str
    probability: float
    picture: str = ""
    agrees: bool | None = None
    board: str = ""
    test: str = ""
    thumbnail: str = ""

    @property
    def right(self) -> bool:
        return self.label == self.truth


@dataclass(frozen=True)
class BoardRecord:
    """A board that took part; ``word`` is how it was named."""

    word: str
    name: str
    board_id: str
    machine: str
    micropython: str
    agent: str
    embedding: str
    kernels: str


@dataclass(frozen=True)
class Pending:
    """What one test added; it travels with its report, from another process too."""

    measurements: list[Measurement] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    facts: dict[str, str | int] = field(default_factory=dict)
    boards: list[BoardRecord] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)

    @classmethod
    def of(cls, value: dict[str, Any]) -> Self:
        """From what `as_dict` gave."""
        return cls(
            [measurement_of(each) for each in value["measurements"]],
            [Sighting(**each) for each in value["sightings"]],
            dict(value["facts"]),
            [BoardRecord(**each) for each in value["boards"]],
        )

    def __bool__(self) -> bool:
        return bool(self.measurements or self.sightings or self.facts or self.boards)

    def drained(self, test: str, board: str) -> dict[str, Any]:
        """All of it as JSON types, as that test's with that board; nothing is left here."""
        value = self.as_dict()
        for each in (*value["measurements"], *value["sightings"]):
            each |= {"test": test, "board": board}
        for kept in (self.measurements, self.sightings, self.facts, self.boards):
            kept.clear()
        return value


def measurement_of(value: dict[str, Any]) -> Measurement:
    """From JSON, which has lists for tuples."""
    return Measurement(**(value | {"samples": tuple(value["samples"])}))


# Outcomes of a test. A test that passed on a retry is no passed one.
PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"
RETRIED = "passed on retry"
QUARANTINED = "quarantined"
WRONG_BOARD, NO_BOARD, DEPARTED = "wrong board", "no board", "departed"
NOT_RUN = "not run"  # because the run ended before it, without its board
OUTCOMES = (
    *(PASSED, FAILED, ERROR, SKIPPED, RETRIED, QUARANTINED),
    *(WRONG_BOARD, NO_BOARD, DEPARTED, NOT_RUN),
)
DEPARTURE = "departure"  # the fact that a report has where the host left a tape


@dataclass(frozen=True)
class Outcome:
    """What became of a test.

    ``reason`` is the first failure's in one line, or why it was skipped; ``detail`` all of it;
    ``why`` what the board was found to be like then, in sentences; ``tries`` how often it ran.
    """

    test: str
    outcome: str
    duration_s: float = 0.0
    reason: str = ""
    detail: str = ""
    why: list[str] = field(default_factory=list)
    tries: int = 1
    board: str = ""


SAME, WORSE, BETTER = "same", "worse", "better"


@dataclass(frozen=True)
class Change:
    """A measurement beside its baseline: ``verdict`` is same, worse or better.

    ``low`` to ``high`` is what the change may be by the noise of both; ``said`` is a sentence on a
    change that is one, with the stage that is likely to blame.
    """

    title: str
    unit: str
    before: float
    now: float
    low: float
    high: float
    verdict: str = SAME
    said: str = ""
    board: str = ""


@dataclass
class Run:
    """All of a run. ``started`` is in ISO 8601 with its offset, ``code`` what pytest ended with."""

    started: str = ""
    duration_s: float = 0.0
    tinyteach: str = ""
    code: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    facts: dict[str, str | int] = field(default_factory=dict)
    boards: list[BoardRecord] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def take(self, pending: Pending) -> None:
        """Add what a test found."""
        self.measurements += pending.measurements
        self.sightings += pending.sightings
        self.facts |= pending.facts
        self.boards += [each for each in pending.boards if each not in self.boards]

    def of(self, *outcomes: str) -> list[Outcome]:
        """The tests that ended so."""
        return [each for each in self.outcomes if each.outcome in outcomes]

    def told(self) -> dict[str, str | int]:
        """Facts and measurements for a person, by title; a fact of that title speaks for it."""
        measured = {each.title: each.value() for each in self.merged()}
        facts = dict(self.facts)
        if any(each.reason == facts.get(DEPARTURE) for each in self.outcomes):
            del facts[DEPARTURE]  # which that test tells
        return facts | {t: value for t, value in measured.items() if t not in facts}

    def merged(self) -> list[Measurement]:
        """One of each quantity and board: the repeats of all tests together."""
        found: dict[object, Measurement] = {}
        for each in self.measurements:
            key = (each.board, *each.key)
            samples = (*found[key].samples, *each.samples) if key in found else each.samples
            found[key] = Measurement(each.name, samples, each.unit, each.tags, each.board)
        return list(found.values())

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it (report/schema.json)."""
        return asdict(self)

    @classmethod
    def of_dict(cls, value: dict[str, Any]) -> Self:
        """From what `as_dict` gave; ValueError where it is something else."""
        try:
            outcomes = [Outcome(**each) for each in value["outcomes"]]
            changes = [Change(**each) for each in value["changes"]]
            pending = Pending.of(value)
            kept = {name: value[name] for name in ("started", "duration_s", "tinyteach", "code")}
        except (KeyError, TypeError) as error:
            raise ValueError("it is no run with boards") from error
        run = cls(**kept, outcomes=outcomes, changes=changes)
        run.take(pending)
        return run


def as_samples(values: float | Iterable[float]) -> tuple[float, ...]:
    """One number or many; ValueError where there is none, or not a number."""
    many: Sequence[float] = (
        tuple(values) if isinstance(values, Iterable) else (values,)  # numpy's scalars, too
    )
    samples = tuple(float(value) for value in many)
    if not samples or not all(map(isfinite, samples)):
        raise ValueError("nothing was measured, or what is no number")
    return samples
