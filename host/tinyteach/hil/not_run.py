"""Tests that a run did not come to, because it ended without its board: they are counted."""

import pytest
from _pytest.reports import TestReport

from tinyteach.hil.outcomes import Notes
from tinyteach.hil.results import NOT_RUN

WHY = "The run ended before it."


def tell_not_run(session: pytest.Session, last: pytest.Item) -> None:
    """Of each test behind ``last`` reports as of one that was skipped, under a name of its own."""
    for item in session.items[session.items.index(last) + 1 :]:
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        hook.pytest_runtest_logreport(report=_skipped(item))
        hook.pytest_runtest_logreport(report=_report(item, "teardown", Notes()))
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _skipped(item: pytest.Item) -> TestReport:
    report = _report(item, "setup", Notes(kind=NOT_RUN))
    report.outcome = "skipped"
    report.longrepr = (str(item.path), (item.location[1] or 0) + 1, WHY)
    report.user_properties = [("tinyteach_outcome", NOT_RUN)]
    return report


def _report(item: pytest.Item, when: str, notes: Notes) -> TestReport:
    report = TestReport(item.nodeid, item.location, {}, "passed", None, when)  # type: ignore[arg-type]
    report.tinyteach = vars(notes)  # type: ignore[attr-defined]
    return report
