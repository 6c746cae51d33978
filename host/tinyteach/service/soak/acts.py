"""What is done to a board in a soak, each result compared with the reference, bit for bit."""

from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand
from tinyteach.embedding.runtime import Embedding
from tinyteach.head.format.head_file import Head
from tinyteach.service.heads.difference import SideBySide
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import messages
from tinyteach_protocol.messages import Message

CAPTURE, INFER, REDEPLOY, ROLL_BACK, UNPLUG = ACTS = (
    *("capture", "infer", "redeploy", "roll back"),
    "unplug",
)
NOT_AGAIN = "a view came out wrong, and right the next time"
OTHER_HEAD = "the board has another head at work than the one that it was given"


class Acts:
    """``heads``, two, lie on the board and take turns; ``views`` are photographs to send.

    ``wrong(what)`` is told of each result that is not the reference's, ``took(ms)`` how long the
    board's embedding worked, ``wrote(bytes)`` of what goes to its flash (0: a switch).
    """

    def __init__(
        self,
        embedding: Embedding,
        heads: Sequence[Head],
        views: Sequence[NDArray[np.uint8]],
        wrong: Callable[[str], None],
        took: Callable[[float], None],
        wrote: Callable[[int], None],
    ) -> None:
        self._embedding, self._heads, self._views = embedding, heads, views
        self._references = {head.fingerprint: Reference(embedding, head) for head in heads}
        self._wrong, self._took, self._wrote = wrong, took, wrote
        self._next_view = 0
        self.compared = 0

    def do(self, act: str, client: BoardClient) -> None:
        """One of ACTS but `UNPLUG`; raises what the board and its link do."""
        {
            CAPTURE: self._capture,
            INFER: self._infer,
            REDEPLOY: self._redeploy,
            ROLL_BACK: self._roll_back,
        }[act](client)

    def deploy_both(self, client: BoardClient) -> None:
        """Whatever was there, these two are on the board now."""
        for head in self._heads:
            self._deploy(client, head)

    def _capture(self, client: BoardClient) -> None:
        taken, pixels = client.grab()
        square = expand(pixels, taken.width, taken.height, taken.pixel_format)
        self._compare(client, square, client.run(messages.SOURCE_FRAME))

    def _infer(self, client: BoardClient) -> None:
        square = self._views[self._next_view % len(self._views)]
        self._next_view += 1
        client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
        self._compare(client, square, client.run(messages.SOURCE_IMAGE))

    def _redeploy(self, client: BoardClient) -> None:
        at_work = client.info().head
        other = next(head for head in self._heads if head.fingerprint != at_work)
        self._deploy(client, other)
        self._infer(client)

    def _deploy(self, client: BoardClient, head: Head) -> None:
        """Without waiting for a board that goes away, as `deploying` does: that is the soak's."""
        self._wrote(len(head.content))
        client.upload(messages.HEAD, head.content)
        client.commit()

    def _roll_back(self, client: BoardClient) -> None:
        self._wrote(0)
        restored = client.rollback()
        if restored.fingerprint not in self._references:
            self._wrong(OTHER_HEAD)
        self._infer(client)

    def _compare(self, client: BoardClient, square: NDArray[np.uint8], answer: Message) -> None:
        """Model input, features and scores of the head at work."""
        self.compared += 1
        self._took(answer.embedding_us / 1000)
        reference = self._references.get(client.info().head)
        if reference is None:
            self._wrong(OTHER_HEAD)
            return
        tensor, features = reference.tensor(square), reference.features(square)
        scores = reference.head.scores(features[None])[0]
        expected = crc32(tensor.tobytes()), crc32(features.tobytes()), scores.tobytes()
        if (answer.tensor_crc32, answer.features_crc32, answer.scores) != expected:
            beside = SideBySide(self._embedding, reference.head)
            self._wrong(str(beside.difference(client, tensor) or NOT_AGAIN))
