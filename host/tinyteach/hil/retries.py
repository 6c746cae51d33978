"""A test that failed is run again, and what failed first stays what is told of it."""

from collections.abc import Callable
from typing import Any

import pytest
from _pytest.runner import call_and_report  # as pytest-rerunfailures does: there is no public way

from tinyteach.hil.outcomes import Notes, notes_of, reason_of, tell_junit
from tinyteach.hil.results import RETRIED

ORDINALS = {2: "second", 3: "third"}


def run_with_retries(item: pytest.Item, nextitem: pytest.Item | None, retries: int) -> None:
    """Run a test up to ``retries`` times more while its body fails; the last try is reported."""
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    before, tries = Notes(), 0
    while True:
        tries += 1
        mark = _marking(item, tries, before)
        reports = _try(item, nextitem, tries <= retries, mark)
        if reports[-1].when == "teardown":
            break
        _keep(before, reports)
    for report in reports:
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _try(
    item: pytest.Item,
    nextitem: pytest.Item | None,
    may_fail: bool,
    mark: Callable[[pytest.TestReport], None],
) -> list[pytest.TestReport]:
    """The reports of one try, without that of its teardown where it is to be tried again."""
    if not getattr(item, "_request", None):
        item._initrequest()  # type: ignore[attr-defined]
    reports = [call_and_report(item, "setup", log=False)]
    if reports[0].passed:
        reports.append(call_and_report(item, "call", log=False))
    if may_fail and _is_to_be_retried(reports[-1]):
        # To its parent: what is of the test itself is taken down, what is of its module stays.
        torn_down = call_and_report(item, "teardown", log=False, nextitem=item.parent)
        again = torn_down.passed
        if not again:
            reports.append(torn_down)
    else:
        mark(reports[-1])
        reports.append(call_and_report(item, "teardown", log=False, nextitem=nextitem))
    item._request = False  # type: ignore[attr-defined]
    item.funcargs = None  # type: ignore[attr-defined]
    return reports


def _is_to_be_retried(report: pytest.TestReport) -> bool:
    """Not where its board is gone: there is nothing to try it with."""
    notes = notes_of(report)
    return report.when == "call" and report.failed and not (notes and notes.end)


def _marking(item: pytest.Item, tries: int, before: Notes) -> Callable[[pytest.TestReport], None]:
    """What the last try's report is told of those before."""

    def mark(report: pytest.TestReport) -> None:
        notes = notes_of(report)
        if notes is None or tries == 1:
            return
        notes.tries, notes.first, notes.first_reason = tries, before.first, before.first_reason
        notes.pending = _together(before.pending, notes.pending)
        notes.why = before.why + notes.why
        if report.passed:
            notes.kind = RETRIED
            said = f"passed on the {ORDINALS.get(tries, f'{tries}th')} try"
            tell_junit(item, outcome=said, first_failure=before.first)
        elif report.failed:
            report.sections.insert(0, ("the first try", before.first))
        report.tinyteach = vars(notes)  # type: ignore[attr-defined]

    return mark


def _keep(before: Notes, reports: list[pytest.TestReport]) -> None:
    """Of a try that failed: the first failure, and what it measured, which counts as well."""
    before.first_reason = before.first_reason or reason_of(reports[-1])
    before.first = before.first or reports[-1].longreprtext
    for notes in filter(None, map(notes_of, reports)):
        before.pending = _together(before.pending, notes.pending)
        before.why += notes.why


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    if not one or not other:
        return one or other
    return {name: one[name] | v if name == "facts" else one[name] + v for name, v in other.items()}
