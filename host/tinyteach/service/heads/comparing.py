"""`tinyteach why`: views on the board and on this computer, to the first tensor that differs."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from tinyteach.data.drawing import DEMO_OBJECTS, demo_object
from tinyteach.data.project import Project
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.trace import piece
from tinyteach.embedding.preprocess import expand, to_tensor
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.view_names import SQUARE
from tinyteach.errors import BoardRefusedError, ModelError, TinyTeachError
from tinyteach.head.format.head_file import MAX_FILE_BYTES, Head, load_head
from tinyteach.progress import Progress
from tinyteach.service.boards.verification import check_ready
from tinyteach.service.heads.compared import AT_WORK, NO_HEAD, OF_BOARD, OF_PROJECT, Compared
from tinyteach.service.heads.difference import Difference, SideBySide
from tinyteach.service.heads.pulling import read_head
from tinyteach.service.heads.recognition import trained_head
from tinyteach.service.photos.bench_photos import at_most
from tinyteach.service.projects.embeddings import described, find_embedding, load_named, name_of
from tinyteach_protocol import errors, messages
from tinyteach_protocol.frame import MAX_PAYLOAD

CAMERA = "what the camera sees"
DRAWN = "the drawn {}"
NOT_HERE = (
    "The board's embedding {} is neither one of TinyTeach's nor the project's, so there is nothing "
    "to compare with; name the project that it is of, with --project."
)
# One and a half times as wide as the model's: each pixel of that is made of several, unevenly.
DRAWN_SIDES = 1.5

Photo = tuple[str, NDArray[np.uint8]]  # its name, and RGB pixels [N, N, 3]
View = tuple[str, NDArray[np.int8]]  # in words, and as the reference preprocesses it, [M, M, 3]


def compare(
    client: BoardClient, photo: Photo | None, project: Project | None, progress: Progress
) -> Compared:
    """Compare a photograph, or by default what the camera sees, up to the first difference.

    Where the board has no camera, drawn objects are sent. Raises BoardRefusedError where it has no
    embedding at work, ModelError where that is not to be had here.
    """
    info = client.info()
    check_ready(info)
    embedding, failed = embedding_on(info, project), info.state_code == errors.SELF_TEST_FAILED
    whose, head = _head_of(client, info, project, progress)
    beside = SideBySide(embedding, head, whose == AT_WORK, whose == OF_PROJECT)
    views, difference = _first(client, _views(client, photo, embedding.side), beside, progress)
    fingerprint = head.fingerprint.hex() if head else None
    count = beside.tensors * len(views)
    return Compared(views, count, info.kernels_words, fingerprint, whose, failed, difference)


def _head_of(
    client: BoardClient, info: BoardInfo, project: Project | None, progress: Progress
) -> tuple[str, Head | None]:
    """The board's head, at work or not; where it has none the project's, which it may refuse."""
    if info.head:
        return AT_WORK, read_head(client, progress)
    if info.state_code == errors.SELF_TEST_FAILED:
        return OF_BOARD, _held_head(client)
    with suppress(TinyTeachError):  # no head to be had is no fault
        head = trained_head(project) if project else None
        if head and head.embedding_fingerprint == info.embedding and head.preprocessing == SQUARE:
            return OF_PROJECT, head
    return NO_HEAD, None


def _held_head(client: BoardClient) -> Head:
    """The head that fails the board's self-test; nobody tells how long its file is."""
    content = b""
    with suppress(BoardRefusedError):  # beyond the end of it
        while len(content) <= MAX_FILE_BYTES:
            content += piece(client, messages.READ, len(content), MAX_PAYLOAD, object=messages.HEAD)
    return load_head(content)


def _first(
    client: BoardClient, views: Iterator[View], beside: SideBySide, progress: Progress
) -> tuple[list[str], Difference | None]:
    """What was compared, in words, and the first difference."""
    names: list[str] = []
    for name, tensor in views:
        progress("Comparing", len(names), len(names) + 1)
        names.append(name)
        difference = beside.difference(client, tensor)
        if difference is not None:
            return names, difference
    return names, None


def embedding_on(info: BoardInfo, project: Project | None) -> Embedding:
    """The board's embedding, one that ships or the project's; ModelError where it is neither."""
    found = find_embedding(project, info.embedding) if project else None
    name = name_of(info.embedding)
    if found is None and name is None:
        raise ModelError(NOT_HERE.format(described(info.embedding)))
    return found or load_named(str(name))


def _views(client: BoardClient, photo: Photo | None, side: int) -> Iterator[View]:
    """Each is the board's last model input when it is given."""
    if photo is not None:
        yield _sent(client, *photo, side)
    elif client.has_camera:
        yield CAMERA, _taken(client, side)
    else:
        for name in DEMO_OBJECTS:
            square = at_most(demo_object(name), int(side * DRAWN_SIDES))
            yield _sent(client, DRAWN.format(name), square, side)


def _sent(client: BoardClient, name: str, square: NDArray[np.uint8], side: int) -> View:
    client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    return name, to_tensor(square, side)


def _taken(client: BoardClient, side: int) -> NDArray[np.int8]:
    taken, pixels = client.grab()
    square = expand(pixels, taken.width, taken.height, taken.pixel_format)
    client.run(messages.SOURCE_FRAME, messages.STAGE_PREPROCESS)
    return to_tensor(square, side)
