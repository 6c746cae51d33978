"""The head that is tried: the one at work on a board, or the project's on this computer."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from tinyteach.data.project import Project
from tinyteach.device.registry import find_board
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import TinyTeachError
from tinyteach.head.format.head_file import Head
from tinyteach.service.boards.link_speed import PHOTO_TIME_S, measure_link, side_in_time
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import (
    SCORE_STEPS,
    Reference,
    classify_square,
    deployed_labels,
    interpret_scores,
    project_reference,
)
from tinyteach.service.projects.embeddings import SHORT_DIGITS

OTHER_THRESHOLD = (
    "The board's threshold was set to {now:.0%} and is not the head's own {own:.0%}; the next "
    "deploy or restart takes that back."
)

Says = Callable[[np.ndarray], Recognised]  # of a photograph, uint8 [N, N, 3]


@dataclass(frozen=True)
class HeadTested:
    """Which head was tried: ``fingerprint`` in hex digits, ``board`` a name, None for the computer.

    ``project_fingerprint`` is that of the project's head, None where it has none; ``threshold`` the
    probability below which a best class was not believed.
    """

    fingerprint: str
    board: str | None
    project_fingerprint: str | None
    threshold: float

    def __str__(self) -> str:
        ours = self.project_fingerprint or ""
        whose = ", the project's," if ours == self.fingerprint else ""
        if ours and not whose:
            whose = f", not the project's {ours[:SHORT_DIGITS]},"
        where = f"the board {self.board}" if self.board else "this computer"
        return f"Head {self.fingerprint[:SHORT_DIGITS]}{whose} on {where}"


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
    reference = project_reference(project)
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
    same = own if own and own.head.fingerprint == info.head else None
    to_board = measure_link(client, info.model_side).to_board
    return UnderTest(
        _at_work(client, info, own),
        tuple(labels),
        lambda square: classify_square(client, square, labels),
        _says(same) if same else None,
        side_in_time(to_board, PHOTO_TIME_S, info.model_side),
        _set_otherwise(info, same.head) if same else (),
    )


def _own(project: Project | None) -> Reference | None:
    """The project's head to compare with; None where it has none that can be used."""
    with suppress(TinyTeachError):  # the board is tried all the same
        return project_reference(project) if project else None
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


def _says(reference: Reference) -> Says:
    return lambda square: interpret_scores(reference.head, reference.scores(square))
