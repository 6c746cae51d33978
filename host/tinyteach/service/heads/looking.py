"""Where a head looks: which parts of a picture speak for the class that was recognised."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tinyteach.data.images import load_square
from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import ModelError
from tinyteach.head.format.head_file import Head
from tinyteach.head.overlay import tinted
from tinyteach.head.share import class_shares, read_weights
from tinyteach.results import JsonResult
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import Reference, interpret_scores, project_reference
from tinyteach.service.projects.opening import open_project

NO_MAP = (
    "Where the head looks cannot be said: the features of this embedding are no map of the "
    "picture, as those of the embeddings that ship are."
)
DIGITS = 4  # behind the point, of what is told


@dataclass(frozen=True)
class Looks(JsonResult):
    """What each cell of the picture adds to a class's logit less the mean of the other classes'.

    In nats. With ``constant``, which is added whatever is seen, they are ``total``.
    """

    label: str
    cells: list[list[float]]  # rows × columns, from the upper left
    constant: float
    total: float

    def lines(self) -> list[str]:
        """For a person."""
        first = (
            f"For {self.label} (+) or against it (-), by place; with {self.constant:+.2f} for "
            f"whatever is seen {self.total:+.2f} in all:"
        )
        return [first, *(" ".join(f"{cell:+7.2f}" for cell in row) for row in self.cells)]

    def over(self, square: np.ndarray) -> np.ndarray:
        """The photograph (uint8 [N, N, 3]) with its cells tinted: uint8 [M, M, 3]."""
        return tinted(square, np.array(self.cells))


class WhereItLooks:
    """A head's shares of features that ``embedding`` made; ModelError where these are no map."""

    def __init__(self, embedding: Embedding, head: Head) -> None:
        grid = embedding.grid
        if grid is None:
            raise ModelError(NO_MAP)
        self._grid, self._labels = grid, head.labels
        self._weights = read_weights(head)

    def looks(self, features: np.ndarray, label: str) -> Looks:
        """What ``features`` (int8 [F]) say for a class of the head."""
        labels = self._labels
        found = class_shares(self._weights, features, labels.index(label), len(labels), self._grid)
        rows = [[round(cell, DIGITS) for cell in row] for row in found.cells.tolist()]
        return Looks(label, rows, round(found.constant, DIGITS), round(found.total, DIGITS))


@dataclass(frozen=True)
class Explained:
    """A photograph (uint8 [N, N, 3]), what it was taken for, and why."""

    square: np.ndarray
    recognised: Recognised
    looks: Looks

    def as_dict(self) -> dict[str, object]:
        """As a classification is told, and ``why``."""
        return {**self.recognised.as_dict(), "why": asdict(self.looks)}

    @property
    def picture(self) -> np.ndarray:
        """uint8 [M, M, 3]."""
        return self.looks.over(self.square)


def explain_on_host(folder: Path, files: Sequence[Path]) -> list[Explained]:
    """What `classify_on_host` says of photographs, and why.

    Raises ModelError where the features are no map.
    """
    reference = project_reference(open_project(folder))
    where = WhereItLooks(reference.embedding, reference.head)
    return [explained(reference, where, load_square(file)) for file in files]


def explained(reference: Reference, where: WhereItLooks, square: np.ndarray) -> Explained:
    """The same of one photograph, uint8 [N, N, 3]."""
    features = reference.features(square)
    (scores,) = reference.head.scores(features[None])
    found = interpret_scores(reference.head, scores)
    return Explained(square, found, where.looks(features, found.best_label))
