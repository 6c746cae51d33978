"""Try a head on labelled photographs that it was never trained on, on a board or here."""

from collections.abc import Sequence
from dataclasses import replace

from tinyteach.data.import_plan import ImportPlan, names_here
from tinyteach.data.layouts import ClassPhoto
from tinyteach.data.names import UNKNOWN
from tinyteach.errors import PhotoError
from tinyteach.progress import Progress, unseen
from tinyteach.service.boards.link_speed import PHOTO_TIME_S
from tinyteach.service.heads.figures import Shown
from tinyteach.service.heads.tested import Tested
from tinyteach.service.heads.under_test import UnderTest
from tinyteach.service.photos.bench_photos import at_most
from tinyteach.service.photos.labelled import LabelledPhotos

TESTING = "Testing"
NAMES_SHOWN = 4
NOT_COMPARED = (
    "These photographs were not compared with those of a project: the head may have been trained "
    "on some of them."
)
MADE_SMALL = (
    "Photographs are sent with {side} pixels a side at most, because the link carries no larger "
    "one in {time_s:.0f} s."
)


def test(under: UnderTest, photos: LabelledPhotos, progress: Progress = unseen) -> Tested:
    """Try a head on photographs: those in a folder called like a class of it are of that class.

    All others are of none. PhotoError where no folder is called so, nor 'unknown'.
    """
    plan = _plan(photos, under.classes)
    shown = []
    for done, (photo, burst) in enumerate(zip(photos.photos, photos.bursts, strict=True), 1):
        shown.append(_shown(under, photo, plan.names[photo.class_name] or UNKNOWN, burst))
        progress(TESTING, done, len(photos.photos))
    return Tested(
        classes=under.classes,
        photos=shown,
        head=under.head,
        source=str(photos.source),
        copies=photos.copies,
        skipped=photos.skipped,
        compared=photos.compared,
        notes=[*photos.collection.decided(), *plan.rename_lines(), *_notes(under, photos)],
    )


def _plan(photos: LabelledPhotos, classes: Sequence[str]) -> ImportPlan:
    """Which of the head's classes each folder is; PhotoError where there is none of them."""
    names = names_here(photos.source, photos.photos, [*classes, UNKNOWN])
    if not {*classes, UNKNOWN} & {*names.values()}:
        folders = ", ".join(list(names)[:NAMES_SHOWN])
        raise PhotoError(
            f"No folder in {photos.source} ({folders}) is called like a class of the head "
            f"({', '.join(classes)}); rename them, or call 'unknown' what shows anything else."
        )
    return ImportPlan(photos.collection, names)


def _shown(under: UnderTest, photo: ClassPhoto, folder: str, burst: str) -> Shown:
    square = photo.square()
    if under.side_max:
        square = at_most(square, under.side_max)
    said = replace(under.says(square), latency_ms=None)
    is_same = under.check(square).probabilities == said.probabilities if under.check else None
    return Shown(photo.name, folder, burst, said, is_same)


def _notes(under: UnderTest, photos: LabelledPhotos) -> list[str]:
    notes = [*under.notes, *([] if photos.compared else [NOT_COMPARED])]
    if under.side_max and photos.largest_side > under.side_max:
        notes.append(MADE_SMALL.format(side=under.side_max, time_s=PHOTO_TIME_S))
    return notes
