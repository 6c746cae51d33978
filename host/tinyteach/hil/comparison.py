"""A run beside its baseline: what changed beyond its noise, how far, and in which stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tinyteach.hil.baseline import KindBaseline, PastRun
from tinyteach.hil.budgets import TOTAL
from tinyteach.hil.drift import Drift, drift_of
from tinyteach.hil.noise import (
    RUNS_MIN,
    LevelChange,
    beyond_noise,
    change_of,
    change_of_pairs,
    level,
)
from tinyteach.hil.quantities import Quantity, shares

# How often a run in which nothing changed is red.
FALSE_ALARMS = 0.01
COMMON_MIN = 0.5
OTHER_PHOTOS = (
    "Accuracy is not compared: of the {old} photographs of the baseline {common} were tested."
)
OTHER_COMPUTER = (
    "Times of the virtual board are not compared: the baseline's are another computer's."
)
FEW_RUNS = (
    "The baseline has {runs} of this kind of board: how runs differ from each other is known from "
    "three on; add some with --tt-update-baseline."
)
NOT_ITS_OWN = (
    "Times of the virtual board by the clock are not compared: they tell of the computer's load; "
    "the fixture 'figures' measures its processor's."
)
STAGE = "Most of it is in {stage}: {share:.0f} % of what got slower."
DRIFT = (
    "{title} drifts: from {first:.5g} to {last:.5g} {unit} over {runs} runs, {per_run:+.3g} a run "
    "({low:+.3g} to {high:+.3g})."
)


@dataclass(frozen=True)
class Row:
    """One quantity; ``is_worse`` beyond its noise."""

    title: str
    unit: str
    change: LevelChange
    stage: str = ""
    is_worse: bool = False

    @property
    def is_share(self) -> bool:
        return not self.unit


@dataclass(frozen=True)
class BaselineComparison:
    """``notes`` are sentences on what could not be compared; ``drifts`` on what slowly changes."""

    rows: Sequence[Row] = ()
    notes: Sequence[str] = ()
    drifts: Sequence[str] = ()

    @property
    def worse(self) -> list[Row]:
        return [row for row in self.rows if row.is_worse]

    def lines(self) -> list[str]:
        """For a person: what got worse as a table, and where."""
        stage = likely_stage(self.rows) if any(row.stage for row in self.worse) else ""
        told = [*table(self.worse), *([stage] if stage else [])] if self.worse else []
        return [*told, *self.drifts, *self.notes]


@dataclass(frozen=True)
class Now:
    """What a test, or a run, found on one kind of board."""

    quantities: Sequence[Quantity]
    photographs: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    computer: str = ""
    is_virtual: bool = False


def compare(known: KindBaseline, now: Now, chance: float = FALSE_ALARMS) -> BaselineComparison:
    """With the runs since the last accepted change."""
    rows, notes, drifts = _compare_quantities(known, now)
    for test, found in now.photographs.items():
        more, said = _compare_photographs(known.photographs.get(test, {}), found)
        rows, notes = [*rows, *more], [*notes, *said]
    share = len(rows) / max(_size(known), len(rows), 1)  # other tests have the rest
    alarms = beyond_noise([row.change.chance for row in rows], chance * share)
    judged = [
        Row(row.title, row.unit, row.change, row.stage, alarm)
        for row, alarm in zip(rows, alarms, strict=True)
    ]
    return BaselineComparison(judged, notes, drifts)


def _size(known: KindBaseline) -> int:
    """How many rows there are in all tests together."""
    keys = {key for run in known.compared for key in run.rounds}
    return len(keys) + sum(len(shares(of)) for of in known.photographs.values())


def _compare_quantities(known: KindBaseline, now: Now) -> tuple[list[Row], list[str], list[str]]:
    rows, drifts, notes = [], [], []
    for quantity in now.quantities:
        runs, said = _comparable(known, quantity, now)
        notes += said
        if runs:
            rows.append(_row(quantity, [run.rounds[quantity.key] for run in runs]))
            drifts += _drift(known, quantity, now)
    return rows, list(dict.fromkeys(notes)), drifts


def _comparable(
    known: KindBaseline, quantity: Quantity, now: Now
) -> tuple[list[PastRun], list[str]]:
    """The runs that it is compared with, and what is to be said of that."""
    runs = [run for run in known.compared if quantity.key in run.rounds]
    if runs and now.is_virtual and quantity.is_time:
        if not quantity.is_processor_time:
            return [], [NOT_ITS_OWN]
        runs = [run for run in runs if run.computer == now.computer]
        if not runs:
            return [], [OTHER_COMPUTER]
    return runs, [FEW_RUNS.format(runs=_counted(len(runs)))] if 0 < len(runs) < RUNS_MIN else []


def _counted(runs: int) -> str:
    return f"{runs} run" if runs == 1 else f"{runs} runs"


def _row(quantity: Quantity, before: Sequence[Sequence[float]]) -> Row:
    change = change_of(before, quantity.rounds, quantity.more_is_worse, quantity.resolution)
    return Row(quantity.title, quantity.unit, change, quantity.stage)


def _drift(known: KindBaseline, quantity: Quantity, now: Now) -> list[str]:
    """Over all runs that are kept: a change that was accepted may be one of many small ones."""
    runs = [
        run
        for run in known.runs
        if quantity.key in run.rounds and (run.computer == now.computer or not now.is_virtual)
    ]
    levels = [*(level(run.rounds[quantity.key]) for run in runs), level(quantity.rounds)]
    found = drift_of(levels, quantity.more_is_worse)
    return [_drift_sentence(quantity, found)] if found else []


def _drift_sentence(quantity: Quantity, found: Drift) -> str:
    return DRIFT.format(title=quantity.title, unit=quantity.unit, **vars(found))


def _compare_photographs(
    known: Mapping[str, bool], now: Mapping[str, bool]
) -> tuple[list[Row], list[str]]:
    common = {name: now[name] for name in now if name in known}
    if not known or len(common) < COMMON_MIN * len(known):
        said = OTHER_PHOTOS.format(old=len(known), common=len(common) or "none")
        return [], [said] if known else []
    rows = [
        Row(title, "", change_of_pairs([known[n] for n in names], [common[n] for n in names]))
        for title, names in shares(common).items()
    ]
    return rows, []


# For a person


def likely_stage(rows: Iterable[Row]) -> str:
    """The stage with the largest share of what got slower; empty where stages are not known."""
    slower = {
        row.stage: max(row.change.new - row.change.old, 0.0)
        for row in rows
        if row.stage and row.stage != TOTAL and not row.title.endswith("p95")
    }
    whole = sum(slower.values())
    if not whole:
        return ""
    stage = max(slower, key=lambda name: slower[name])
    return STAGE.format(stage=stage, share=100 * slower[stage] / whole)


COLUMNS = ("", "old", "new", "change", "95 % interval")


def table(rows: Sequence[Row]) -> list[str]:
    """Old and new beside each other, as lines."""
    cells = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(COLUMNS))]
    return [_line(row, widths) for row in cells]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if number == 0 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    change = row.change
    if row.is_share:
        old, new = (f"{100 * each:.1f} %" for each in (change.old, change.new))
        ends = f"{100 * change.low:+.1f} to {100 * change.high:+.1f}"
        return row.title, old, new, f"{100 * (change.new - change.old):+.1f} points", ends
    old, new = (f"{each:.5g} {row.unit}" for each in (change.old, change.new))
    if not change.old:
        return row.title, old, new, "", f"{change.low:+.3g} to {change.high:+.3g}"
    low, high = (100 * each / abs(change.old) for each in (change.low, change.high))
    moved = f"{100 * change.relative:+.1f} %"
    return row.title, old, new, moved, f"{low:+.1f} to {high:+.1f} %"
