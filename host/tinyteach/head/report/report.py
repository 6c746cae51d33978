"""The report of a training: JSON for scripts, a picture, a page that needs nothing else."""

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tinyteach.coded import codes_of
from tinyteach.files import format_json, made_folder, write_together
from tinyteach.head.fit.evaluation import (
    ClassResult,
    Evaluation,
    PhotoResult,
    accuracy_interval,
    tested_recordings,
)
from tinyteach.head.fit.outlook import Outlook
from tinyteach.head.format.rejection import UNKNOWN, Rejection
from tinyteach.head.overlay import depths
from tinyteach.head.report.advice import ALL_WELL, advise, joined, photographs
from tinyteach.head.report.enough import Enough, enough_of
from tinyteach.head.report.none_of_these import advise_unknown, asks_for_unknown
from tinyteach.head.report.pages import render
from tinyteach.head.report.sources import Sources

THUMBNAIL_PIXELS = 144
WORST_PHOTOS = 12
SURE = 0.9  # a photograph that is recognised with as much needs no look
WIDE = 0.25  # an interval of the accuracy that says too little

# By a photograph's index and a class: what each cell says for it (float64, rows × columns).
CellsOf = Callable[[int, str], NDArray[np.float64]]


@dataclass(frozen=True)
class ClassRow:
    """A class in the table: how many photographs and recordings, and how it fared."""

    result: ClassResult
    photos: int
    bursts: int


@dataclass(frozen=True)
class WorstPhoto:
    """A photograph worth a look; ``name`` tells the user which, ``thumbnail`` is a JPEG.

    ``cells`` say where the head looks for the class that it was taken for, where that is known.
    """

    result: PhotoResult
    name: str
    thumbnail: bytes
    cells: NDArray[np.float64] | None = None  # float64, rows × columns

    @property
    def tints(self) -> list[list[float]]:
        """How deep each cell is tinted, below 0 where it speaks against; see `overlay.depths`."""
        return [] if self.cells is None else depths(self.cells).round(2).tolist()

    def as_dict(self) -> dict[str, Any]:
        """As report.json has it."""
        cells = None if self.cells is None else self.cells.tolist()
        return {"name": self.name, **asdict(self.result), "cells": cells}


