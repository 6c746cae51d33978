"""Limits of what is measured, as `budget(...)` and tinyteach-hil.toml state them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tinyteach.errors import UsageError
from tinyteach.hil.results import Measurement

# What of the repeats is limited, and whether the limit is the least or the most.
STATISTICS = ("at_most", "at_least", "p50", "p95")
WRONG = (
    "A budget names what is measured and its limits, such as budget('latency_ms', p95=40, "
    "stage='embedding'); of {} it cannot be told what is meant."
)


@dataclass(frozen=True)
class Limit:
    """``statistic`` of the measurement ``name`` with these tags is at most, or at least, so much.

    ``at_most`` and ``at_least`` are of the mean, ``p50`` and ``p95`` most.
    """

    name: str
    statistic: str
    value: float
    tags: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, found: Measurement) -> bool:
        """Whether it is a limit of that."""
        return found.name == self.name and self.tags.items() <= found.tags.items()

    def of(self, found: Measurement) -> float:
        """What is limited."""
        percent = self.statistic.removeprefix("p")
        return found.percentile(float(percent)) if percent.isdigit() else found.mean

    def sentence(self, found: Measurement) -> str:
        """Why it is not kept; empty where it is."""
        value = self.of(found)
        kept = value >= self.value if self.statistic == "at_least" else value <= self.value
        what = f"{found.title} is {value:.6g} {found.unit}".strip()
        of = f" (p{self.statistic[1:]})" if self.statistic.startswith("p") else ""
        word = "at least" if self.statistic == "at_least" else "at most"
        return "" if kept else f"{what}{of}, and its budget is {word} {self.value:g}."


def limits_of(args: tuple[object, ...], given: Mapping[str, object]) -> list[Limit]:
    """Those of a marker's arguments; UsageError where they cannot be meant."""
    tags = {name: value for name, value in given.items() if name not in STATISTICS}
    limits = {name: value for name, value in given.items() if name in STATISTICS}
    fit = all(isinstance(v, int | float) for v in limits.values()) and limits
    if len(args) != 1 or not isinstance(args[0], str) or not fit:
        raise UsageError(WRONG.format([*args, *given]))
    named = {name: str(value) for name, value in tags.items()}
    return [Limit(args[0], name, float(str(value)), named) for name, value in limits.items()]


def broken(limits: Iterable[Limit], measured: Iterable[Measurement]) -> list[str]:
    """Sentences on what is not kept, and on what was not measured at all."""
    found = list(measured)
    said: list[str] = []
    for limit in limits:
        own = [each for each in found if limit.concerns(each)]
        said += [limit.sentence(each) for each in own if limit.sentence(each)]
        if not own:
            said.append(f"{limit.name} has a budget and was not measured by this test.")
    return said
