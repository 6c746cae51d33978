"""What Vela makes of joined models, and what is refused before it is flashed."""

import copy
import importlib
import struct

import numpy as np
import pytest

from foreign_models import packed
from tinyteach.embedding import stretched
from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.runtime import EMBEDDING_FILES, load_embedding
from tinyteach.errors import MissingToolError, ModelError
from tinyteach.head.format.joined import join
from tinyteach.head.format.metadata import append_labels
from tinyteach.head.npu import compiling
from tinyteach.head.npu.compiling import compile_model
from tinyteach.head.npu.fit import ARENA_BYTES, check_compiled, check_model
from trained import quick_trainings, train_head

schema = schema_module()


@pytest.fixture(scope="module", params=EMBEDDING_FILES)
def joined(request, photo_set, trained):
    embedding, head = load_embedding(EMBEDDING_FILES[request.param]), trained.head
    if embedding.fingerprint != head.embedding_fingerprint:
        with quick_trainings():
            head = train_head(*photo_set, embedding, views=1).head
    return join(embedding, head, stretched.input_side(embedding.side))


@pytest.fixture(scope="module")
def compiled(joined):
    return compile_model(joined)


@pytest.fixture
def changed(compiled):
    """changed(alter): the compiled file after ``alter(model)``."""

    def change(alter):
        model = schema.ModelT.InitFromPackedBuf(compiled.content, 0)
        alter(model)
        return packed(model)

    return change


def sealed(model):
    return append_labels(packed(model), ("a", "b"))


def read(content):
    return schema.ModelT.InitFromPackedBuf(content, 0)


def test_all_of_it_is_one_operator_of_the_npu(compiled):
    model = read(compiled.content)
    assert [code.customCode for code in model.operatorCodes] == [b"ethos-u"]
    assert len(model.subgraphs[0].operators) == 1
    assert compiled.cpu_operators == 0 < compiled.npu_operators


def test_what_vela_reports(compiled, joined):
    assert 10_000 < compiled.arena_bytes <= ARENA_BYTES
    assert 0 < compiled.estimated_ms < 100 and len(compiled.content) < len(joined) + 100_000


def test_the_same_model_gives_the_same_bytes(joined, compiled):
    again = compile_model(joined)
    assert again == compiled and again.fingerprint == compiled.fingerprint


def test_picture_and_scores_keep_their_numbers(compiled, joined):
    """What the firmware takes the scores' scale from."""
    before = read(joined).subgraphs[0]
    model = read(compiled.content)
    graph = model.subgraphs[0]
    taken, given = (graph.tensors[of[0]] for of in (graph.inputs, graph.outputs))
    assert list(taken.shape) == list(before.tensors[before.inputs[0]].shape)
    assert list(given.shape) == [1, 5]
    assert given.quantization.scale == np.float32(1 / 256)
    assert list(given.quantization.zeroPoint) == [-128]


@pytest.mark.parametrize("content", [b"", b"1234TFL3", bytes(1000), b"\0" * 4 + b"TFL3" * 100])
def test_vela_is_not_given_what_is_not_sealed(content):
    with pytest.raises(ModelError, match="no model that TinyTeach joined"):
        compile_model(content)


