"""What a head file says about itself, for standard tools and for the board.

Buffers inside the model, and a zip behind it:

- ``TFLITE_METADATA``: the ModelMetadata flatbuffer of TFLite's metadata convention.
  It names ``labels.txt`` as the labels of the output's axis. The field numbers below
  are those of ``metadata_schema.fbs`` 1.0 (tensorflow/tflite-support,
  tensorflow_lite_support/metadata/metadata_schema.fbs); a table's first field is 0.
- ``labels.txt`` itself, stored uncompressed in a zip appended to the file, as the
  convention has it: ``unzip -p head.tflite labels.txt`` prints the labels.
  The zip's comment seals the file: the SHA-256 of all bytes before it.
- ``TINYTEACH_HEAD``: the same labels with the embedding's fingerprint and self-test
  vectors, in the plain layout that the board reads (:func:`pack_card`).
- ``TINYTEACH_VIEW``: which preprocessing the head's views have (embedding/preprocessing.py), where
  it is not the agent's; boards with the agent pass over it.
"""

import hashlib
import io
import struct
import zipfile
from dataclasses import dataclass

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from tinyteach.head.format.limits import UNKNOWN

LABELS_FILE = "labels.txt"
CARD_NAME = "TINYTEACH_HEAD"
VIEW_NAME = "TINYTEACH_VIEW"
CARD_MAGIC = b"TTH2"
CARD_MAGIC_BEFORE = b"TTH1"  # without rejection

_SEAL = b"sha256:"
_SEAL_BYTES = len(_SEAL) + 64  # with the digest in hex
_METADATA_IDENTIFIER = b"M001"
_MIN_PARSER_VERSION = "1.0.0"
_TENSOR_AXIS_LABELS = 2  # AssociatedFileType
_RGB = 1  # ColorSpaceType
_IMAGE_PROPERTIES = 2  # ContentProperties
_NORMALIZATION = 1  # ProcessUnitOptions
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that the same head has the same bytes


@dataclass(frozen=True)
class SelfTests:
    """Feature vectors and the scores that every exact implementation gives for them."""

    features: NDArray[np.int8]  # int8, n × features
    scores: NDArray[np.int8]  # int8, n × classes


@dataclass(frozen=True)
class Card:
    """The content of ``TINYTEACH_HEAD``.

    With ``has_background`` the last score belongs to no label: it is that of anything else.
    ``threshold``: a best label whose score + 128 is below is unknown; 0: none is for that.
    """

    labels: tuple[str, ...]
    embedding_fingerprint: bytes
    self_tests: SelfTests
    has_background: bool = False
    threshold: int = 0

    @property
    def outputs(self) -> int:
        """How many scores the head gives."""
        return len(self.labels) + self.has_background


def file_labels(card: Card) -> tuple[str, ...]:
    """One label a score, for other tools: the background's is 'unknown'."""
    return (*card.labels, UNKNOWN) if card.has_background else card.labels


def pack_card(card: Card) -> bytes:
    """Encode ``card``, little-endian: magic, fingerprint, labels, rejection, self-tests.

    ``TTH2`` | SHA-256 of embedding.tflite | u8 labels | per label: u8 length, UTF-8 |
    u8 1 if there is a score more than labels, else 0 | u8 threshold |
    u16 self-tests n | u16 features F | n × (F int8 features, then the int8 scores).
    """
    tests = card.self_tests
    parts = [CARD_MAGIC, card.embedding_fingerprint, struct.pack("<B", len(card.labels))]
    for label in card.labels:
        text = label.encode()
        parts += [struct.pack("<B", len(text)), text]
    parts.append(struct.pack("<BB", card.has_background, card.threshold))
    parts.append(struct.pack("<HH", *tests.features.shape))
    for features, scores in zip(tests.features, tests.scores, strict=True):
        parts += [features.tobytes(), scores.tobytes()]
    return b"".join(parts)


def model_metadata(description: str) -> bytes:
    """The ModelMetadata flatbuffer of a classifier head with one input and one output."""
    builder = flatbuffers.Builder(512)
    features = _table(builder, {0: "features", 1: "The embedding's int8 feature vector."})
    return _metadata_of(builder, "TinyTeach head", description, features)