@dataclass(frozen=True)
class Report:
    """All that is said about a training."""

    title: str
    evaluation: Evaluation
    classes: list[ClassRow]
    worst: list[WorstPhoto]
    advice: list[str]
    timings: dict[str, float] = field(default_factory=dict)  # seconds by step
    rejection: Rejection = field(default_factory=lambda: Rejection(0))
    names: Sequence[str] = ()  # of all photographs
    interval: tuple[float, float] | None = None  # see evaluation.accuracy_interval
    # Names of photographs that are copies of one another and in different classes.
    in_several_classes: Sequence[Sequence[str]] = ()
    unaided: float | None = None  # see fit.evaluate.Trial
    enough: Enough = field(default_factory=Enough)
    # Thumbnails (JPEG) of the photographs of the class to photograph next and of its rival.
    met: Sequence[bytes] = ()
    recordings: int | None = None  # that were tested on; None where nobody knows
    sources: Sources = field(default_factory=Sources)
    about: Sequence[tuple[str, str]] = ()  # what the page says of when, which head, which boards

    @property
    def accuracy(self) -> float | None:
        """Fraction of the held-out photographs recognised; None where nothing was tested."""
        return self.evaluation.accuracy

    @property
    def method(self) -> str:
        """How the accuracy came about and what it is worth, in sentences."""
        method = _method(self.evaluation, self.recordings)
        return method + _of_one(self.evaluation) + _worth(self.interval)

    def as_dict(self) -> dict[str, Any]:
        """The report's facts as JSON types; ``confusion`` is true class × predicted class.

        ``said`` has what was shown, and how often it was taken for each class and for unknown.
        """
        evaluation = self.evaluation
        return {
            "title": self.title,
            "accuracy": self.accuracy,
            "interval": self.interval,
            "method": self.method,
            "tested_photos": len(evaluation.targets),
            "tested_recordings": self.recordings,
            "folds": evaluation.folds,
            "optimistic_classes": list(evaluation.optimistic),
            "untested_classes": list(evaluation.untested),
            "labels": list(evaluation.labels),
            "classes": [
                {**asdict(row.result), "photos": row.photos, "recordings": row.bursts}
                for row in self.classes
            ],
            "confusion": evaluation.confusion.tolist(),
            "said": {name: [count for count, _ in cells] for name, cells in self.matrix},
            "unknown": self.rejection.sentence(),
            "threshold": self.rejection.probability,
            "false_rejects": self.rejection.false_rejects,
            "false_rejects_interval": self.rejection.false_rejects_interval,
            "false_accepts": self.rejection.false_accepts,
            "false_accepts_intervals": self.rejection.false_accepts_intervals,
            "false_accepts_unaided": self.unaided,
            "calibration_error": evaluation.calibration_error,
            "worst": [photo.as_dict() for photo in self.worst],
            "sure": SURE,
            # What a board learnt without photographs comes last and has no name.
            "tested": [
                {"name": self.names[photo.index], **asdict(photo)}
                for photo in evaluation.photos
                if photo.index < len(self.names)
            ],
            "in_several_classes": [list(names) for names in self.in_several_classes],
            "advice": self.advice,
            "enough": self.enough.as_dict(),
            "sources": self.sources.as_dict(),
            "codes": codes_of([*self.advice, *self.enough.sentences, *self.sources.sentences]),
            "timings_s": self.timings,
        }

    @property
    def matrix(self) -> list[tuple[str, list[tuple[int, float]]]]:
        """What was shown and, per class and at last for unknown, the count and its row's share.

        Rows are the classes and, below, what is none of them.
        """
        rows = dict(
            zip(
                self.evaluation.labels, self.evaluation.confusion_with_unknown.tolist(), strict=True
            )
        )
        rows |= {name: list(counts) for name, counts in self.rejection.taken_for.items()}
        return [
            (name, [(count, count / max(sum(counts), 1)) for count in counts])
            for name, counts in rows.items()
        ]

    @property
    def doubtful(self) -> list[WorstPhoto]:
        """Those of the worst that are worth a look: wrong, or right and not sure."""
        return [p for p in self.worst if not p.result.correct or p.result.probability < SURE]

    def html(self) -> str:
        """One page with everything inside, pictures too."""
        return render("report.html.j2", report=self)

    def write(self, folder: Path) -> bytes:
        """Write report.json and report.html into ``folder``; the first's content.

        Each is there whole or as it was. ProjectError where that fails.
        """
        files = self.files()
        with made_folder(folder):
            write_together({folder / name: content for name, content in files.items()})
        return files["report.json"]

    def files(self) -> dict[str, bytes]:
        """The content of each by its name."""
        return {
            "report.html": self.html().encode(errors="backslashreplace"),
            "report.json": format_json(self.as_dict(), indent=2),
        }


