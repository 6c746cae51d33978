"""What stands at the end of a run in the terminal."""

from collections.abc import Iterator, Sequence
from datetime import date

from tinyteach.hil.results import DEPARTURE, NO_BOARD, QUARANTINED, RETRIED, WRONG_BOARD, Outcome
from tinyteach.hil.state import State

RETRY_CODE = "A run whose tests pass only on a retry ends with 20, not with 0."
NO_TEST = "{} is no test of this run; mend the name, or take it out."
PASSED_IN_QUARANTINE = "{test} passes and is {words}; take it out."


def sections(state: State) -> Iterator[tuple[str, Sequence[str]]]:
    """Title and lines of each that has something to say."""
    run = state.run
    measured = {name: value for name, value in state.measured.items() if name != DEPARTURE}
    if measured:
        yield "measured", [f"{name}: {value}" for name, value in measured.items()]
    absent = [] if state.is_told else run.of(WRONG_BOARD, NO_BOARD)
    if absent or state.late:
        yield "boards", list(dict.fromkeys([*(each.reason for each in absent), *state.late]))
    tape = list(state.tape.said()) if state.tape else []
    if tape:
        yield "tape", tape
    if run.of(RETRIED):
        yield "passed on retry", [*_first_failures(run.of(RETRIED)), RETRY_CODE]
    quarantine = [*_failing(state), *_passing(state), *map(NO_TEST.format, state.unnamed)]
    if quarantine:
        yield "quarantine", quarantine


def _first_failures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for each in outcomes:
        yield f"{each.test}, on try {each.tries}; the first failure:"
        yield from each.detail.splitlines()


def _failing(state: State) -> Iterator[str]:
    for each in state.run.of(QUARANTINED):
        entry = state.settings.quarantined(each.test)
        words = entry.words() if entry else "in quarantine"
        yield f"{each.test}: {each.reason} ({words})"


def _passing(state: State) -> Iterator[str]:
    """What is out of order, or over, and passes."""
    for each in state.run.of("passed"):
        entry = state.settings.quarantined(each.test)
        if entry is not None:
            over = "" if entry.holds(date.today()) else ", which is over"
            yield PASSED_IN_QUARANTINE.format(test=each.test, words=entry.words() + over)
