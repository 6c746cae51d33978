"""Labels and self-tests inside the file, by our reader and by standard tools."""

import io
import shutil
import subprocess
import zipfile

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers.number_types import Int8Flags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinyteach.embedding.runtime import TfliteModel
from tinyteach.errors import ModelError
from tinyteach.head.fit.regression import LinearHead
from tinyteach.head.format.examples import ENTRY
from tinyteach.head.format.head_file import read_head
from tinyteach.head.format.metadata import (
    CARD_NAME,
    LABELS_FILE,
    Card,
    SelfTests,
    append_labels,
    is_sealed,
    model_metadata,
    pack_card,
    read_labels,
)
from tinyteach.head.format.quantise import quantise
from tinyteach.head.format.tflite_writer import write_head

labels = st.text(min_size=1, max_size=15).filter(
    lambda text: text.isprintable() and len(text.encode()) <= 63
)
label_lists = st.lists(labels, min_size=2, max_size=64, unique=True).map(tuple)


def card_of(names, tests=2, features=5):
    rng = np.random.default_rng(len(names))
    background = bool(len(names) % 2)
    vectors = rng.integers(-128, 128, (tests, features)).astype(np.int8)
    scores = rng.integers(-128, 128, (tests, len(names) + background)).astype(np.int8)
    return Card(
        names, bytes(range(32)), SelfTests(vectors, scores), background, 7 * len(names) % 256
    )


def head_with(card, monkeypatch, packed=None):
    """A whole head file that says this of itself."""
    outputs, features = card.outputs, card.self_tests.features.shape[1]
    linear = LinearHead(np.ones((outputs, features)), np.zeros(outputs))
    vectors = np.arange(2 * features, dtype=np.int8).reshape(2, features)
    if packed is not None:
        monkeypatch.setattr("tinyteach.head.format.tflite_writer.pack_card", lambda _: packed)
    return write_head(quantise(linear.weights, linear.bias, vectors, 0.05, 0), card)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(label_lists.filter(lambda names: len(names) < 64), st.integers(0, 3), st.integers(1, 9))
def test_card_round_trip(monkeypatch, names, tests, features):
    card = card_of(names, tests, features)
    again = read_head(head_with(card, monkeypatch))
    assert (again.labels, again.embedding_fingerprint) == (names, card.embedding_fingerprint)
    assert (again.has_background, again.threshold) == (card.has_background, card.threshold)
    np.testing.assert_array_equal(again.self_tests.features, card.self_tests.features)
    np.testing.assert_array_equal(again.self_tests.scores, card.self_tests.scores)


def test_card_layout_byte_by_byte():
    tests = SelfTests(np.array([[-1, 2, 3]], np.int8), np.array([[100, -100, 0]], np.int8))
    packed = pack_card(Card(("cup", "é"), b"\x11" * 32, tests, has_background=True, threshold=154))
    expected = b"TTH2" + b"\x11" * 32 + b"\x02" + b"\x03cup" + b"\x02\xc3\xa9"
    expected += b"\x01\x9a" + b"\x01\x00\x03\x00" + b"\xff\x02\x03" + b"\x64\x9c\x00"
    assert packed == expected


def test_card_of_any_other_length_is_refused(monkeypatch):
    card = card_of(("cup", "café ☕", "c"))
    packed = pack_card(card)
    assert read_head(head_with(card, monkeypatch, packed)).labels == card.labels
    for wrong in (*(packed[:length] for length in range(1, len(packed), 7)), packed + b"\0"):
        with pytest.raises(ModelError):
            read_head(head_with(card, monkeypatch, wrong))


@settings(max_examples=30, deadline=None)
@given(label_lists)
def test_labels_file_is_a_zip_behind_the_model(names):
    content = append_labels(b"any model", names)
    assert content.startswith(b"any model")
    assert is_sealed(content)
    assert read_labels(content) == names
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert archive.read(LABELS_FILE).decode().split("\n") == [*names, ""]


def test_unzip_prints_the_labels(trained, tmp_path):
    if not shutil.which("unzip"):
        pytest.skip("unzip is not installed")
    path = tmp_path / "head.tflite"
    path.write_bytes(trained.head.content)
    done = subprocess.run(["unzip", "-p", path, LABELS_FILE], capture_output=True, text=True)
    assert done.stdout.splitlines() == [*trained.head.labels, "unknown"]


class Table:
    """A flatbuffer table read by field number, knowing nothing of our writer."""

    def __init__(self, buffer, position):
        self.raw = flatbuffers.table.Table(buffer, position)

    def _at(self, field):
        return self.raw.Offset(4 + 2 * field)

    def string(self, field):
        return self.raw.String(self._at(field) + self.raw.Pos).decode()

    def byte(self, field):
        return self.raw.Get(Int8Flags, self._at(field) + self.raw.Pos)

    def tables(self, field):
        offset = self._at(field)
        start, count = self.raw.Vector(offset), self.raw.VectorLen(offset)
        return [
            Table(self.raw.Bytes, self.raw.Indirect(start + 4 * index)) for index in range(count)
        ]


def test_model_metadata_by_the_public_schemas_field_numbers():
    # metadata_schema.fbs: ModelMetadata 0 name, 3 subgraph_metadata, 7 min_parser_version;
    # SubGraphMetadata 2 inputs, 3 outputs; TensorMetadata 0 name, 6 associated_files;
    # AssociatedFile 0 name, 2 type (2 = TENSOR_AXIS_LABELS).
    data = model_metadata("says what it is")
    assert data[4:8] == b"M001"
    root = Table(data, flatbuffers.encode.Get(flatbuffers.packer.uoffset, data, 0))
    assert root.string(1) == "says what it is"
    assert root.string(7) == "1.0.0"
    (subgraph,) = root.tables(3)
    assert [t.string(0) for t in subgraph.tables(2)] == ["features"]
    (scores,) = subgraph.tables(3)
    (file,) = scores.tables(6)
    assert (file.string(0), file.byte(2)) == (LABELS_FILE, 2)


def test_entries_of_a_head_file(trained):
    model = schema.ModelT.InitFromPackedBuf(trained.head.content, 0)
    entries = {m.name.decode(): bytes(model.buffers[m.buffer].data) for m in model.metadata}
    assert set(entries) == {"min_runtime_version", "TFLITE_METADATA", CARD_NAME, ENTRY}
    assert entries["TFLITE_METADATA"][4:8] == b"M001"
    assert entries[CARD_NAME] == pack_card(trained.head)
    tests = trained.head.self_tests
    np.testing.assert_array_equal(
        TfliteModel(trained.head.content).run(tests.features), tests.scores
    )
