"""What was recognised in one view, whoever did it."""

from dataclasses import dataclass

from tinyteach.head.format.rejection import UNKNOWN
from tinyteach.results import JsonResult


@dataclass(frozen=True)
class Recognised(JsonResult):
    """The best label, or 'unknown' where it is not believed; all probabilities; durations."""

    label: str
    probability: float  # of the best label
    best_label: str
    probabilities: dict[str, float]
    latency_ms: dict[str, float] | None

    def classes(self) -> dict[str, float]:
        """The probability of each class, without that of anything else."""
        return {label: p for label, p in self.probabilities.items() if label != UNKNOWN}

    @property
    def unknown(self) -> tuple[str, float | None]:
        """What anything else is called, and its probability: None where the head gives none."""
        return UNKNOWN, self.probabilities.get(UNKNOWN)

    def lines(self) -> list[str]:
        """For a person."""
        return [self.line()]

    def line(self) -> str:
        took = f"  ({sum(self.latency_ms.values()):.1f} ms)" if self.latency_ms else ""
        if self.label == self.best_label:
            return f"{self.label} {self.probability:.0%}{took}"
        return f"{self.label} (at best {self.best_label} {self.probability:.0%}){took}"
