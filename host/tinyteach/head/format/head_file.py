"""Reads head files: what is inside, and the scores that they give.

A file from disk may be cut short, damaged or another tool's; that is checked here
before LiteRT sees it, and ModelError says what is wrong.
"""

import hashlib
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.agent_code import check_head
from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.errors import ModelError
from tinyteach.files import read_file
from tinyteach.head.format.examples import ENTRY, Examples, unpack_examples
from tinyteach.head.format.metadata import (
    CARD_MAGIC,
    CARD_MAGIC_BEFORE,
    CARD_NAME,
    MAX_CLASSES,
    Card,
    SelfTests,
    file_labels,
    is_sealed,
    pack_card,
    read_labels,
    sealed_anew,
    unpack_card,
)

schema = schema_module()

MAX_FILE_BYTES = 1 << 20  # 64 classes of 4096 features, with room to spare

_DAMAGED = "This head file is damaged or cut short ({}); train again or copy it again."
_FOREIGN = "This .tflite file is no TinyTeach head ({}); make one with `tinyteach train`."
# What the generated flatbuffer readers raise when offsets lead out of the file or into nonsense.
_READER_ERRORS = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError),
    struct.error,
)


@dataclass(frozen=True)
class HeadInfo:
    """What a head file says about itself."""

    labels: tuple[str, ...]
    embedding_fingerprint: bytes  # SHA-256 of the embedding.tflite that its features come from
    features: int
    self_tests: SelfTests
    fingerprint: bytes  # SHA-256 of the head file
    has_background: bool = False  # the last score is that of anything that is no label's
    threshold: int = 0  # see head/format/rejection.py
    examples: Examples | None = None  # of its classes, where it carries some


@dataclass(frozen=True)
class Head:
    """A head file that was read and checked; its scores come from LiteRT's reference kernels."""

    content: bytes
    info: HeadInfo

    @property
    def labels(self) -> tuple[str, ...]:
        """Class labels in the order of the scores."""
        return self.info.labels

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the file."""
        return self.info.fingerprint

    @property
    def threshold(self) -> int:
        """Below this a best score + 128 means unknown."""
        return self.info.threshold

    def scores(self, features: NDArray[np.int8]) -> NDArray[np.int8]:
        """Scores of ``features`` (int8, N×F): int8, N×outputs; probability = (score + 128)/256.

        One a label, and where the head has a background one more, for anything else.
        """
        return self._model.run(features)

    def best(self, scores: NDArray[np.int8]) -> tuple[int, bool]:
        """Of one photograph's ``scores``: the best label's number, and whether it is believed."""
        top = int(scores[: len(self.labels)].argmax())
        return top, int(scores[top]) + 128 >= self.threshold

    def check(self) -> None:
        """Run the self-test vectors; ModelError where a score is not the expected one."""
        tests = self.info.self_tests
        if not np.array_equal(self.scores(tests.features), tests.scores):
            raise ModelError(_DAMAGED.format("it does not give its own self-test's scores"))

    def check_embedding(self, fingerprint: bytes) -> None:
        """ModelError where the head takes the features of another embedding than this one."""
        expected = self.info.embedding_fingerprint
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
    head = Head(data, read_head(data))
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
    info = head.info
    facts = (info.labels, info.embedding_fingerprint, info.self_tests, info.has_background)
    before, after = (pack_card(Card(*facts, value)) for value in (info.threshold, threshold))
    return load_head(sealed_anew(head.content.replace(before, after)))


def read_head(data: bytes) -> HeadInfo:
    """Read what a head file says about itself, without running it.

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
        raise ModelError("This head was made by another version of TinyTeach; train again.")
    if not is_sealed(data):
        raise ModelError(_DAMAGED.format("its digest does not fit its content"))
    try:
        card, features, examples = _read_model(data)
        _check_card(card, features, read_labels(data))
        _check_examples(examples, card, features)
        check_head(data)
    except ModelError:
        raise
    except _READER_ERRORS as error:
        raise ModelError(_DAMAGED.format("its parts do not fit together")) from error
    return HeadInfo(
        card.labels,
        card.embedding_fingerprint,
        features,
        card.self_tests,
        hashlib.sha256(data).digest(),
        card.has_background,
        card.threshold,
        examples,
    )


def _read_model(data: bytes) -> tuple[Card, int, Examples | None]:
    """The card, the feature vector's length after checking the graph against it, the examples."""
    model = schema.Model.GetRootAs(data)
    entries = [model.Metadata(index) for index in range(model.MetadataLength())]
    places = {entry.Name().decode(): entry.Buffer() for entry in entries}
    card = unpack_card(_buffer(model, places[CARD_NAME]))
    features = _check_graph(model, card.outputs)
    if ENTRY not in places:
        return card, features, None
    return card, features, unpack_examples(_buffer(model, places[ENTRY]))


def _buffer(model: Any, index: int) -> bytes:
    data = model.Buffers(index).DataAsNumpy()
    if isinstance(data, int):  # the generated reader's way of saying that there is none
        raise ValueError("empty buffer")
    return bytes(data.tobytes())


def _check_graph(model: Any, classes: int) -> int:
    """Shapes, types and sizes of FULLY_CONNECTED → SOFTMAX; returns the number of features."""
    graph = model.Subgraphs(0)
    codes = [model.OperatorCodes(i).BuiltinCode() for i in range(model.OperatorCodesLength())]
    steps = [codes[graph.Operators(i).OpcodeIndex()] for i in range(graph.OperatorsLength())]
    builtin = schema.BuiltinOperator
    if steps != [builtin.FULLY_CONNECTED, builtin.SOFTMAX]:
        raise ModelError(_FOREIGN.format("its operators are not FULLY_CONNECTED and SOFTMAX"))
    dense = graph.Operators(0)
    source, weights, bias = (graph.Tensors(dense.Inputs(i)) for i in range(3))
    scores = graph.Tensors(graph.Outputs(0))
    features = int(source.Shape(1))
    _require(graph.Inputs(0) == dense.Inputs(0))
    _require([*source.ShapeAsNumpy()] == [1, features])
    _require([*weights.ShapeAsNumpy()] == [classes, features])
    _require([*scores.ShapeAsNumpy()] == [1, classes])
    _require({source.Type(), weights.Type(), scores.Type()} == {schema.TensorType.INT8})
    _require(len(_buffer(model, weights.Buffer())) == classes * features)
    _require(len(_buffer(model, bias.Buffer())) == classes * 4)
    return features


def _check_card(card: Card, features: int, labels: tuple[str, ...]) -> None:
    _require(len(card.labels) >= 1 and 2 <= card.outputs <= MAX_CLASSES)
    _require(file_labels(card) == labels)
    _require(card.self_tests.features.shape[1] == features)


def _check_examples(examples: Examples | None, card: Card, features: int) -> None:
    if examples is not None:
        _require(len(examples.vectors) == len(card.labels) + 1)
        _require(examples.vectors[0].shape[1] == features)


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError("the head's parts contradict each other")
