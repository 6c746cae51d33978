"""An animated SVG of a terminal: frames as a strip behind a window, moved by one CSS animation.

A row that stands in several frames is drawn once and used again, so a minute takes some ten
kilobytes. Who asks for less motion sees the last frame.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

CELL_W, CELL_H = 8.43, 18  # of a letter of 14 pixels in DejaVu Sans Mono; others are fitted to it
MARGIN, BAR = 12, 24
END_S = 4.0  # that the last frame stays
COLOURS = {
    "default": "#d8dee9", "black": "#4c566a", "red": "#e06c75", "green": "#98c379",
    "brown": "#e5c07b", "blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2",
    "white": "#ffffff",
}  # fmt: skip
PAGE = """<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" role="img" \
viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}" height="{h:.0f}"><title>{title}</title><style>
text{{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;white-space:pre;fill:{fg}}}
.b{{font-weight:bold}}
#s{{animation:s {seconds:.2f}s steps(1) infinite}}
@keyframes s{{{keyframes}}}
@media(prefers-reduced-motion){{#s{{animation:none;transform:translateY({last}px)}}}}
</style><defs>{rows}</defs><rect width="100%" height="100%" rx="8" fill="#21252b"/>
{dots}<svg x="{margin}" y="{bar}" width="{inner_w:.1f}" height="{inner_h}"><g id="s">{frames}</g>\
</svg></svg>
"""


class Run(NamedTuple):
    """Letters of one look: ``colour`` as pyte names it or six hex digits."""

    text: str
    colour: str = "default"
    bold: bool = False


Row = tuple[Run, ...]


class Frame(NamedTuple):
    """What the terminal shows from ``time_s`` on."""

    time_s: float
    rows: tuple[Row, ...]


def svg(frames: Sequence[Frame], columns: int, lines: int, title: str) -> str:
    """The picture; frames that show the same as those before are left out."""
    kept = [f for n, f in enumerate(frames) if n == 0 or f.rows != frames[n - 1].rows]
    seconds, height = kept[-1].time_s + END_S, lines * CELL_H
    names: dict[Row, str] = {}
    strip = "".join(_frame(number, frame, names, height) for number, frame in enumerate(kept))
    keys = "".join(
        f"{100 * frame.time_s / seconds:.3f}%{{transform:translateY({-number * height}px)}}"
        for number, frame in enumerate(kept)
    )
    return PAGE.format(
        w=columns * CELL_W + 2 * MARGIN, h=height + BAR + MARGIN, title=escape(title),
        fg=COLOURS["default"], seconds=seconds, keyframes=keys, last=-(len(kept) - 1) * height,
        rows="".join(_row(row, name) for row, name in names.items()), dots=_dots(),
        margin=MARGIN, bar=BAR, inner_w=columns * CELL_W, inner_h=height, frames=strip,
    )  # fmt: skip


def _frame(number: int, frame: Frame, names: dict[Row, str], height: int) -> str:
    used = []
    for line, row in enumerate(frame.rows):
        if row:
            name = names.setdefault(row, f"r{len(names):x}")
            used.append(f'<use href="#{name}" y="{line * CELL_H}"/>')
    return f'<g transform="translate(0 {number * height})">{"".join(used)}</g>'


def _row(row: Row, name: str) -> str:
    spans, column = [], 0
    for run in row:
        if letters := run.text.strip():
            before = len(run.text) - len(run.text.lstrip())
            spans.append(_span(run._replace(text=letters), column + before))
        column += len(run.text)
    return f'<text id="{name}" y="{CELL_H - 5}">{"".join(spans)}</text>'


def _span(run: Run, column: int) -> str:
    bold = ' class="b"' if run.bold else ""
    colour = COLOURS.get(run.colour) or f"#{run.colour}"
    fill = "" if run.colour == "default" else f' style="fill:{colour}"'
    place = f'x="{column * CELL_W:.1f}" textLength="{len(run.text) * CELL_W:.1f}"'
    return f"<tspan {place}{bold}{fill}>{escape(run.text)}</tspan>"


def _dots() -> str:
    circles = enumerate(("#e06c75", "#e5c07b", "#98c379"))
    return "".join(f'<circle cx="{16 + 16 * n}" cy="13" r="5" fill="{c}"/>' for n, c in circles)
