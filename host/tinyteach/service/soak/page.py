"""A soak as a plot (SVG) and as a page that carries everything inside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyteach.files import format_json, made_folder, write_together
from tinyteach.head.report.pages import render
from tinyteach.service.soak.soaked import Sample, Soaked

TEMPLATES = Path(__file__).parent / "templates"
WIDTH, HEIGHT, GAP, LEFT, TOP = 640, 90, 34, 80, 30  # of a panel, its surroundings; SVG units
POINTS_MAX = 900  # more would lie on each other


@dataclass(frozen=True)
class Curve:
    """``points`` of a polyline, as SVG has them."""

    name: str
    colour: str
    points: str


@dataclass(frozen=True)
class Panel:
    """Curves over one axis from ``low`` to ``high``; ``top`` is where it lies in the plot."""

    title: str
    top: int
    low: str
    high: str
    curves: list[Curve]


Value = Callable[[Sample], float]
# Title, how a number is written, and of each curve its name, its colour, what it shows.
Drawn = tuple[str, str, tuple[tuple[str, str, Value], ...]]
PANELS: tuple[Drawn, ...] = (
    (
        "heap of the agent, KB",
        "{:.0f}",
        (
            ("most since the last start", "#999999", lambda sample: sample.heap_peak / 1000),
            ("in use", "#0072b2", lambda sample: sample.heap_used / 1000),
        ),
    ),
    (
        "embedding, ms, the least since the sample before",
        "{:.2f}",
        (("embedding", "#0072b2", lambda sample: sample.embedding_ms),),
    ),
    (
        "so far, times",
        "{:.0f}",
        (
            ("reconnects", "#0072b2", lambda sample: sample.reconnects),
            ("starts of the board", "#009e73", lambda sample: sample.starts),
        ),
    ),
    (
        "so far, times",
        "{:.0f}",
        (
            ("errors", "#e69f00", lambda sample: sample.errors),
            ("wrong results", "#d55e00", lambda sample: sample.wrong),
        ),
    ),
)


def svg(soaked: Soaked) -> str:
    """The plot: memory, latency, reconnects and starts, errors and wrong results over time."""
    return _rendered("soak.svg.j2", soaked)


def write(soaked: Soaked, folder: Path) -> None:
    """soak.json, soak.svg and soak.html into ``folder``; ProjectError where that fails."""
    files = {
        "soak.json": format_json(soaked.as_dict(), indent=2) + b"\n",
        "soak.svg": svg(soaked).encode(),
        "soak.html": _rendered("soak.html.j2", soaked).encode(errors="backslashreplace"),
    }
    with made_folder(folder):
        write_together({folder / name: content for name, content in files.items()})


def _rendered(template: str, soaked: Soaked) -> str:
    panels = [_panel(number, drawn, soaked.samples) for number, drawn in enumerate(PANELS)]
    size = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "top": TOP}
    minutes = f"{soaked.took_s / 60:.1f}"
    values = {"soaked": soaked, "panels": panels, "size": size, "minutes": minutes}
    return render(template, TEMPLATES, **values)


def _panel(number: int, drawn: Drawn, samples: Sequence[Sample]) -> Panel:
    title, text, of_curves = drawn
    thinned = samples[:: max(1, -(-len(samples) // POINTS_MAX))]
    values = [[value(sample) for sample in thinned] for _, _, value in of_curves]
    low, high = 0.0, max((max(own, default=0.0) for own in values), default=0.0) or 1.0
    last_s = max((sample.at_s for sample in thinned), default=0.0) or 1.0
    places = [sample.at_s / last_s * WIDTH for sample in thinned]
    curves = [
        Curve(name, colour, _points(places, own, high))
        for (name, colour, _), own in zip(of_curves, values, strict=True)
    ]
    top = TOP + number * (HEIGHT + GAP)
    return Panel(title, top, text.format(low), text.format(high), curves)


def _points(places: Sequence[float], values: Sequence[float], high: float) -> str:
    heights = [HEIGHT * (1 - value / high) for value in values]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, heights, strict=True))
