"""From pytest's reports, of this process or others, to the outcome of each test and of the run."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from tinyteach import __version__
from tinyteach.hil.ends import CODE_DEPARTED, CODE_NO_BOARD, CODE_ONLY_ON_RETRY, CODE_WRONG_BOARD
from tinyteach.hil.results import (
    DEPARTED,
    DEPARTURE,
    ERROR,
    FAILED,
    NO_BOARD,
    NOT_RUN,
    PASSED,
    QUARANTINED,
    RETRIED,
    SKIPPED,
    WRONG_BOARD,
    Outcome,
    Pending,
    Run,
)

# What pytest calls each, in a letter and in words.
LETTERS = {
    RETRIED: "R",
    WRONG_BOARD: "W",
    NO_BOARD: "B",
    QUARANTINED: "Q",
    DEPARTED: "D",
    NOT_RUN: "-",
}
KINDS = {CODE_WRONG_BOARD: WRONG_BOARD, CODE_NO_BOARD: NO_BOARD, CODE_DEPARTED: DEPARTED}


@dataclass
class Notes:
    """What travels with a report of a test with boards, as JSON types.

    ``end`` is what pytest ends with where this kept the test from running, 0 where nothing did;
    ``kind`` an outcome that pytest has no word for.
    """

    board: str = ""
    kind: str = ""
    end: int = 0
    tries: int = 1
    first: str = ""  # the first failure, where the test ran again, and in one line
    first_reason: str = ""
    why: list[str] = field(default_factory=list)
    pending: dict[str, Any] = field(default_factory=dict)


def notes_of(report: pytest.TestReport) -> Notes | None:
    """None for a test without boards."""
    found = getattr(report, "tinyteach", None)
    return None if found is None else Notes(**found)


def tell_junit(item: pytest.Item, **said: str) -> None:
    """As properties of the test's case, where they are not empty."""
    item.user_properties += [(f"tinyteach_{name}", text) for name, text in said.items() if text]


def reason_of(report: pytest.TestReport) -> str:
    """Why, in one line: what was asserted, a sentence, or why it was skipped."""
    told = report.longrepr
    if isinstance(told, tuple):
        return str(told[2]).removeprefix("Skipped: ")
    crash = getattr(told, "reprcrash", None)
    lines = str(crash.message if crash else told or "").splitlines()
    return re.sub("^(AssertionError|Failed): ", "", lines[0]) if lines else ""


class Collector:
    """Takes what reports bring into the run's results.

    ``departure`` says where the host left a tape that is replayed, empty where it did not.
    """

    def __init__(self, run: Run, departure: Callable[[], str]) -> None:
        self._run, self._departure = run, departure
        self._run.started = datetime.now().astimezone().isoformat(timespec="seconds")
        self._run.tinyteach = __version__
        self._start = time.perf_counter()
        self._open: dict[str, list[pytest.TestReport]] = {}
        self._ends: set[int] = set()
        self._failed = False  # a test, whatever of; not a board that was not there

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        notes = notes_of(report)
        end = notes.end if notes else 0
        if end:
            self._ends.add(end)
        self._failed |= report.failed and end in (0, 1)
        if notes is None:
            return
        if notes.pending:
            self._run.take(Pending.of(notes.pending))
        self._open.setdefault(report.nodeid, []).append(report)
        if report.when == "teardown":
            self._run.outcomes.append(outcome_of(self._open.pop(report.nodeid)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._failed |= report.failed

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self._run.code = self.code(int(exitstatus))
        if self._departure():
            self._run.facts[DEPARTURE] = self._departure()
        self._run.duration_s = round(time.perf_counter() - self._start, 3)
        session.exitstatus = self._run.code

    def code(self, status: int) -> int:
        """What the run ends with, where pytest would with ``status``."""
        if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and self._departure():
            return CODE_DEPARTED
        if status == pytest.ExitCode.OK:
            return CODE_ONLY_ON_RETRY if self._run.of(RETRIED) else status
        if status != pytest.ExitCode.TESTS_FAILED or self._failed or not self._ends:
            return status
        return min(self._ends)


def outcome_of(reports: list[pytest.TestReport]) -> Outcome:
    """Of a test's reports, from setup to teardown."""
    told = [(report, notes_of(report) or Notes()) for report in reports]
    first = next((pair for pair in told if not pair[0].passed), told[0])
    by, kind = next(((each, n.kind) for each, n in told if n.kind), (first[0], _plain(reports)))
    tried = next((notes for _, notes in told if notes.first), Notes())
    detail = tried.first or first[0].longreprtext
    return Outcome(
        first[0].nodeid,
        kind,
        round(sum(report.duration for report in reports), 4),
        tried.first_reason or reason_of(by),
        detail if kind not in (PASSED, SKIPPED) else "",
        [line for _, notes in told for line in notes.why],
        max(notes.tries for _, notes in told),
        first[1].board,
    )


def _plain(reports: list[pytest.TestReport]) -> str:
    if any(report.failed for report in reports):
        return FAILED if any(r.failed and r.when == "call" for r in reports) else ERROR
    return SKIPPED if any(report.skipped for report in reports) else PASSED


def status_of(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """pytest's category, letter and word for what it has none for; None where it has."""
    notes = notes_of(report)
    if notes is None or not notes.kind:
        return None
    return notes.kind, LETTERS[notes.kind], notes.kind.upper()
