"""One page that needs nothing else: what failed and why, distributions, pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tinyteach.head.report.pages import render
from tinyteach.hil.report.view import counts, matrix, parting, told, verdict
from tinyteach.hil.results import Measurement, Run

TEMPLATES = Path(__file__).with_name("templates")
BARS = 32
SAMPLES_MIN = 5  # of fewer a distribution says nothing
WIDTH, HEIGHT = 320, 60


class Bar(NamedTuple):
    """In a drawing of WIDTH × HEIGHT."""

    x: float
    y: float
    width: float
    height: float


class Distribution(NamedTuple):
    """How often a measurement gave how much; ``marks`` are the places of p50 and p95."""

    title: str
    board: str
    value: str
    low: str
    high: str
    bars: list[Bar]
    marks: list[float]


def page(run: Run) -> str:
    """The page's HTML."""
    return render(
        "run.html.j2",
        TEMPLATES,
        run=run,
        verdict=verdict(run),
        counts=counts(run),
        told=told(run),
        parting=parting(run),
        distributions=distributions(run.merged()),
        matrix=matrix(run.sightings),
        worst=[each for each in run.sightings if each.thumbnail],
        size=(WIDTH, HEIGHT),
    )


def distributions(measurements: Sequence[Measurement]) -> list[Distribution]:
    """Of what was repeated often enough and is more than right or wrong."""
    many = (m for m in measurements if len(m.samples) >= SAMPLES_MIN and m.unit)
    return [_distribution(each) for each in many]


def _distribution(of: Measurement) -> Distribution:
    import numpy as np

    low, high = min(of.samples), max(of.samples)
    span = (high - low) or 1.0
    found, _ = np.histogram(of.samples, BARS, (low, low + span))
    unit, width = HEIGHT / max(found), WIDTH / BARS
    bars = [
        Bar(number * width, HEIGHT - count * unit, width - 1, count * unit)
        for number, count in enumerate(found.tolist())
        if count
    ]
    marks = [(of.percentile(percent) - low) / span * WIDTH for percent in (50, 95)]
    ends = (f"{low:.4g} {of.unit}", f"{high:.4g} {of.unit}")
    return Distribution(of.title, of.board, str(of.value()), *ends, bars, marks)
