"""What is recognised: live on the board, in files on the board, in files on the host."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tinyteach.board_facts import STAGES
from tinyteach.data.images import load_square
from tinyteach.data.project import Project
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.wire_answers import check_scores
from tinyteach.embedding.preprocessing import TO_TENSOR
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.view_names import SQUARE
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.head.format.head_file import Head, load_head_file
from tinyteach.head.format.rejection import UNKNOWN
from tinyteach.service.boards.aftermath import tell
from tinyteach.service.boards.sessions import Session
from tinyteach.service.heads.module_results import module_results
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.projects.chosen_head import no_head_yet
from tinyteach.service.projects.embeddings import check_head, project_embedding
from tinyteach.service.projects.opening import open_project
from tinyteach.service.words.values import check_threshold
from tinyteach_protocol import errors, messages
from tinyteach_protocol.error_sentences import error_sentence
from tinyteach_protocol.messages import Message

# The head's softmax output: probability = (score + 128) / 256.
SCORE_ZERO_POINT = -128
SCORE_STEPS = 256


def interpret(
    labels: Sequence[str], top: int, known: bool, scores: bytes, message: Message | None = None
) -> Recognised:
    """A RUN's answer or a RESULT event (or LiteRT's int8 scores) as labels and probabilities.

    A score more than labels is that of anything else.
    """
    values = np.frombuffer(scores, np.int8).astype(int)
    names = [*labels, UNKNOWN][: len(values)]
    probabilities = {
        label: (int(value) - SCORE_ZERO_POINT) / SCORE_STEPS
        for label, value in zip(names, values, strict=True)
    }
    latency_ms = None
    if message is not None:
        latency_ms = {stage: message.fields[stage + "_us"] / 1000 for stage in STAGES}
    best = labels[top]
    return Recognised(
        best if known else UNKNOWN, probabilities[best], best, probabilities, latency_ms
    )


def interpret_scores(head: Head, scores: np.ndarray) -> Recognised:
    """`interpret` of the reference's scores (int8, one photograph's), by the head's threshold."""
    top, known = head.best(scores)
    return interpret(head.labels, top, known, scores.tobytes())


def interpret_message(labels: Sequence[str], message: Message) -> Recognised:
    """`interpret` of a RUN's answer or a RESULT event."""
    try:
        check_scores(message, labels)
    except ValueError as error:
        raise LinkError(
            f"The board's result does not fit the head that it names ({error}); press its reset "
            "button and try again."
        ) from error
    return interpret(labels, message.top, bool(message.known), message.scores, message)


@contextmanager
def watch(session: Session, threshold: float | None = None) -> Iterator[Iterator[Recognised]]:
    """Live results of the camera.

    ``threshold``, a probability, replaces the head's own on the board: a best label below it
    is unknown, 0 believes every one. It stays until another head is deployed or a restart; with a
    module it is for these results alone.
    """
    if isinstance(session, ModuleClient):
        with module_results(session, threshold) as seen:
            yield (each.recognised for each in seen)
        return
    with _board_results(session, threshold) as results:
        yield results


@contextmanager
def _board_results(client: BoardClient, threshold: float | None) -> Iterator[Iterator[Recognised]]:
    labels = deployed_labels(client)
    if threshold is not None:
        set_threshold(client, threshold)
    events = client.stream(messages.STREAM_RESULTS)
    try:
        yield (interpret_message(labels, event) for event in events)
    finally:
        events.close()


def recognise_once(session: Session) -> Recognised:
    """What is recognised in one view of the camera."""
    if isinstance(session, ModuleClient):
        with module_results(session) as seen:
            return next(seen).recognised
    labels = deployed_labels(session)
    return interpret_message(labels, session.run(messages.SOURCE_CAMERA))


def set_threshold(client: BoardClient, probability: float) -> None:
    """Below it a best label is unknown, on the board and until its next head or restart."""
    steps = threshold_steps(probability)
    tell(client, lambda: client.set_threshold(steps), "Whether the threshold was set is not known.")


def threshold_steps(probability: float) -> int:
    """A probability as the board's threshold, 0…255; UsageError outside of 0…1."""
    check_threshold(probability)
    return min(round(probability * SCORE_STEPS), SCORE_STEPS - 1)


def deployed_labels(client: BoardClient) -> list[str]:
    """The labels of the head at work; BoardRefusedError where there is none."""
    info = client.info()
    if not info.labels:
        code = errors.SAFE_MODE if info.safe_mode else errors.NO_HEAD
        raise BoardRefusedError(error_sentence(code), code)
    return info.labels


def classify_square(client: BoardClient, square: np.ndarray, labels: Sequence[str]) -> Recognised:
    """One photograph (uint8 [N, N, 3]) through all stages on the board."""
    client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    result = client.run(messages.SOURCE_IMAGE)
    return interpret_message(labels, result)


def classify_on_host(folder: Path, files: Sequence[Path]) -> list[Recognised]:
    """What the board would say, computed by LiteRT's reference kernels with the project's head."""
    reference = project_reference(open_project(folder))
    scores = [reference.scores(load_square(file)) for file in files]
    return [interpret_scores(reference.head, s) for s in scores]


def project_reference(project: Project) -> "Reference":
    """The reference with the project's head.

    ProjectError where there is none yet, ModelError where it is for another embedding.
    """
    head, embedding = trained_head(project), project_embedding(project)
    check_head(head, embedding)
    return Reference(embedding, head)


def trained_head(project: Project) -> Head:
    """The project's trained head; ProjectError where it has none yet."""
    try:
        return load_head_file(project.head_path)
    except FileNotFoundError as error:
        raise no_head_yet(project) from error


class Reference:
    """The host's reference of everything the board computes."""

    def __init__(self, embedding: Embedding, head: Head | None = None) -> None:
        self.embedding = embedding
        self._head = head

    @property
    def head(self) -> Head:
        """The head; there must be one."""
        assert self._head is not None
        return self._head

    def tensor(self, square: np.ndarray) -> np.ndarray:
        """int8 [M, M, 3] of a photograph, uint8 [N, N, 3], by the head's preprocessing."""
        preprocessing = self._head.preprocessing if self._head else SQUARE
        return TO_TENSOR[preprocessing](square, self.embedding.side)

    def features(self, square: np.ndarray) -> np.ndarray:
        """int8 [F]."""
        features: np.ndarray = self.embedding.embed(self.tensor(square)[None])[0]
        return features

    def scores(self, square: np.ndarray) -> np.ndarray:
        """int8 [C] of the head."""
        scores: np.ndarray = self.head.scores(self.features(square)[None])[0]
        return scores
