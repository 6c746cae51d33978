"""How many photographs and recordings a project's classes have."""

from typing import TypedDict

from tinyteach.data.photos import list_all, recordings
from tinyteach.data.project import Project

# What a count of recordings joins; to compare looks, all photographs are decoded (3 ms each).
_COUNTED = "Recordings are counted with copies {} as one."
COUNTED_BY_BYTES = _COUNTED.format("of the same bytes")
COUNTED_BY_LOOKS = _COUNTED.format("that look the same")


class ClassCount(TypedDict):
    """A class with its photographs and recordings."""

    name: str
    photos: int
    recordings: int


def class_summary(project: Project) -> tuple[list[ClassCount], list[str]]:
    """Per class its name, photographs and recordings; and a sentence for each unusable file.

    What counts as one recording says `COUNTED_BY_BYTES`.
    """
    listing = list_all(project)
    found = list(zip(listing.photos, recordings(listing.photos), strict=True))
    summary: list[ClassCount] = []
    for name in project.classes():
        bursts = [burst for photo, burst in found if photo.class_name == name]
        summary.append({"name": name, "photos": len(bursts), "recordings": len(set(bursts))})
    return summary, listing.problems
