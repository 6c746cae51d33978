"""What a lab has: its boards, how they are, who has them."""

from dataclasses import dataclass

from tinyteach.lab.coordinator import Coordinator, address_meant
from tinyteach.lab.places import LabPlace
from tinyteach.results import JsonResult, Lines, Table


@dataclass(frozen=True)
class LabEntry(JsonResult):
    """``state`` is ready, held or offline; ``reason`` why it is offline, else empty."""

    name: str
    tags: list[str]
    state: str
    owner: str
    reason: str
    exporter: str


@dataclass(frozen=True)
class LabStatus(JsonResult):
    """All boards that ``tinyteach lab export`` lends at a coordinator, by name."""

    coordinator: str
    boards: list[LabEntry]

    def lines(self) -> Lines:
        """For a person."""
        if not self.boards:
            return [f"The lab at {self.coordinator} has no boards."]
        rows = [(b.name, " ".join(b.tags), b.state, b.owner or b.reason) for b in self.boards]
        return [Table(("name", "tags", "state", "by or why"), rows)]


def lab_status(coordinator: str | None) -> LabStatus:
    """Ask the coordinator; LabError where none answers."""
    with Coordinator(address_meant(coordinator)) as asked:
        return LabStatus(asked.address, [_entry(p) for p in asked.places() if p.is_board])


def _entry(place: LabPlace) -> LabEntry:
    state = "held" if place.owner else "ready" if place.is_well else "offline"
    reason = "" if place.is_well else place.comment
    return LabEntry(place.name, place.words, state, place.owner, reason, place.exporter)
