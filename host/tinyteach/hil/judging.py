"""What a test measured, held to the project's budgets and to its baseline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tinyteach.board_facts import facts_of
from tinyteach.hil.baseline import Baseline, PastRun, this_computer
from tinyteach.hil.budgets import DEFAULT, Budgets, unkept
from tinyteach.hil.comparison import BaselineComparison, Now, compare, table
from tinyteach.hil.quantities import from_sightings, photographs, plain_test, quantities
from tinyteach.hil.results import BoardRecord, Measurement, Pending, Run, Sighting

VIRTUAL_KIND = "virtual"
AS_BEFORE = "{rows} compared, none worse than in the baseline"
WORSE = "Worse than in the baseline, beyond its noise:"
WRITTEN = "Runs of {kind} in the baseline: {count}."
CHANGED = "{kind} got worse; later runs are compared with this one.\n{table}"


def kind_of(machine: str) -> str:
    """The key of the board facts; for what has none what it calls itself."""
    facts = facts_of(machine)
    return facts.key if facts else machine or DEFAULT


@dataclass(frozen=True)
class Verdict:
    """Which ``limits`` are broken and what is ``worse`` than before, as lines.

    ``told`` is what is only said, each by a few words.
    """

    limits: Sequence[str]
    worse: Sequence[str]
    told: dict[str, str]


def judged(
    pending: Pending, test: str, board: BoardRecord, budgets: Budgets, baseline: Baseline | None
) -> Verdict:
    """Of one test on one board; without a baseline only the budgets count."""
    measured = [replace(each, test=test, board=board.word) for each in pending.measurements]
    seen = [replace(each, test=test, board=board.word) for each in pending.sightings]
    kind = kind_of(board.machine)
    broken = unkept(budgets.limits(kind), together([*measured, *from_sightings(seen)]))
    if baseline is None:
        return Verdict(broken, [], {})
    found = compare(baseline.of(kind), now_of(measured, seen, board))
    return Verdict(broken, worse_lines(found), told(found, plain_test(test, board.word)))


def together(measured: Iterable[Measurement]) -> list[Measurement]:
    """One of each quantity, with the repeats of all its rounds."""
    return Run(measurements=list(measured)).merged()


def now_of(measured: Iterable[Measurement], seen: Iterable[Sighting], board: BoardRecord) -> Now:
    """What is compared of it."""
    is_virtual = kind_of(board.machine) == VIRTUAL_KIND
    return Now(
        quantities(measured, board.word),
        photographs(seen, board.word),
        this_computer(),
        is_virtual,
    )


def worse_lines(found: BaselineComparison) -> list[str]:
    return [WORSE, *found.lines()] if found.worse else []


def told(found: BaselineComparison, test: str) -> dict[str, str]:
    """For the end of the run."""
    name = test.rpartition("::")[2]
    said = [AS_BEFORE.format(rows=len(found.rows))] if found.rows and not found.worse else []
    lines = [*said, *found.drifts, *found.notes]
    return {f"baseline of {name}": "; ".join(lines)} if lines else {}


def with_run(baseline: Baseline, run: Run) -> tuple[Baseline, list[str]]:
    """The baseline with a run more for each board that took part, and what to say of that."""
    said = []
    for board in run.boards:
        measured = [each for each in run.measurements if each.board == board.word]
        seen = [each for each in run.sightings if each.board == board.word]
        now, kind = now_of(measured, seen, board), kind_of(board.machine)
        if not now.quantities and not now.photographs:
            continue
        known = baseline.of(kind)
        worse = compare(known, now).worse
        past = PastRun(run.started, board.agent, now.computer, _rounds(now))
        grown = known.with_run(past, _plain(now), bool(worse))
        baseline = baseline.with_kind(kind, grown)
        said += [CHANGED.format(kind=kind, table="\n".join(table(worse)))] if worse else []
        said.append(WRITTEN.format(count=len(grown.runs), kind=kind))
    return baseline, said


def _rounds(now: Now) -> dict[str, list[float]]:
    return {each.key: list(each.rounds) for each in now.quantities}


def _plain(now: Now) -> dict[str, dict[str, bool]]:
    return {test: dict(of) for test, of in now.photographs.items()}
