"""Photographs through the board's camera: recordings and the live view."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.device.client import BoardClient
from tinyteach.device.registry import find_board
from tinyteach.embedding.preprocess import expand
from tinyteach.errors import ProjectError
from tinyteach.service.boards import open_board
from tinyteach.service.projects import open_project
from tinyteach_protocol import messages

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Captured:
    """What a recording added."""

    class_name: str
    photos: int
    burst: str
    side: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        return (
            f"Recorded {self.photos} photographs of {self.class_name}, {self.side}×{self.side} "
            f"pixels each (recording {self.burst})."
        )


def capture(
    folder: Path,
    board: str | None,
    class_name: str,
    count: int,
    small: bool,
    progress: Progress,
) -> Captured:
    """Record ``count`` photographs into a class; each is on disk as soon as it is taken."""
    project = open_project(folder)
    if class_name not in project.classes():
        raise ProjectError(
            f"There is no class {class_name!r}; run 'tinyteach class add {class_name}' first."
        )
    with open_board(board or project.board) as client:
        _remember_board(project, client)
        return record(project, client, class_name, count, small, progress)


def _remember_board(project: Any, client: BoardClient) -> None:
    """The first board that a project is used with is its board from then on."""
    known = find_board(client.board_id)
    if project.board is None and known is not None:
        project.board = known.name


def record(
    project: Any,
    client: BoardClient,
    class_name: str,
    count: int,
    small: bool = False,
    progress: Progress = lambda text, done, total: None,
    before_each: Callable[[], None] = lambda: None,
) -> Captured:
    """One recording over an open session; ``before_each`` is called before each photograph."""
    from tinyteach.data.photos import Recording

    recording = Recording(
        project,
        class_name,
        board=client.board_id,
        sensor=client.info()["sensor"],
        kind="model" if small else "square",
    )
    side = 0
    for number in range(count):
        before_each()
        square = take_photo(client, small)
        side = square.shape[0]
        recording.add(square)
        progress(f"Recording {class_name}", number + 1, count)
    return Captured(class_name, count, recording.burst, side)


def take_photo(client: BoardClient, small: bool = False) -> np.ndarray:
    """One photograph, uint8 [N, N, 3] RGB: the centre square, or the model's view of it."""
    kind = messages.GRAB_MODEL if small else messages.GRAB_SQUARE
    taken, pixels = client.grab(kind)
    return expand(pixels, taken.width, taken.height, taken.pixel_format)


@dataclass(frozen=True)
class View:
    """What the model sees: uint8 [M, M, 3]."""

    pixels: np.ndarray

    def save(self, path: Path) -> None:
        """Write it as a picture; the format follows the file's ending."""
        from PIL import Image

        Image.fromarray(self.pixels).save(path)


@contextmanager
def preview_views(board: str | None) -> Iterator[Iterator[View]]:
    """The live view, whole pictures only."""
    with open_board(board) as client:
        events = client.stream(messages.STREAM_PREVIEW)
        try:
            yield _whole_views(events)
        finally:
            events.close()


def _whole_views(events: Iterator[messages.Message]) -> Iterator[View]:
    """Put the pieces of each picture together; one that lost a piece is left out."""
    pieces = bytearray()
    for event in events:
        if event.offset == 0:
            pieces.clear()
        if event.offset != len(pieces):
            continue
        pieces += event.data
        if len(pieces) == event.total:
            yield View(expand(bytes(pieces), event.width, event.height, event.pixel_format))