def image_metadata(description: str, unsigned: bool = False) -> bytes:
    """The same of a model that takes a picture: RGB, of which 128 is 0 and 128 steps are 1."""
    builder = flatbuffers.Builder(512)
    colours = _table(builder, {}, bytes_={0: _RGB})
    content = _table(builder, {}, bytes_={0: _IMAGE_PROPERTIES}, tables={1: colours})
    around = _floats(builder, 128.0)
    scaling = _table(builder, {}, tables={0: around, 1: _floats(builder, 128.0)})
    unit = _table(builder, {}, bytes_={0: _NORMALIZATION}, tables={1: scaling})
    what = "RGB pixels, uint8" if unsigned else "RGB pixels less 128, int8"
    image = _table(
        builder,
        {0: "image", 1: f"{what}, row by row."},
        vectors={4: [unit]},
        tables={3: content},
    )
    return _metadata_of(builder, "TinyTeach model", description, image)


def _metadata_of(builder: flatbuffers.Builder, name: str, description: str, taken: int) -> bytes:
    """All of it, where ``taken`` is the table of the model's input."""
    labels = _table(
        builder,
        {0: LABELS_FILE, 1: "One class label a line, in the order of the scores."},
        bytes_={2: _TENSOR_AXIS_LABELS},
    )
    scores = _table(
        builder,
        {0: "scores", 1: "Probability of each class."},
        vectors={6: [labels]},
    )
    subgraph = _table(builder, {}, vectors={2: [taken], 3: [scores]})
    root = _table(
        builder,
        {0: name, 1: description, 7: _MIN_PARSER_VERSION},
        vectors={3: [subgraph]},
    )
    builder.Finish(root, _METADATA_IDENTIFIER)
    return bytes(builder.Output())


def _floats(builder: flatbuffers.Builder, *values: float) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return int(builder.EndVector())


def append_labels(model: bytes, labels: tuple[str, ...]) -> bytes:
    """``model`` with ``labels.txt`` (one label a line, UTF-8) in a sealed, stored zip behind it."""
    stream = io.BytesIO(model)
    entry = zipfile.ZipInfo(LABELS_FILE, _ZIP_EPOCH)
    entry.create_system = 3  # else the byte depends on the system that trains
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(entry, "".join(f"{label}\n" for label in labels))
        archive.comment = bytes(_SEAL_BYTES)
    return sealed_anew(stream.getvalue())


def sealed_anew(data: bytes) -> bytes:
    """``data``, changed since it was sealed, with the seal that belongs to it."""
    content = data[:-_SEAL_BYTES]
    return content + _seal(content)


def is_sealed(data: bytes) -> bool:
    """Whether the file is whole: its last bytes are the digest of those before.

    LiteRT ends the process on some damaged models instead of refusing them, so nothing
    that fails here may reach it.
    """
    return data[-_SEAL_BYTES:] == _seal(data[:-_SEAL_BYTES])


def read_labels(model: bytes) -> tuple[str, ...]:
    """The lines of the appended ``labels.txt``; ValueError where there is none or it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            text = archive.read(LABELS_FILE).decode()
    except Exception as error:  # zip readers raise of every kind on damaged files
        raise ValueError("no readable labels.txt behind the model") from error
    return tuple(text.split("\n")[:-1])


def _seal(content: bytes) -> bytes:
    return _SEAL + hashlib.sha256(content).hexdigest().encode()


def _table(
    builder: flatbuffers.Builder,
    strings: dict[int, str],
    bytes_: dict[int, int] | None = None,
    vectors: dict[int, list[int]] | None = None,
    tables: dict[int, int] | None = None,
) -> int:
    """Write one flatbuffer table from its fields by number: strings, bytes, vectors of tables.

    ``tables`` are what was written before: tables, or vectors of numbers.
    """
    offsets = {field: builder.CreateString(text) for field, text in strings.items()}
    offsets.update(tables or {})
    for field, items in (vectors or {}).items():
        builder.StartVector(4, len(items), 4)
        for table in reversed(items):
            builder.PrependUOffsetTRelative(table)
        offsets[field] = builder.EndVector()
    builder.StartObject(8)  # no table used here has more fields
    for field, offset in sorted(offsets.items()):
        builder.PrependUOffsetTRelativeSlot(field, offset, 0)
    for field, value in (bytes_ or {}).items():
        builder.PrependInt8Slot(field, value, 0)
    return int(builder.EndObject())
