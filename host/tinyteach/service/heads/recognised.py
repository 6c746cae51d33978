"""What was recognised in one view, whoever did it."""

from dataclasses import dataclass

from tinyteach.results import JsonResult


@dataclass(frozen=True)
class Recognised(JsonResult):
    """The best label, or 'unknown' where it is not believed; all probabilities; durations."""

    label: str
    probability: float  # of the best label
    best_label: str
    probabilities: dict[str, float]
    latency_ms: dict[str, float] | None

    def lines(self) -> list[str]:
        """For a person."""
        return [self.line()]

    def line(self) -> str:
        took = f"  ({sum(self.latency_ms.values()):.1f} ms)" if self.latency_ms else ""
        if self.label == self.best_label:
            return f"{self.label} {self.probability:.0%}{took}"
        return f"{self.label} (at best {self.best_label} {self.probability:.0%}){took}"
