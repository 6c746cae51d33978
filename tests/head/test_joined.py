"""A joined model against embedding and head, one after the other."""

import copy
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from foreign_models import large, packed, schema
from paired import views_of
from tinyteach.data.drawing import DEMO_OBJECTS
from tinyteach.embedding import stretched
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import EMBEDDING_FILES, Embedding, TfliteModel, load_embedding
from tinyteach.errors import ModelError
from tinyteach.head.format.head_file import read_head
from tinyteach.head.format.joined import join
from tinyteach.head.format.metadata import file_labels, is_sealed
from trained import quick_trainings, train_head

FEW, MANY = 6, 1000
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:tensorflow")


@pytest.fixture(scope="module", params=EMBEDDING_FILES)
def pair(request, photo_set, trained):
    """(embedding, head): base's has a novelty and an output for unknown."""
    embedding = load_embedding(EMBEDDING_FILES[request.param])
    if embedding.fingerprint == trained.head.embedding_fingerprint:
        return embedding, trained.head
    with quick_trainings():
        return embedding, train_head(*photo_set, embedding, views=1).head


@pytest.fixture(scope="module")
def pictures(photo_set):
    """Squares of three sides, and noise."""
    rng = np.random.default_rng(1)
    return [
        *photo_set[0][:: len(photo_set[0]) // FEW],
        *rng.integers(0, 256, (2, 240, 240, 3), "u1"),
    ]


@pytest.fixture(scope="module")
def many_pictures():
    """Views of demo objects, and each in noise."""
    rng = np.random.default_rng(2)
    each = MANY // (2 * len(DEMO_OBJECTS))
    views = [view for name in DEMO_OBJECTS for view in views_of(name, each, seed=8, side=240)]
    noisy = [np.clip(v + rng.normal(0, 30, v.shape), 0, 255).astype(np.uint8) for v in views]
    return [*views, *noisy]


def expected(embedding, head, tensors):
    return head.scores(embedding.embed(np.array(tensors)))


def test_it_computes_what_the_two_do(pair, pictures):
    embedding, head = pair
    tensors = [to_tensor(picture, embedding.side) for picture in pictures]
    joined = TfliteModel(join(embedding, head))
    assert np.array_equal(joined.run(np.array(tensors)), expected(embedding, head, tensors))


def test_with_the_picture_averaged_in_front(pair, pictures):
    embedding, head = pair
    joined = TfliteModel(join(embedding, head, stretched.input_side(embedding.side)))
    side = {64: 192, 80: 160, 112: 224}[embedding.side]
    assert joined.input_details.shape == (1, side, side, 3)
    taken = np.array([stretched.to_input(picture, embedding.side) for picture in pictures])
    tensors = [stretched.to_tensor(picture, embedding.side) for picture in pictures]
    assert np.array_equal(joined.run(taken), expected(embedding, head, tensors))


def with_old_codes(model):
    """As before TensorFlow 2.4: an operator's number is in the older field alone."""
    for code in model.operatorCodes:
        code.builtinCode = 0


def with_two_graphs(model):
    model.subgraphs.append(copy.deepcopy(model.subgraphs[0]))


def of_any_batch(model):
    for tensor in model.subgraphs[0].tensors:
        tensor.shapeSignature = [-1, *tensor.shape[1:]]


@pytest.mark.parametrize("changed", [with_old_codes, with_two_graphs, of_any_batch])
def test_embeddings_as_other_tools_write_them(changed, photo_set):
    model = schema.ModelT.InitFromPackedBuf(large(32, 8), 0)
    changed(model)
    embedding = Embedding(packed(model))
    with quick_trainings():
        head = train_head(*photo_set, embedding, views=1).head
    tensors = np.random.default_rng(3).integers(-128, 128, (4, 32, 32, 3)).astype(np.int8)
    joined = join(embedding, head)
    assert np.array_equal(TfliteModel(joined).run(tensors), expected(embedding, head, tensors))
    (graph,) = schema.ModelT.InitFromPackedBuf(joined, 0).subgraphs
    assert all(tensor.shapeSignature is None for tensor in graph.tensors)  # Vela speaks of it


@pytest.mark.soak
@pytest.mark.parametrize("is_stretched", [False, True])
def test_a_thousand_views(pair, many_pictures, is_stretched):
    embedding, head = pair
    assert len(many_pictures) == MANY
    test = (
        test_with_the_picture_averaged_in_front
        if is_stretched
        else test_it_computes_what_the_two_do
    )
    test(pair, many_pictures)


@pytest.mark.parametrize("unsigned", [False, True])
def test_it_loads_in_tensorflow(pair, pictures, unsigned):
    tf = pytest.importorskip("tensorflow")
    embedding, head = pair
    tensors = [to_tensor(picture, embedding.side) for picture in pictures]
    interpreter = tf.lite.Interpreter(
        model_content=join(embedding, head, unsigned=unsigned),
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for tensor in tensors:
        interpreter.set_tensor(taken["index"], as_taken(tensor[None], taken["dtype"]))
        interpreter.invoke()
        found.append(interpreter.get_tensor(given["index"])[0].copy())
    scores = np.array(found, int) - (128 if unsigned else 0)
    assert np.abs(scores - expected(embedding, head, tensors)).max() <= 1


def as_taken(tensor, dtype):
    """int8, or the same values as uint8."""
    return tensor if dtype == np.int8 else tensor.view(np.uint8) ^ 0x80


def test_labels_and_quantisation_are_inside(pair):
    embedding, head = pair
    content = join(embedding, head)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt").decode().split() == [*file_labels(head)]
    model = TfliteModel(content)
    assert (model.input_details.scale, model.input_details.zero_point) == (1 / 128, 0)
    assert (model.output_details.scale, model.output_details.zero_point) == (1 / 256, -128)
    assert head.has_background and model.output_details.shape == (1, len(head.labels) + 1)
    assert is_sealed(content)


def test_the_same_in_bytes_without_a_sign(pair, pictures):
    content = join(*pair, unsigned=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt").decode().split() == [*file_labels(pair[1])]
    assert is_sealed(content) and b"RGB pixels, uint8" in content
    assert b"RGB pixels less 128" in join(*pair)


def test_the_same_pair_has_the_same_bytes(pair):
    assert join(*pair) == join(*pair)


def test_it_is_no_head_and_no_embedding(pair):
    with pytest.raises(ModelError):
        read_head(join(*pair))


def test_a_head_of_another_embedding_is_refused(pair):
    embedding, head = pair
    other = replace(head, embedding_fingerprint=bytes(32))
    with pytest.raises(ModelError, match="another|trained with the embedding"):
        join(embedding, other)


@pytest.mark.parametrize("side", [63, 65, 32, 1])
def test_a_picture_that_is_no_multiple_is_refused(pair, side):
    with pytest.raises(ModelError, match=f"choose a multiple of {pair[0].side}"):
        join(*pair, side)


def test_its_metadata_are_read_by_field_number(pair):
    """By the schema's numbers, as any reader of TFLite's metadata does."""
    from ai_edge_litert import schema_py_generated as schema

    content = join(*pair)
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    (entry,) = [e for e in model.metadata if e.name == b"TFLITE_METADATA"]
    data = bytes(model.buffers[entry.buffer].data)
    assert data[4:8] == b"M001"
    for text in (b"labels.txt", b"scores", b"image", b"TinyTeach model"):
        assert text in data
    assert np.float32(128).tobytes() in data
