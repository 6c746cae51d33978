"""Try a head on labelled photographs that it was never trained on, on a board or here."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from tinyteach.data.import_plan import ImportPlan, names_here
from tinyteach.data.layouts import ClassPhoto
from tinyteach.data.names import UNKNOWN
from tinyteach.data.project import Project
from tinyteach.device.registry import find_board
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import PhotoError, TinyTeachError, UsageError
from tinyteach.head.format.head_file import Head
from tinyteach.progress import Progress, unseen
from tinyteach.service.boards.link_speed import PHOTO_TIME_S, measure_link, side_in_time
from tinyteach.service.heads.figures import Shown
from tinyteach.service.heads.recognition import (
    SCORE_STEPS,
    Recognised,
    Reference,
    classify_square,
    deployed_labels,
    interpret_scores,
    trained_head,
)
from tinyteach.service.heads.tested import HeadTested, Tested
from tinyteach.service.photos.bench_photos import at_most
from tinyteach.service.photos.labelled import LabelledPhotos
from tinyteach.service.projects.embeddings import check_head, project_embedding

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
OTHER_THRESHOLD = (
    "The board's threshold was set to {now:.0%} and is not the head's own {own:.0%}; the next "
    "deploy or restart takes that back."
)

Says = Callable[[np.ndarray], Recognised]  # of a photograph, uint8 [N, N, 3]


@dataclass(frozen=True)
class UnderTest:
    """A head to be tried.

    ``check`` is the computer's word beside a board's, where both have the same head; ``side_max``
    the pixels a side that a photograph may have, None for any; ``notes`` are sentences.
    """

    head: HeadTested
    classes: tuple[str, ...]
    says: Says
    check: Says | None = None
    side_max: int | None = None
    notes: tuple[str, ...] = ()


def on_computer(project: Project) -> UnderTest:
    """The project's head, by the reference of what a board computes.

    ProjectError where there is none yet, ModelError where it is for another embedding.
    """
    reference = _reference(project)
    head = reference.head
    fingerprint = head.fingerprint.hex()
    tried = HeadTested(fingerprint, None, fingerprint, head.threshold / SCORE_STEPS)
    return UnderTest(tried, head.labels, _says(reference))


def on_board(client: BoardClient, project: Project | None) -> UnderTest:
    """The head that is at work on a board; BoardRefusedError where there is none.

    ``project`` is the one whose head is compared with it.
    """
    labels, info = deployed_labels(client), client.info()
    own = _own(project)
    is_own = own is not None and own.head.fingerprint == info.head
    to_board = measure_link(client, info.model_side).to_board
    return UnderTest(
        _at_work(client, info, own),
        tuple(labels),
        lambda square: classify_square(client, square, labels),
        _says(own) if own and is_own else None,
        side_in_time(to_board, PHOTO_TIME_S, info.model_side),
        _set_otherwise(info, own.head) if own and is_own else (),
    )


def _own(project: Project | None) -> Reference | None:
    """The project's head to compare with; None where it has none that can be used."""
    with suppress(TinyTeachError):  # the board is tried all the same
        return _reference(project) if project else None
    return None


def _at_work(client: BoardClient, info: BoardInfo, own: Reference | None) -> HeadTested:
    known = find_board(client.board_id)
    return HeadTested(
        info.head.hex(),
        known.name if known else client.board_id,
        own.head.fingerprint.hex() if own else None,
        info.threshold / SCORE_STEPS,
    )


def _set_otherwise(info: BoardInfo, head: Head) -> tuple[str, ...]:
    """A sentence where the board's threshold was set since the head was deployed."""
    if info.threshold == head.threshold:
        return ()
    now, own = info.threshold / SCORE_STEPS, head.threshold / SCORE_STEPS
    return (OTHER_THRESHOLD.format(now=now, own=own),)


def test(trial: UnderTest, photos: LabelledPhotos, progress: Progress = unseen) -> Tested:
    """Try a head on photographs: those in a folder called like a class of it are of that class.

    All others are of none. PhotoError where no folder is called so, nor 'unknown'.
    """
    plan = _plan(photos, trial.classes)
    shown = []
    for done, (photo, burst) in enumerate(zip(photos.photos, photos.bursts, strict=True), 1):
        shown.append(_shown(trial, photo, plan.names[photo.class_name] or UNKNOWN, burst))
        progress(TESTING, done, len(photos.photos))
    return Tested(
        classes=trial.classes,
        photos=shown,
        head=trial.head,
        copies=photos.copies,
        skipped=photos.skipped,
        compared=photos.compared,
        notes=[*photos.collection.decided(), *plan.rename_lines(), *_notes(trial, photos)],
    )


def check_fraction(at_least: float | None) -> None:
    """UsageError where what is asked for is no fraction from 0 to 1."""
    if at_least is not None and not 0 <= at_least <= 1:
        raise UsageError("What --at-least asks for is a fraction from 0 to 1, such as 0.9.")


def _reference(project: Project) -> Reference:
    head, embedding = trained_head(project), project_embedding(project)
    check_head(head, embedding)
    return Reference(embedding, head)


def _says(reference: Reference) -> Says:
    return lambda square: interpret_scores(reference.head, reference.scores(square))


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


def _shown(trial: UnderTest, photo: ClassPhoto, folder: str, burst: str) -> Shown:
    square = photo.square()
    if trial.side_max:
        square = at_most(square, trial.side_max)
    said = replace(trial.says(square), latency_ms=None)
    is_same = trial.check(square).probabilities == said.probabilities if trial.check else None
    return Shown(photo.name, folder, burst, said, is_same)


def _notes(trial: UnderTest, photos: LabelledPhotos) -> list[str]:
    notes = [*trial.notes, *([] if photos.compared else [NOT_COMPARED])]
    if trial.side_max and photos.largest_side > trial.side_max:
        notes.append(MADE_SMALL.format(side=trial.side_max, time_s=PHOTO_TIME_S))
    return notes
