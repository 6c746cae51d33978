"""Hooks and fixtures. Every pytest run loads this: what is large is loaded when it is used."""

import sys
from collections.abc import Generator, Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tinyteach.errors import TinyTeachError
from tinyteach.hil.baseline_option import BaselineKeeper, baseline_option
from tinyteach.hil.ends import CODE_BAD_FILE, CODE_CANNOT_GO_ON, CODE_DEPARTED, GONE, end_of
from tinyteach.hil.not_run import tell_not_run
from tinyteach.hil.outcomes import KINDS, Collector, Notes, status_of, tell_junit
from tinyteach.hil.results import QUARANTINED
from tinyteach.hil.settings import FILE, Quarantine, settings_of
from tinyteach.hil.state import State, opened_board, state_of, words_of
from tinyteach.hil.summary import sections
from tinyteach.hil.tape_option import tape_option

pytest_plugins = ["tinyteach.hil.fixtures", "tinyteach.hil.report.plugin"]
RUN, BENCH, WORD = "tinyteach_run", "tinyteach_bench", "tinyteach_word"
MARKERS = (
    "hardware: needs a real board; skipped on the virtual one, saying so",
    "needs(*words): skipped, saying so, where the board lacks one: camera, psram, agent",
    "budget(name, at_most=, at_least=, p50=, p95=, **of): limits of what the test measures",
)
OVER = (
    "It was in quarantine until {date} ({reason}; {owner}), which is over; mend it, or agree on "
    "another date."
)
TAKEN = "pytest took {0} for a folder of tests; write --tt-board={0}, with = and not with a blank."


