"""Reads head files: what is inside, and the scores that they give.

A file from disk may be cut short, damaged or another tool's; that is checked here
before LiteRT sees it, and ModelError says what is wrong.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding import agent_code
from tinyteach.embedding.preprocessing import TO_TENSOR
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.embedding.view_names import SQUARE
from tinyteach.errors import ModelError
from tinyteach.files import read_file
from tinyteach.head.format.examples import Examples
from tinyteach.head.format.metadata import (
    CARD_MAGIC,
    CARD_MAGIC_BEFORE,
    CARD_NAME,
    VIEW_NAME,
    Card,
    SelfTests,
    file_labels,
    is_sealed,
    pack_card,
    read_labels,
    sealed_anew,
)
from tinyteach.head.format.rejection import is_known

MAX_FILE_BYTES = 1 << 20  # 64 classes of 4096 features, with room to spare

_OTHER_VERSION = "This head was made by another version of TinyTeach; train again."
_DAMAGED = "This head file is damaged or cut short ({}); train again or copy it again."
_FOREIGN = "This .tflite file is no TinyTeach head ({}); make one with `tinyteach train`."


@dataclass(frozen=True, eq=False)
class Head(Card):
    """A head file, and what it says of itself; its scores come from LiteRT's reference kernels."""

    content: bytes = b""  # of the file
    examples: Examples | None = None  # of its classes, where it carries some
    preprocessing: str = SQUARE  # of the views that it was trained on

    @property
    def features(self) -> int:
        """Length of the feature vector."""
        return int(self.self_tests.features.shape[1])

    @cached_property
    def fingerprint(self) -> bytes:
        """SHA-256 of the file."""
        return hashlib.sha256(self.content).digest()

    def scores(self, features: NDArray[np.int8]) -> NDArray[np.int8]:
        """Scores of ``features`` (int8, N×F): int8, N×outputs; probability = (score + 128)/256.

        One a label, and where the head has a background one more, for anything else.
        """
        return self._model.run(features)

    def best(self, scores: NDArray[np.int8]) -> tuple[int, bool]:
        """Of one photograph's ``scores``: the best label's number, and whether it is believed."""
        top = int(scores[: len(self.labels)].argmax())
        other = int(scores[-1]) if self.has_background else -128
        return top, is_known(int(scores[top]), other, self.threshold - 128)

    def check(self) -> None:
        """Run the self-test vectors; ModelError where a score is not the expected one."""
        tests = self.self_tests
        if not np.array_equal(self.scores(tests.features), tests.scores):
            raise ModelError(_DAMAGED.format("it does not give its own self-test's scores"))

    def check_embedding(self, fingerprint: bytes) -> None:
        """ModelError where the head takes the features of another embedding than this one."""
        expected = self.embedding_fingerprint
        if expected != fingerprint:
            raise ModelError(
                f"This head was trained with the embedding {expected.hex()[:12]}, and here is "
                f"{fingerprint.hex()[:12]}; train again."
            )

    @cached_property
    def _model(self) -> TfliteModel:
        return TfliteModel(self.content)


def load_head(data: bytes) -> Head:
    """Read a head file's content and run its self-test; ModelError where either fails."""
    head = read_head(data)
    head.check()
    return head


def load_head_file(path: Path) -> Head:
    """`load_head` of a file, which every error names; FileNotFoundError where there is none."""
    content = read_file(path)
    try:
        return load_head(content)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def with_threshold(head: Head, threshold: int) -> Head:
    """The same head, which calls a best label unknown whose score + 128 is below ``threshold``."""
    before, after = map(pack_card, (head, replace(head, threshold=threshold)))
    return load_head(sealed_anew(head.content.replace(before, after)))


def read_head(data: bytes) -> Head:
    """`load_head` without running it.

    Raises ModelError where ``data`` is cut short, damaged, another tool's file or such that no
    board puts it to work.
    """
    if len(data) < 8 or data[4:8] != b"TFL3":
        raise ModelError(_FOREIGN.format("it does not begin as a .tflite file does"))
    if len(data) > MAX_FILE_BYTES:
        raise ModelError(_FOREIGN.format(f"it is larger than {MAX_FILE_BYTES >> 10} KB"))
    if CARD_NAME.encode() not in data:
        raise ModelError(_FOREIGN.format("the labels that TinyTeach writes are missing"))
    if CARD_MAGIC not in data and CARD_MAGIC_BEFORE in data:
        raise ModelError(_OTHER_VERSION)
    if not is_sealed(data):
        raise ModelError(_DAMAGED.format("its digest does not fit its content"))
    head = _read(data)
    try:
        labels = read_labels(data)
    except ValueError as error:
        raise ModelError(_DAMAGED.format("its parts do not fit together")) from error
    if file_labels(head) != labels:
        raise ModelError(_DAMAGED.format("its parts do not fit together"))
    return head


def _read(data: bytes) -> Head:
    """By the agent's own reader."""
    facts, (tests, features, at), kept = agent_code.read_head(data)
    labels, embedding_fingerprint, outputs, threshold = facts
    rows = _rows(data, at, tests, features + outputs)
    examples = None
    if kept:
        start, counts = kept
        vectors = np.split(_rows(data, start, sum(counts), features), np.cumsum([*counts])[:-1])
        examples = Examples(tuple(vectors))
    return Head(
        tuple(labels),
        embedding_fingerprint,
        SelfTests(rows[:, :features], rows[:, features:]),
        outputs > len(labels),
        threshold,
        data,
        examples,
        _preprocessing(data),
    )


def _preprocessing(data: bytes) -> str:
    named = agent_code.metadata(data, VIEW_NAME).decode(errors="replace") or SQUARE
    if named not in TO_TENSOR:
        raise ModelError(_OTHER_VERSION)
    return named


def _rows(data: bytes, at: int, count: int, width: int) -> NDArray[np.int8]:
    return np.frombuffer(data, np.int8, count * width, at).reshape(count, width)
