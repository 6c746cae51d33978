"""What is recognised: live on the board, in files on the board, in files on the host."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.device.client import BoardClient
from tinyteach.errors import BoardRefusedError, ProjectError
from tinyteach.service.boards import open_board
from tinyteach.service.budgets import STAGES
from tinyteach.service.projects import open_project
from tinyteach_protocol import errors, messages

# The head's softmax output: probability = (score + 128) / 256.
SCORE_ZERO_POINT = -128
SCORE_STEPS = 256


@dataclass(frozen=True)
class Recognised:
    """The label of the highest score, every label's probability, the board's durations."""

    label: str
    probability: float
    probabilities: dict[str, float]
    latency_ms: dict[str, float] | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def line(self) -> str:
        took = f"  ({sum(self.latency_ms.values()):.1f} ms)" if self.latency_ms else ""
        return f"{self.label} {self.probability:.0%}{took}"


def interpret(labels: Sequence[str], top: int, scores: bytes, message: Any = None) -> Recognised:
    """A RUN's answer or a RESULT event (or LiteRT's int8 scores) as labels and probabilities."""
    values = np.frombuffer(scores, np.int8).astype(int)
    probabilities = {
        label: (int(value) - SCORE_ZERO_POINT) / SCORE_STEPS
        for label, value in zip(labels, values, strict=True)
    }
    latency_ms = None
    if message is not None:
        latency_ms = {stage: message.fields[stage + "_us"] / 1000 for stage in STAGES}
    return Recognised(labels[top], probabilities[labels[top]], probabilities, latency_ms)


@contextmanager
def watch(board: str | None) -> Iterator[Iterator[Recognised]]:
    """Live results of the board's camera."""
    with open_board(board) as client:
        labels = deployed_labels(client)
        events = client.stream(messages.STREAM_RESULTS)
        try:
            yield (interpret(labels, event.top, event.scores, event) for event in events)
        finally:
            events.close()


def deployed_labels(client: BoardClient) -> list[str]:
    """The labels of the head at work; BoardRefusedError where there is none."""
    labels = client.info()["labels"]
    if not labels:
        raise BoardRefusedError(errors.error_sentence(errors.NO_HEAD), errors.NO_HEAD)
    return labels


def classify_on_board(board: str | None, files: Sequence[Path]) -> list[Recognised]:
    """Send each photograph's centre square to the board, which classifies it."""
    from tinyteach.data.images import load_square

    squares = [load_square(file) for file in files]
    with open_board(board) as client:
        labels = deployed_labels(client)
        return [classify_square(client, square, labels) for square in squares]


def classify_square(client: BoardClient, square: np.ndarray, labels: Sequence[str]) -> Recognised:
    """One photograph (uint8 [N, N, 3]) through all stages on the board."""
    client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    result = client.run(messages.SOURCE_IMAGE)
    return interpret(labels, result.top, result.scores, result)


def classify_on_host(folder: Path, files: Sequence[Path]) -> list[Recognised]:
    """What the board would say, computed by LiteRT's reference kernels with the project's head."""
    from tinyteach.data.images import load_square
    from tinyteach.embedding.runtime import load_embedding

    head = trained_head(open_project(folder))
    reference = Reference(load_embedding(), head)
    scores = [reference.scores(load_square(file)) for file in files]
    return [interpret(head.labels, int(s.argmax()), s.tobytes()) for s in scores]


def trained_head(project: Any) -> Any:
    """The project's trained head; ProjectError where it has none yet."""
    from tinyteach.head.head_file import load_head

    if not project.head_path.exists():
        raise ProjectError(f"{project.name} has no trained head yet; run 'tinyteach train'.")
    return load_head(project.head_path.read_bytes())


class Reference:
    """The host's reference of everything the board computes."""

    def __init__(self, embedding: Any, head: Any = None) -> None:
        self.embedding = embedding
        self.head = head

    def tensor(self, square: np.ndarray) -> np.ndarray:
        """int8 [M, M, 3] of a photograph, uint8 [N, N, 3]."""
        from tinyteach.embedding.preprocess import to_tensor

        return to_tensor(square, self.embedding.side)

    def features(self, square: np.ndarray) -> np.ndarray:
        """int8 [F]."""
        return self.embedding.embed(self.tensor(square)[None])[0]

    def scores(self, square: np.ndarray) -> np.ndarray:
        """int8 [C] of the head."""
        return self.head.scores(self.features(square)[None])[0]