# Options


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tinyteach", "boards in the loop (TinyTeach)")
    group.addoption(
        "--tt-board",
        action="append",
        default=[],
        metavar="BOARD",
        help="a name, port, pyserial URL, or virtual; repeat it and tests run on each. "
        "By default TINYTEACH_BOARD, else virtual.",
    )
    group.addoption(
        "--tt-photos", metavar="DIR", help="class folders, or a zip of them; else drawn objects"
    )
    group.addoption("--tt-embedding", metavar="NAME", help="what boards must have: a name or file")
    group.addoption(
        "--tt-any-firmware", action="store_true", help="also boards with another agent or embedding"
    )
    group.addoption(
        "--tt-retries",
        type=int,
        default=0,
        metavar="N",
        help="run a test with boards that failed up to N times more; one that passes then is "
        "told apart, and the run ends with 20",
    )
    group.addoption("--tt-config", metavar="FILE", help=f"by default {FILE} of the project")
    group.addoption(
        "--tt-baseline", metavar="FILE", help="fail where something got worse than in these runs"
    )
    group.addoption(
        "--tt-update-baseline", action="store_true", help="add this run to them, if it ends with 0"
    )
    group.addoption("--tt-record", metavar="DIR", help="make a tape there of what boards say")
    group.addoption(
        "--tt-replay", metavar="FILE", help="test against that tape, in the boards' place"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    words = words_of(config.getoption("--tt-board"))
    _refuse_taken_for_tests(config, words)
    state = State(words)
    config.tinyteach = state  # type: ignore[attr-defined]
    try:
        state.settings = settings_of(config.rootpath, config.getoption("--tt-config"))
        named, update = (config.getoption(n) for n in ("--tt-baseline", "--tt-update-baseline"))
        state.baseline = baseline_option(named, update)
        state.tape = tape_option(config)
    except TinyTeachError as error:
        pytest.exit(str(error), returncode=end_of(type(error)))


def _refuse_taken_for_tests(config: pytest.Config, words: Sequence[str]) -> None:
    """Before pytest knows of plugins' options it takes any path behind a blank for one of tests.

    It then looks for its configuration around a port, in /dev, and finds none.
    """
    is_elsewhere = not config.invocation_params.dir.is_relative_to(config.rootpath)
    taken = [word for word in words if config.rootpath in Path(word).parents]
    if is_elsewhere and taken:
        raise pytest.UsageError(TAKEN.format(taken[0]))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A pipeline that sends SIGINT sends SIGTERM soon after, while boards are being put back."""
    state = state_of(session.config)
    state.is_over = True
    state.undisturbed()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Where a board was opened for a test that was skipped then."""
    if hasattr(config, "tinyteach"):
        state = state_of(config)
        told = len(state.late)
        state.close()
        for sentence in state.late[told:]:
            sys.stderr.write(f"{sentence}\n")
        if state.tape:
            state.tape.close()


# Which tests, with which boards


def is_ours(item: pytest.Item) -> bool:
    """Whether it uses fixtures of ours, and not a project's own of the same names."""
    return RUN in getattr(item, "fixturenames", ())


def uses_boards(item: pytest.Item) -> bool:
    """Whether it is one of them that uses a board; another may only measure."""
    return BENCH in getattr(item, "fixturenames", ())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    words = state_of(metafunc.config).words
    if WORD in metafunc.fixturenames and len(words) > 1:
        metafunc.parametrize(WORD, words, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What a marker cannot mean is said before anything is run; what quarantine does not, then."""
    state = state_of(config)
    entries = state.settings.quarantine
    named = {entry for entry in entries for item in items if entry.concerns(item.nodeid)}
    state.unnamed = [entry.test for entry in entries if entry not in named]
    for item in filter(is_ours, items):
        try:
            _words_needed(item)
            _limits_of(item)
        except TinyTeachError as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Of the tests that are left, whether the tape that is replayed has them."""
    tape = state_of(session.config).tape
    said = (
        tape.refusal([each.nodeid for each in session.items if uses_boards(each)]) if tape else ""
    )
    if said:
        pytest.exit(said, returncode=CODE_CANNOT_GO_ON)


def _words_needed(item: pytest.Item) -> list[str]:
    words = [word for marker in item.iter_markers("needs") for word in marker.args]
    words += ["hardware"] * any(True for _ in item.iter_markers("hardware"))
    if words:
        from tinyteach.hil.needs import check_words

        check_words(words)
    return words


def _limits_of(item: pytest.Item) -> list[Any]:
    markers = list(item.iter_markers("budget"))
    if not markers:
        return []
    from tinyteach.hil.limits import limits_of

    return [limit for marker in markers for limit in limits_of(marker.args, marker.kwargs)]


def word_of(item: pytest.Item) -> str:
    """The board that it is to run with; empty for none."""
    if not uses_boards(item):
        return ""
    callspec = getattr(item, "callspec", None)
    words = state_of(item.config).words
    return str(callspec.params.get(WORD, words[0]) if callspec else words[0])


# Running one


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before its fixtures: a test that cannot run with this board costs nothing."""
    if not uses_boards(item):
        return
    tape = state_of(item.config).tape
    if tape:
        tape.begin_test(item.nodeid)
    words = _words_needed(item)
    if words:
        from tinyteach.hil.needs import lacking

        why = lacking(opened_board(item.config, word_of(item)), words)
        if why:
            pytest.skip(why)


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    retries = item.config.getoption("--tt-retries")
    if retries <= 0 or not uses_boards(item):
        return None
    from tinyteach.hil.retries import run_with_retries

    run_with_retries(item, nextitem, retries)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """What a test changes on boards is put back, and what it measures is held to its budget.

    Where it fails its board is asked why, as the test left it.
    """
    if not is_ours(item):
        return (yield)
    bench = state_of(item.config).bench if uses_boards(item) else None
    with bench.test_body() if bench else nullcontext():
        try:
            result = yield
            _hold_to_budget(item)
            _hold_to_project(item)
        except (*GONE, KeyboardInterrupt, pytest.skip.Exception, pytest.exit.Exception):
            raise
        except BaseException:
            _ask_why(item)
            raise
    return result


def _hold_to_budget(item: pytest.Item) -> None:
    limits = _limits_of(item)
    if limits:
        from tinyteach.hil.limits import broken

        said = broken(limits, state_of(item.config).pending.measurements)
        if said:
            pytest.fail("\n".join(said), pytrace=False)


def _hold_to_project(item: pytest.Item) -> None:
    """To the budgets in the project's file and to the baseline, both for kinds of boards."""
    state = state_of(item.config)
    pending = state.pending
    found = uses_boards(item) and (pending.measurements or pending.sightings)
    if not found or not (state.settings.budgets.any or state.baseline):
        return
    from tinyteach.hil.bench import record_of
    from tinyteach.hil.judging import judged

    word = word_of(item)
    record = record_of(word, opened_board(item.config, word))
    known = state.baseline.known if state.baseline else None
    verdict = judged(pending, item.nodeid, record, state.settings.budgets, known)
    pending.facts.update(verdict.told)
    broken = [*verdict.limits, *([] if _is_accepted(state) else verdict.worse)]
    if broken:
        pytest.fail("\n".join(broken), pytrace=False)


def _is_accepted(state: State) -> bool:
    return state.baseline is not None and state.baseline.update


def _ask_why(item: pytest.Item) -> None:
    from tinyteach.hil.why import explained

    state = state_of(item.config)
    board = state.bench.held(word_of(item)) if state.bench else None
    state.why = explained(board, state.pending.sightings)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a user can meet is one sentence; without the only board nothing goes on."""
    report = yield
    state = state_of(item.config)
    entry = state.settings.quarantined(item.nodeid)
    if not (is_ours(item) or entry):
        return report
    notes, why, state.why = Notes(word_of(item)), state.why, []
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, TinyTeachError) and (error in state.ends or isinstance(error, GONE)):
        _ended(item, report, error, notes)
    elif report.failed and why:
        notes.why = why
        report.sections.append(("the board then", "\n".join(why)))
    if report.failed and entry and not notes.end:
        _quarantined(report, entry, notes)
    board = notes.board if call.when == "setup" else ""
    tell_junit(item, board=board, outcome=notes.kind, why=" ".join(notes.why))
    if state.pending:
        notes.pending = state.pending.drained(item.nodeid, notes.board)
    report.tinyteach = vars(notes)  # type: ignore[attr-defined]
    return report


def _quarantined(report: pytest.TestReport, entry: Quarantine, notes: Notes) -> None:
    """A failure that does not count; one that counts again says so."""
    if not entry.holds(date.today()):
        said = OVER.format(date=entry.expires, reason=entry.reason, owner=entry.owner)
        report.sections.append(("quarantine", said))
        notes.why = [*notes.why, said]
        return
    notes.kind = QUARANTINED
    report.outcome = "skipped"
    report.wasxfail = entry.words()


def _ended(
    item: pytest.Item, report: pytest.TestReport, error: TinyTeachError, notes: Notes
) -> None:
    """Without its board the test is no failed one, and without the only board nothing goes on."""
    state = state_of(item.config)
    state.ends.append(error)
    report.longrepr = str(error)
    notes.end = end_of(type(error))
    notes.kind = KINDS.get(notes.end, "")
    is_only = len(state.words) == 1 or notes.end == CODE_DEPARTED
    if is_only and not hasattr(item.config, "workerinput"):
        state.last = item
        item.session.shouldfail = f"{notes.kind or 'it cannot go on'}: nothing more was run"


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """What it did not come to without its board is told."""
    try:
        return (yield)
    except pytest.Session.Failed:
        last = state_of(session.config).last
        if last is not None:
            tell_not_run(session, last)
        raise


def pytest_sessionstart(session: pytest.Session) -> None:
    state = state_of(session.config)
    collector = Collector(state.run, state.departure)
    session.config.pluginmanager.register(collector, "tinyteach-results")
    if state.baseline and not hasattr(session.config, "workerinput"):
        keeper = BaselineKeeper(state.baseline, state.run, CODE_BAD_FILE)
        session.config.pluginmanager.register(keeper, "tinyteach-baseline")


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    return status_of(report)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    state = state_of(config)
    kept = [("baseline", state.baseline.said)] if state.baseline and state.baseline.said else []
    for title, lines in [*sections(state), *kept]:
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
