"""What the last training says of photographs still to be taken, read from its report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyteach.errors import ProjectError
from tinyteach.results import JsonResult
from tinyteach.service.heads.training import load_report


@dataclass(frozen=True)
class Advised(JsonResult):
    """``enough`` and ``advice`` as report.json has them, of ``photos`` that were trained on."""

    photos: int
    accuracy: float | None
    interval: list[float] | None
    enough: dict[str, Any]
    advice: list[str]

    def lines(self) -> list[str]:
        """For a person."""
        right = "" if self.accuracy is None else f", {self.accuracy:.0%} right"
        said_of = f"Of the last training ({self.photos} photographs{right}):"
        return [said_of, *self.enough["sentences"], *self.advice]


def advise(folder: Path) -> Advised:
    """Read it; nothing is computed or written. ProjectError where no training said it yet."""
    data = load_report(folder).data
    if data.get("enough") is None:
        raise ProjectError(
            "The last training was by an earlier TinyTeach, which gave no such advice; run "
            "'tinyteach train' again."
        )
    return Advised(
        sum(row["photos"] for row in data["classes"]),
        *(data["accuracy"], data.get("interval"), data["enough"], data["advice"]),
    )
