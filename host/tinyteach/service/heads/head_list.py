"""The heads that a project has had, and what changed between two of them."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tinyteach.data.head_history import DIGITS, KeptHead, kept_head, kept_heads
from tinyteach.data.project import Project
from tinyteach.errors import ProjectError
from tinyteach.files import fits, read_file
from tinyteach.head.format.head_file import Head, load_head_file
from tinyteach.head.format.metadata import is_sealed
from tinyteach.results import JsonResult, Lines, Table
from tinyteach.service.heads.recognition import trained_head
from tinyteach.service.projects.opening import open_project


@dataclass(frozen=True)
class HeadEntry(JsonResult):
    """A head in the list: ``fingerprint`` are hex digits, ``recall`` a fraction by class.

    One whose file is damaged has a ``problem``, a sentence that names it.
    """

    fingerprint: str
    time: str
    classes: list[str]
    photos: int
    accuracy: float | None
    interval: tuple[float, float] | None
    recall: dict[str, float | None]
    current: bool
    problem: str = ""

    def row(self) -> tuple[str, ...]:
        """For a person: head, time, photographs, accuracy, classes."""
        right = "–" if self.accuracy is None else f"{self.accuracy:.0%}"
        mark = " (current)" if self.current else ""
        mark += " (damaged)" if self.problem else ""
        when = self.time[:19].replace("T", " ")
        return (
            f"{self.fingerprint}{mark}".strip(),
            when,
            str(self.photos),
            right,
            ", ".join(self.classes),
        )


def list_heads(folder: Path) -> list[HeadEntry]:
    """The heads of a project's history, the newest first; before them its own, if damaged."""
    project, current = open_project(folder), ""
    entries = []
    if os.path.lexists(project.head_path):
        content, problem = _content(project.head_path, is_sealed)
        current = hashlib.sha256(content).hexdigest()[:DIGITS]
        if problem:
            entries.append(HeadEntry("", "", [], 0, None, None, {}, True, problem))
    return entries + [_listed(kept, current) for kept in kept_heads(project)]


def heads_lines(found: list[HeadEntry]) -> Lines:
    """A list of heads for a person."""
    if not found:
        return ["No head has been trained yet. Next: tinyteach train"]
    columns = ("head", "trained", "photos", "right", "classes")
    table = Table(columns, [head.row() for head in found])
    return [table, *(head.problem for head in found if head.problem)]


def _content(path: Path, is_whole: Callable[[bytes], bool]) -> tuple[bytes, str]:
    """A head file's content; and a sentence where it is not as it was written."""
    try:
        content = read_file(path)
    except FileNotFoundError:
        return b"", f"{path} leads to a file that is gone; run 'tinyteach train' again."
    except ProjectError as error:
        return b"", str(error)
    damaged = f"{path} is damaged or no head; run 'tinyteach train' again or copy it again."
    return content, "" if is_whole(content) else damaged


def _listed(kept: KeptHead, current: str) -> HeadEntry:
    def is_whole(content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest().startswith(kept.fingerprint)

    problem = _content(kept.path, is_whole)[1] or _report_problem(kept)
    return replace(_entry(kept, current), problem=problem)


def _report_problem(kept: KeptHead) -> str:
    if not os.path.lexists(kept.report_path) or (kept.report and fits(kept.report, _LISTED)):
        return ""
    return f"{kept.report_path} is damaged; delete it: the head beside it goes without."


# What is listed of an old report.json; one that holds something else counts as lost.
_LISTED = {
    **{"labels": ([str], None), "accuracy": (float, None), "interval": ([float], None)},
    "classes": ([{"label": str, "photos": int, "recall": (float, None)}], None),
}


def _entry(kept: KeptHead, current: str) -> HeadEntry:
    report = kept.report if fits(kept.report, _LISTED) else {}
    rows = report.get("classes") or []
    return HeadEntry(
        kept.fingerprint,
        kept.time,
        list(report.get("labels") or []),
        sum(row["photos"] for row in rows),
        report.get("accuracy"),
        _pair(report.get("interval")),
        {row["label"]: row.get("recall") for row in rows},
        kept.fingerprint == current,
    )


def _pair(numbers: list[float] | None) -> tuple[float, float] | None:
    return (numbers[0], numbers[1]) if numbers and len(numbers) == 2 else None


def chosen_head(project: Project, fingerprint: str | None) -> Head:
    """The project's head, or that of its history whose fingerprint begins so."""
    if fingerprint is None:
        return trained_head(project)
    return load_head_file(kept_head(project, fingerprint).path)


@dataclass(frozen=True)
class Comparison(JsonResult):
    """Two heads side by side; ``classes`` has a row of label and both recalls each."""

    before: HeadEntry
    after: HeadEntry
    classes: list[dict[str, str | float | None]]
    sentence: str


def compare_heads(folder: Path, before: str, after: str) -> Comparison:
    """What changed from one head to another; ProjectError where one is not in the history."""
    project = open_project(folder)
    old, new = (_entry(kept_head(project, f), "") for f in (before, after))
    labels = [*new.classes, *(label for label in old.classes if label not in new.classes)]
    rows = [
        {"label": label, "before": old.recall.get(label), "after": new.recall.get(label)}
        for label in labels
    ]
    return Comparison(old, new, rows, _difference(old, new))


def _difference(old: HeadEntry, new: HeadEntry) -> str:
    photos = f"{new.photos - old.photos:+d} photographs"
    if old.accuracy is None or new.accuracy is None:
        return f"{photos}; accuracy cannot be compared, one of them was not tested."
    points = (new.accuracy - old.accuracy) * 100
    inside = new.interval and old.accuracy >= new.interval[0] and old.accuracy <= new.interval[1]
    certain = " within what chance explains" if inside else ""
    return f"{photos}, {points:+.0f} points of accuracy{certain}."
