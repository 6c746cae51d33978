"""What the board must compute, and the first tensor where it does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from tinyteach.api.board import Board
from tinyteach.api.head import Head
from tinyteach.api.pictures import Picture, as_square
from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import BoardRefusedError, VerificationError
from tinyteach.head.format import head_file
from tinyteach.service.heads.difference import SideBySide
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import errors, messages
from tinyteach_protocol.messages import Message

NOT_AGAIN = "a view came out wrong, and right the next time: the board does not always do the same"
SELF_TEST_FAILED = (
    "A new head fails its self-test on the board; board and computer differ first in {}."
)
STAGES = messages.STAGE_PREPROCESS | messages.STAGE_EMBEDDING


@dataclass
class Mismatches:
    """How many of the views came out otherwise on the board, and how the first of them began to."""

    views: int = 0
    count: int = 0
    first: str = ""


class HostReference(Reference):
    """Preprocessing and embedding of a board, computed here: `tensor` and `features` of a square.

    `check` and `compared` compare pictures on both.
    """

    def __init__(self, board: Board, embedding: Embedding) -> None:
        super().__init__(embedding)
        self._board = board

    def check(self, picture: Picture, head: Head | None = None) -> None:
        """AssertionError where the board computes something else, with the first such tensor.

        With a ``head``, which must be at work there, up to its scores.
        """
        found = self.compared([picture], head)
        if found.count:
            raise AssertionError(found.first)

    def compared(self, pictures: Iterable[Picture], head: Head | None = None) -> Mismatches:
        """The same of many, which are all compared."""
        found, client = Mismatches(), self._board.client
        for square in map(as_square, pictures):
            client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
            answer = client.run(messages.SOURCE_IMAGE, messages.STAGES_ALL if head else STAGES)
            self.look(found, answer, square, head)
        return found

    def look(
        self, found: Mismatches, answer: Message, square: np.ndarray, head: Head | None = None
    ) -> None:
        """Compare what the board answered to RUN of the view that ``square`` is here."""
        tensor = self.tensor(square)
        found.views += 1
        if self._agrees(answer, tensor, self.features(square), head):
            return
        found.count += 1
        found.first = found.first or self.first_difference(tensor, head)

    @staticmethod
    def _agrees(
        answer: Message, tensor: np.ndarray, features: np.ndarray, head: Head | None
    ) -> bool:
        given = answer.tensor_crc32, answer.features_crc32
        if given != (crc32(tensor.tobytes()), crc32(features.tobytes())):
            return False
        return head is None or bool(answer.scores == head.file.scores(features[None])[0].tobytes())

    def first_difference(self, tensor: np.ndarray, head: Head | None = None) -> str:
        """Of the view that the board preprocessed last, int8 [M, M, 3] as it is here; a clause."""
        beside = SideBySide(self.embedding, head.file if head else None)
        return str(beside.difference(self._board.client, tensor) or NOT_AGAIN)


def put_to_work(
    board: Board, head: head_file.Head, embedding: Embedding, square: np.ndarray
) -> None:
    """Deploy; where the board refuses it for its self-test, what it computes otherwise is named.

    ``square``, uint8 [N, N, 3], is what both compute then; VerificationError says it.
    """
    client = board.client
    client.upload(messages.HEAD, head.content)
    try:
        client.commit()
    except BoardRefusedError as refused:
        if refused.code != errors.SELF_TEST_FAILED:
            raise
        client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
        tensor = Reference(embedding).tensor(square)
        beside = SideBySide(embedding, head, refused=True)
        found = beside.difference(client, tensor) or NOT_AGAIN
        raise VerificationError(SELF_TEST_FAILED.format(found)) from refused
