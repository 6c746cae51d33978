"""A head in a program: the reference of what a board says."""

from html import escape
from os import PathLike
from pathlib import Path
from typing import Self

from tinyteach.api.notebook import table_html
from tinyteach.api.pictures import Picture, as_square
from tinyteach.api.recognised import Recognised
from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import ModelError
from tinyteach.files import read_file, write_atomically
from tinyteach.head.format import head_file
from tinyteach.service.heads.looking import Looks, WhereItLooks, explained
from tinyteach.service.heads.recognition import (
    SCORE_STEPS,
    Reference,
    interpret_scores,
    threshold_steps,
)
from tinyteach.service.heads.training import CLASS_COLUMNS, FoundReport
from tinyteach.service.projects.embeddings import (
    SHORT_DIGITS,
    check_head,
    load_named,
    name_of,
)

NO_SUCH_FILE = "There is no head file {path}; name one that 'Head.save' or 'tinyteach train' wrote."
NO_EMBEDDING = (
    "The head was trained with the embedding {digits}, which is none that ships; name its .tflite "
    "file with embedding=."
)


class Head:
    """A trained head with the embedding that it was trained for.

    ``report`` says what training reached; None for a head that was loaded.
    """

    def __init__(
        self, file: head_file.Head, embedding: Embedding, report: FoundReport | None = None
    ) -> None:
        check_head(file, embedding)
        self.file, self.embedding, self.report = file, embedding, report
        self._reference = Reference(embedding, file)

    @classmethod
    def load(cls, path: str | PathLike[str], embedding: str | None = None) -> Self:
        """Read a head from a .tflite file.

        ``embedding`` is ``base``, ``tiny``, ``open``, ``plus`` or a .tflite file; without it, the
        one that ships with the fingerprint that the head names. Raises ModelError where the file
        is no head or is damaged, UsageError where there is no such embedding.
        """
        try:
            file = head_file.load_head(read_file(Path(path)))
        except FileNotFoundError as error:
            raise ModelError(NO_SUCH_FILE.format(path=path)) from error
        return cls(file, load_named(embedding) if embedding else _shipped_for(file))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the .tflite file, which LiteRT and TensorFlow run as well; whole or not at all."""
        write_atomically(Path(path), self.content)

    @property
    def content(self) -> bytes:
        """The .tflite file's bytes."""
        return self.file.content

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the scores."""
        return self.file.labels

    @property
    def threshold(self) -> float:
        """The probability below which the best label is ``unknown``."""
        return self.file.threshold / SCORE_STEPS

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file, in hex digits."""
        return self.file.fingerprint.hex()

    @property
    def accuracy(self) -> float | None:
        """Fraction right of photographs that were held back; None where that is not known."""
        return self.report.data["accuracy"] if self.report else None

    def with_threshold(self, probability: float) -> "Head":
        """The same head with another threshold, 0 (none) to 1; UsageError outside."""
        file = head_file.with_threshold(self.file, threshold_steps(probability))
        return Head(file, self.embedding, self.report)

    def classify(self, picture: Picture) -> Recognised:
        """What a board with this head says of the picture's centre square, bit for bit.

        Raises PhotoError for what is no picture.
        """
        square = as_square(picture)
        scores = self._reference.scores(square)
        return Recognised.of(interpret_scores(self.file, scores), square)

    def looks(self, picture: Picture) -> Looks:
        """Which parts of the picture's centre square speak for its best class, and how much.

        Raises ModelError where the embedding's features are no map of the picture.
        """
        where = WhereItLooks(self.embedding, self.file)
        return explained(self._reference, where, as_square(picture)).looks

    def __repr__(self) -> str:
        return f"Head({', '.join(self.labels)}; {self.fingerprint[:SHORT_DIGITS]})"

    def _repr_html_(self) -> str:
        if self.report is None:
            return f"<p>{escape(repr(self))}</p>"
        data = self.report.data
        lines = [self.report.title, data["method"], *self.report.enough, *data["advice"]]
        rows = zip(data["labels"], data["confusion"], strict=True)
        matrix = ([name, *counts] for name, counts in rows)
        return (
            "".join(f"<p>{escape(line)}</p>" for line in lines)
            + table_html(CLASS_COLUMNS, self.report.rows)
            + table_html(["true class, then what was said", *data["labels"]], matrix)
        )


def _shipped_for(file: head_file.Head) -> Embedding:
    fingerprint = file.embedding_fingerprint
    name = name_of(fingerprint)
    if name is None:
        raise ModelError(NO_EMBEDDING.format(digits=fingerprint.hex()[:SHORT_DIGITS]))
    return load_named(name)