def test_a_damaged_one_is_not_given_to_it_either(joined):
    for place in (9, len(joined) // 2, len(joined) - 1):
        spoilt = bytearray(joined)
        spoilt[place] ^= 4
        with pytest.raises(ModelError, match="damaged"):
            compile_model(bytes(spoilt))


def test_vela_is_not_installed(joined, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingToolError, match=r"pip install .*\[grove\]"):
        compile_model(joined)


def of_side(model, side):
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = [1, side, side, 3]


def in_floats(model):
    model.subgraphs[0].tensors[model.subgraphs[0].outputs[0]].type = schema.TensorType.FLOAT32


def with_one_score(model):
    model.subgraphs[0].tensors[model.subgraphs[0].outputs[0]].shape = [1, 1]


def with_a_column(model):
    model.subgraphs[0].tensors[model.subgraphs[0].outputs[0]].shape = [5]


def with_two_outputs(model):
    model.subgraphs[0].outputs = [*model.subgraphs[0].outputs, 0]


def grey(model):
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = [1, 192, 192, 1]


ENDS = {
    "63 pixels": (lambda model: of_side(model, 63), "multiple of 32"),
    "no pixels": (lambda model: of_side(model, 0), "multiple of 32"),
    "grey": (grey, "square RGB"),
    "floats": (in_floats, "int8"),
    "one score": (with_one_score, "two scores"),
    "a column": (with_a_column, "two scores"),
    "two outputs": (with_two_outputs, "one int8 output"),
}


@pytest.mark.parametrize(("alter", "told"), ENDS.values(), ids=ENDS)
def test_ends_that_its_firmware_does_not_take(joined, changed, alter, told):
    model = read(joined)
    alter(model)
    for refuse in (lambda: compile_model(sealed(model)), lambda: check_compiled(changed(alter), 1)):
        with pytest.raises(ModelError, match=told) as refused:
            refuse()
        assert "use base or tiny" in str(refused.value)


def test_an_operator_that_the_npu_does_not_have(joined):
    """Vela leaves it to the processor, which the firmware has no kernels for."""
    model = read(joined)
    graph = model.subgraphs[0]
    (place,) = [n for n, c in enumerate(model.operatorCodes) if c.builtinCode == 25]
    model.operatorCodes.append(
        schema.OperatorCodeT(
            builtinCode=schema.BuiltinOperator.L2_NORMALIZATION,
            version=1,
            deprecatedBuiltinCode=schema.BuiltinOperator.L2_NORMALIZATION,
        )
    )
    (softmax,) = [op for op in graph.operators if op.opcodeIndex == place]
    softmax.opcodeIndex = len(model.operatorCodes) - 1
    softmax.builtinOptions, softmax.builtinOptionsType = schema.L2NormOptionsT(), 11
    with pytest.raises(ModelError, match="NPU does not have L2_NORMALIZATION"):
        compile_model(sealed(model))


def configured(word):
    def alter(model):
        graph = model.subgraphs[0]
        buffer = model.buffers[graph.tensors[graph.operators[0].inputs[0]].buffer]
        data = bytearray(bytes(buffer.data))
        data[8:12] = struct.pack("<I", word)
        buffer.data = np.frombuffer(data, np.uint8)

    return alter


@pytest.mark.parametrize("word", [0x1007, 0x2008, 0, 0x10001006])
def test_what_is_compiled_for_another_npu(changed, word):
    with pytest.raises(ModelError, match="another NPU"):
        check_compiled(changed(configured(word)), 1)


def test_another_npu_s_configuration_is_vela_s_own(joined, monkeypatch):
    """128 multiply-accumulates a cycle, as a neighbour of this chip has."""
    monkeypatch.setattr(compiling, "_SYSTEM", compiling._SYSTEM.replace("macs=64", "macs=128"))
    with pytest.raises(ModelError, match="another NPU"):
        compile_model(joined)


def twice(model):
    graph = model.subgraphs[0]
    graph.operators.append(copy.deepcopy(graph.operators[0]))


def test_more_than_one_operator(changed):
    with pytest.raises(ModelError, match="2 operators"):
        check_compiled(changed(twice), 1)


def test_more_memory_than_it_has(compiled):
    check_compiled(compiled.content, ARENA_BYTES)
    with pytest.raises(ModelError, match="takes 1101 KB of memory and not 1100"):
        check_compiled(compiled.content, ARENA_BYTES + 1024)


def test_what_is_not_compiled_at_all(joined):
    check_model(joined)
    with pytest.raises(ModelError, match="NPU does not have .*CONV_2D"):
        check_compiled(joined, 1)


@pytest.mark.parametrize("content", [b"", b"x", b"1234TFL3", bytes(64), b"\xff" * 64])
def test_what_is_no_model(content):
    with pytest.raises(ModelError, match="damaged|int8"):
        check_compiled(content, 1)