def make_report(
    evaluation: Evaluation,
    photos: Sequence[NDArray[np.uint8]],
    labels: Sequence[str],
    bursts: Sequence[str],
    *,
    title: str,
    names: Sequence[str] | None = None,
    timings: dict[str, float] | None = None,
    rejection: Rejection | None = None,
    in_several_classes: Sequence[Sequence[str]] = (),
    cells_of: CellsOf | None = None,
    unaided: float | None = None,
    copies: Sequence[Sequence[str]] = (),
    outlook: Outlook | None = None,
    about: Sequence[tuple[str, str]] = (),
    sources: Sources | None = None,
) -> Report:
    """Report on ``evaluation`` of ``photos`` (uint8 squares), with their labels and bursts.

    More labels than photographs: the last were learnt from what has none.
    ``names`` are shown beside the worst photographs, such as their paths;
    ``in_several_classes`` those of the same photograph in different classes, ``copies`` in one.
    ``cells_of`` says where the head looks, None where its features are no map; ``unaided`` is
    `Trial`'s.
    """
    titles = names or [f"photograph {number}" for number in range(1, len(photos) + 1)]
    rows = [
        ClassRow(result, labels.count(result.label), _bursts(labels, bursts, result.label))
        for result in evaluation.classes
    ]
    shown = [p for p in evaluation.worst(len(evaluation.targets)) if p.index < len(photos)]
    worst = [
        WorstPhoto(
            *(result, titles[result.index], _thumbnail(photos[result.index])),
            cells_of(result.index, result.predicted) if cells_of else None,
        )
        for result in shown[:WORST_PHOTOS]
    ]
    found = rejection or Rejection(0)
    counts, interval = [row.photos for row in rows], accuracy_interval(evaluation, bursts)
    outlook = outlook or Outlook()
    enough = enough_of(outlook, evaluation, interval, sum(counts), titles, copies)
    said_of = outlook.next_class.label if outlook.next_class else ""
    advice = advise(evaluation, counts, in_several_classes, said_of)
    if not (advice or enough.asks or asks_for_unknown(found, unaided)):
        advice = [ALL_WELL]
    advice += advise_unknown(found, labels.count(UNKNOWN), unaided)
    return Report(
        *(title, evaluation, rows, worst, advice, timings or {}, found),
        *(titles, interval, in_several_classes, unaided, enough, _met(outlook, photos)),
        recordings=tested_recordings(evaluation, bursts),
        about=about,
        sources=sources or Sources(),
    )


def _met(outlook: Outlook, photos: Sequence[NDArray[np.uint8]]) -> list[bytes]:
    """None where one of the two was learnt without a photograph."""
    found = outlook.next_class
    if found is None or max(found.photo, found.rival_photo) >= len(photos):
        return []
    return [_thumbnail(photos[index]) for index in (found.photo, found.rival_photo)]


def _bursts(labels: Sequence[str], bursts: Sequence[str], label: str) -> int:
    return len({burst for burst, other in zip(bursts, labels, strict=True) if other == label})


def _of_one(evaluation: Evaluation) -> str:
    """What an accuracy of one class alone is worth: no other could be said."""
    tested = [result.label for result in evaluation.classes if result.support]
    if len(tested) != 1:
        return ""
    if len(evaluation.labels) == 1:
        return " With one class that is always so: look at what is wrongly accepted."
    return f" That is {tested[0]} alone, and does not say whether the head tells classes apart."


def _worth(interval: tuple[float, float] | None) -> str:
    if interval is None or interval[1] - interval[0] <= WIDE:
        return ""
    return (
        " That is too few recordings to know: the accuracy may be anything from "
        f"{interval[0]:.0%} to {interval[1]:.0%}."
    )


def _method(evaluation: Evaluation, recordings: int | None) -> str:
    if evaluation.accuracy is None:
        return "Nothing could be tested: every class has a single photograph."
    tested = photographs(len(evaluation.targets))
    if not evaluation.folds:
        return f"Tested on {tested} that the head was not trained on."
    of = f" in {recordings} recording{'' if recordings == 1 else 's'}" if recordings else ""
    sentence = (
        f"Estimated on {tested}{of} by fitting {evaluation.folds} heads, each tested on "
        f"{_held_back(evaluation)}. What was taken in one go or shows nearly the same is one "
        "recording."
    )
    if evaluation.untested:
        sentence += f" Not tested, with one photograph each: {', '.join(evaluation.untested)}."
    return sentence


def _held_back(evaluation: Evaluation) -> str:
    """What each head was tested on, as a clause."""
    few = [label for label in evaluation.labels if label in evaluation.optimistic]
    if not few:
        return "recordings that it was not trained on"
    why = (
        "too few separate recordings to keep any back whole, so that the head knew neighbours of "
        "what it was tested on and the figure is probably too high"
    )
    if len(few) == len(evaluation.labels):
        return f"photographs that it was not trained on; there are {why}"
    return f"recordings that it was not trained on, but for {joined(few)}: there are {why}"


def _thumbnail(photo: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(photo)
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    return stream.getvalue()
