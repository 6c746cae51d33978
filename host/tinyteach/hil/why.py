"""What a board is like when a test with it has failed, in sentences: it is asked then and there."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from tinyteach.api.board import Board
from tinyteach.data.images import is_black
from tinyteach.errors import TinyTeachError
from tinyteach.hil.results import Sighting

FLAT = 2.0  # grey levels of spread: no scene is so even
BLACK = (
    "The camera gives black: no pixel of what it sees is brighter than {brightest} of 255; uncover "
    "the lens, light the scene, check the camera's cable."
)
EVEN = "The camera gives one colour everywhere; check what it is held before, and its cable."
HEAD_IS_WRONG = (
    "Of {count} pictures {right} were told rightly, and this computer computes the same, so it is "
    "the head or the photographs and not the board"
)
BY_CHANCE = (
    "; that is no more than guessing among {classes} classes, as after a training on wrong labels."
)
MOSTLY = "; most often {truth} was taken for {label} ({times} times)."
DIFFERS = "The board computed {count} of {of} pictures otherwise than this computer."


def explained(board: Board | None, sightings: Sequence[Sighting]) -> list[str]:
    """Sentences, the most telling first. Raises nothing that a board can cause."""
    said = list(_of_sightings(sightings))
    try:
        if board is not None and not board.is_module:
            said += _of_board(board)
    except TinyTeachError as error:
        said.append(str(error))
    return said


def _of_board(board: Board) -> Iterator[str]:
    info = board.client.info()
    if info.state:
        yield info.state
    if board.client.has_camera:
        yield from _of_camera(board)
    yield board.compare(progress=lambda *_: None).sentence()


def _of_camera(board: Board) -> Iterator[str]:
    view = board.photo(small=True).astype(float)
    if is_black(view):
        yield BLACK.format(brightest=int(view.max()))
    elif np.ptp(view, axis=(0, 1)).max() <= FLAT:
        yield EVEN


def _of_sightings(sightings: Sequence[Sighting]) -> Iterator[str]:
    wrong = [each for each in sightings if not each.right]
    otherwise = sum(each.agrees is False for each in sightings)
    if otherwise:
        yield DIFFERS.format(count=otherwise, of=len(sightings))
    elif wrong and all(each.agrees for each in sightings):
        yield _of_head(sightings, wrong)


def _of_head(sightings: Sequence[Sighting], wrong: Sequence[Sighting]) -> str:
    count, right = len(sightings), len(sightings) - len(wrong)
    classes = len({each.truth for each in sightings})
    said = HEAD_IS_WRONG.format(count=count, right=right)
    # As many as guessing gives in all but one of forty cases, by the normal approximation.
    if right <= count / classes + 2 * (count * (classes - 1)) ** 0.5 / classes:
        return said + BY_CHANCE.format(classes=classes)
    pair, times = Counter((each.truth, each.label) for each in wrong).most_common(1)[0]
    return said + MOSTLY.format(truth=pair[0], label=pair[1], times=times)
