"""Where a board first computes something else than this computer, tensor by tensor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.trace import check_sums, result_of
from tinyteach.embedding.layers import Layers, Operator
from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import LinkError
from tinyteach.head.format.head_file import Head
from tinyteach.head.format.rejection import UNKNOWN
from tinyteach.results import JsonResult
from tinyteach_protocol import messages

PREPROCESSING, EMBEDDING, HEAD = "preprocessing", "embedding", "head"
FEATURES, SCORES = "features", "scores"  # of a whole run
AXES = ("row", "column", "channel")
NOT_STEADY = (
    "operator by operator the board computes what this computer does, and in a whole run it does "
    "not, so it does not always compute the same"
)
ANOTHER_SIZE = (
    "The board's result does not fit the model that it names; press its reset button and try again."
)


@dataclass(frozen=True)
class Difference(JsonResult):
    """The first tensor that differs, and the first of its values that does.

    ``stage`` is preprocessing, embedding, head, or features or scores of a whole run, where all
    operators by themselves were right. ``operator`` is counted from 1 as the model's file has
    them; ``place`` (row, column and channel, or one number) from 0. ``values`` of the tensor
    differ; where it came right the second time none, and ``place`` and both numbers are None.
    """

    stage: str
    operator: int | None
    kernel: str | None
    shape: list[int]
    place: list[int] | None
    board: int | None
    computer: int | None
    values: int
    label: str | None = None

    def __str__(self) -> str:
        """A clause."""
        if self.place is None:
            return f"{self._what}, which the board computed otherwise once and rightly then"
        return (
            f"{self._what}: {self._where} is {self.board} on the board and {self.computer} on this "
            f"computer, and {self.values} of {int(np.prod(self.shape))} values differ"
        )

    @property
    def _what(self) -> str:
        size = "×".join(map(str, self.shape))
        if self.operator is not None:
            return f"operator {self.operator} of the {self.stage} ({self.kernel}, {size})"
        if self.stage == PREPROCESSING:
            return f"preprocessing ({size})"
        return f"the {self.stage}, because {NOT_STEADY}"

    @property
    def _where(self) -> str:
        assert self.place is not None
        if self.label is not None:
            return self.label
        names = AXES if len(self.place) == len(AXES) else ("value",)
        return ", ".join(f"{name} {at}" for name, at in zip(names, self.place, strict=False))


@dataclass(frozen=True)
class _Model:
    name: str
    stage: int
    layers: Layers


class SideBySide:
    """Board and computer, of an embedding and, where one is given, of the board's head."""

    def __init__(
        self,
        embedding: Embedding,
        head: Head | None = None,
        at_work: bool = True,
        refused: bool = False,
    ) -> None:
        """``at_work``: whether the board recognises with the head, or it fails its self-test.

        ``refused``: the board does not hold it for that, so it is sent for the comparison alone.
        ModelError where the head is for another embedding.
        """
        self._head = head if at_work and not refused else None
        self._sent = head.content if head and refused else b""
        self._models = [_Model(EMBEDDING, messages.STAGE_EMBEDDING, Layers(embedding.content))]
        if head is not None:
            head.check_embedding(embedding.fingerprint)
            self._models.append(_Model(HEAD, messages.STAGE_HEAD, Layers(head.content)))

    @property
    def tensors(self) -> int:
        """How many a view compares: the model's input, each operator's, what a whole run gives."""
        whole_run = 2 if self._head else 1
        return 1 + sum(len(model.layers.operators) for model in self._models) + whole_run

    def difference(self, client: BoardClient, tensor: NDArray[np.int8]) -> Difference | None:
        """The first of the view that the board preprocessed last; None where there is none.

        ``tensor`` is that view as this computer preprocesses it, int8 [M, M, 3].
        """
        try:
            return next(self._differences(client, tensor), None)
        finally:
            if self._sent:
                client.request(messages.ABORT)

    def _differences(self, client: BoardClient, tensor: NDArray[np.int8]) -> Iterator[Difference]:
        answer = client.run(messages.SOURCE_IMAGE, 0)
        if answer.tensor_crc32 != crc32(tensor.tobytes()):
            told = client.read(messages.TENSOR, tensor.size)
            yield _between(told, tensor, PREPROCESSING)
        given = tensor
        outputs = []
        for model in self._models:
            if model.stage == messages.STAGE_HEAD and self._sent:
                client.upload(messages.HEAD, self._sent)
            results = model.layers.run(given)
            yield from _in_operators(client, model, results)
            given = model.layers.output
            outputs.append(given)
        yield from self._in_a_whole_run(client, *outputs)

    def _in_a_whole_run(
        self, client: BoardClient, features: NDArray[np.int8], *scores: NDArray[np.int8]
    ) -> Iterator[Difference]:
        head = self._head
        stages = messages.STAGE_EMBEDDING | (messages.STAGE_HEAD if head else 0)
        answer = client.run(messages.SOURCE_IMAGE, stages)
        if answer.features_crc32 != crc32(features.tobytes()):
            told = client.read(messages.FEATURES, features.size)
            yield _between(told, features, FEATURES)
        if head and answer.scores != scores[0].tobytes():
            yield _between(answer.scores, scores[0], SCORES, labels=[*head.labels, UNKNOWN])


def _in_operators(
    client: BoardClient, model: _Model, results: Sequence[NDArray[np.int8]]
) -> Iterator[Difference]:
    """Those of a model's operators whose check sums differ, each asked for then."""
    sums = check_sums(client, model.stage, len(results))
    for step, (given, here) in enumerate(zip(sums, results, strict=True)):
        if given != crc32(here.tobytes()):
            told = result_of(client, model.stage, step + 1, here.size)
            yield _between(told, here, model.name, model.layers.operators[step])


def _between(
    told: bytes,
    here: NDArray[np.int8],
    stage: str,
    operator: Operator | None = None,
    labels: Sequence[str] | None = None,
) -> Difference:
    if len(told) != here.size:
        raise LinkError(ANOTHER_SIZE)
    there = np.frombuffer(told, np.int8).reshape(here.shape)
    number, kernel = (operator.number, operator.kernel) if operator else (None, None)
    tensor = stage, number, kernel, list(here.shape)
    places = np.argwhere(there != here)
    if not len(places):
        return Difference(*tensor, None, None, None, 0)
    place = tuple(int(at) for at in places[0])
    label = labels[place[0]] if labels else None
    both = int(there[place]), int(here[place])
    return Difference(*tensor, list(place), *both, len(places), label)
