"""The confusion matrix as a picture."""

import io
import logging
import warnings
from collections.abc import Sequence

import numpy as np

MAX_LABEL_CHARACTERS = 24
INK, PAPER = "#1b2a41", "#ffffff"
MARGIN_INCHES = 1.4
CELL_INCHES, SMALL_CELL_INCHES = 0.42, 0.28
MANY_CLASSES = 24
MIN_INCHES = 4.2


def confusion_png(labels: Sequence[str], confusion: np.ndarray, dpi: int = 110) -> bytes:
    """PNG of ``confusion`` (counts, true class × predicted class), each row shaded by its share."""
    # It tells a terminal where it keeps its lists of fonts, which is nobody's concern.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    cell = CELL_INCHES if len(labels) <= MANY_CLASSES else SMALL_CELL_INCHES
    size = max(MARGIN_INCHES + cell * len(labels), MIN_INCHES)
    figure = Figure(figsize=(size, size), layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    font_size = 11 if len(labels) <= 4 else 9 if len(labels) <= MANY_CLASSES else 6
    _label(axes, [_shorten(label) for label in labels], font_size)
    _count(axes, confusion, shares, font_size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a script that the font lacks becomes boxes, no error
        stream = io.BytesIO()
        # No software version inside: the same numbers give the same bytes.
        figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": None})
    return stream.getvalue()


def _label(axes, names: list[str], font_size: int) -> None:
    ticks = range(len(names))
    # parse_math: a label such as "$5" is no formula.
    tilted = max(map(len, names)) > 5
    slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if tilted else {}
    axes.set_xticks(ticks, names, fontsize=font_size, parse_math=False, color=INK, **slant)
    axes.set_yticks(ticks, names, fontsize=font_size, parse_math=False, color=INK)
    axes.set_xlabel("recognised as", color=INK, fontsize=10)
    axes.set_ylabel("photographs of", color=INK, fontsize=10)
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=PAPER, linewidth=1.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


def _count(axes, confusion: np.ndarray, shares: np.ndarray, font_size: int) -> None:
    for (row, column), count in np.ndenumerate(confusion):
        if count:
            colour = PAPER if shares[row, column] > 0.55 else INK
            axes.text(
                column, row, str(count), ha="center", va="center", color=colour, size=font_size
            )


def _shorten(label: str) -> str:
    if len(label) <= MAX_LABEL_CHARACTERS:
        return label
    half = MAX_LABEL_CHARACTERS // 2  # both ends: long names often differ in a number at the end
    return f"{label[: half - 1]}…{label[-half:]}"
