"""Where a head looks: each cell's share, against the accumulators of LiteRT's reference."""

import copy
import dataclasses

import flatbuffers
import numpy as np
import pytest

from reference_prototype import prototype_head
from tinyteach.embedding.litert import open_interpreter, schema_module
from tinyteach.head.format.examples import Examples
from tinyteach.head.format.head_file import Head, load_head
from tinyteach.head.format.metadata import SelfTests
from tinyteach.head.format.quantise import QuantisedHead
from tinyteach.head.format.tflite_writer import blank_card, write_head
from tinyteach.head.overlay import AGAINST, DEEPEST, FOR, SIDE_MIN, depths, tinted
from tinyteach.head.share import class_shares, read_weights, weights_of

GRID, CHANNELS = (4, 4), 2
FEATURES = 32
LABELS = ("cat", "coffee")


def made_head(seed, labels=LABELS, zero_point=-128, logit_scale=None):
    """A head of one output more than labels, of small weights drawn by chance."""
    rng = np.random.default_rng(seed)
    outputs = len(labels) + 1
    scales = rng.uniform(0.01, 0.02, outputs).astype(np.float32)
    if logit_scale is not None:  # then the logits are the accumulators themselves
        scales[:] = logit_scale / 0.5
    numbers = QuantisedHead(
        weights=rng.integers(-1, 2, (outputs, FEATURES)).astype(np.int8),
        weight_scales=scales,
        bias=rng.integers(-20, 21, outputs).astype(np.int32),
        input_scale=0.5,
        input_zero_point=zero_point,
        logit_scale=logit_scale or 0.25,
        logit_zero_point=0,
    )
    content = write_head(numbers, blank_card(labels, numbers))
    none = SelfTests(np.empty((0, FEATURES), np.int8), np.empty((0, outputs), np.int8))
    return numbers, Head(labels, bytes(32), none, True, 0, content)


def logits_of(content, features):
    """The int8 logits that LiteRT's reference has before the softmax."""
    interpreter = open_interpreter(content, reference=True, keep_tensors=True)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], features[None])
    interpreter.invoke()
    (place,) = (t["index"] for t in interpreter.get_tensor_details() if t["name"] == "logits")
    return interpreter.get_tensor(place)[0]


@pytest.mark.parametrize("seed", range(20))
def test_cells_and_bias_are_the_accumulators(seed):
    """Where a logit's step is an accumulator's, LiteRT shows the accumulators: whole numbers."""
    _, head = made_head(seed, zero_point=3, logit_scale=0.5**6)
    features = np.random.default_rng(seed + 100).integers(1, 6, FEATURES).astype(np.int8)
    weights = read_weights(head)
    accumulators = weights.of_cells(features, GRID).sum(axis=1) + weights.bias
    assert np.abs(accumulators).max() < 128
    assert accumulators.tolist() == logits_of(head.content, features).tolist()


def test_shares_of_a_trained_head_are_its_logits(trained, features, embedding):
    """Within half a step of what is requantised, for each class and photograph."""
    head = trained.head
    weights, n = read_weights(head), len(head.labels)
    model = open_interpreter(head.content, reference=True, keep_tensors=True)
    details = {t["name"]: t for t in model.get_tensor_details()}
    scale, zero_point = details["logits"]["quantization"]
    for vector in features[::7]:
        cells = weights.of_cells(vector, GRID) * weights.scales[:, None]
        exact = cells.sum(axis=1) + weights.bias * weights.scales
        said = (logits_of(head.content, vector).astype(float) - zero_point) * scale
        inside = np.abs(exact - said) <= scale / 2 * 1.001
        assert np.all(inside | (np.abs(said / scale + zero_point) >= 127))
        for label in range(n):
            shares = class_shares(weights, vector, label, n, GRID)
            others = np.delete(exact[:n], label).mean()
            assert shares.cells.shape == GRID
            assert shares.total == pytest.approx(exact[label] - others, abs=1e-9)


def test_weights_in_a_file_and_before():
    numbers, head = made_head(3)
    written, before = read_weights(head), weights_of(numbers)
    assert np.array_equal(written.weights, before.weights) and written.weights.dtype == np.int8
    assert np.array_equal(written.bias, before.bias)
    assert written.scales.tolist() == before.scales.tolist()
    assert written.zero_point == before.zero_point


def test_each_photograph_has_the_head_that_it_tested(trained, features):
    """What that head makes of it is what the evaluation says."""
    evaluation, n = trained.evaluation, len(trained.evaluation.labels)
    rows = {int(index): row for row, index in enumerate(evaluation.indices)}
    seen = 0
    for tested, weights in trained.trial.tested_by:
        for index in tested[::5]:
            totals = [class_shares(weights, features[index], c, n, GRID).total for c in range(n)]
            assert evaluation.scores[rows[int(index)], int(np.argmax(totals))] >= (
                evaluation.scores[rows[int(index)]].max() - 1
            )
            seen += 1
    assert seen > 10


def test_what_all_classes_share_cancels():
    numbers, head = made_head(1)
    same = QuantisedHead(**{**vars(numbers), "weights": numbers.weights[[0, 0, 0]]})
    same = QuantisedHead(**{**vars(same), "weight_scales": numbers.weight_scales[[0, 0, 0]]})
    content = write_head(same, blank_card(LABELS, same))
    head = Head(LABELS, bytes(32), head.self_tests, True, 0, content)
    features = np.random.default_rng(0).integers(-128, 128, FEATURES).astype(np.int8)
    assert not class_shares(read_weights(head), features, 0, 2, GRID).cells.any()


def test_the_cells_are_where_the_features_are():
    """A feature of the third row's second cell, seen alone, has its share there only."""
    _, head = made_head(4)
    features = np.full(FEATURES, -128, np.int8)
    features[(2 * 4 + 1) * CHANNELS : (2 * 4 + 2) * CHANNELS] = (100, -60)
    cells = class_shares(read_weights(head), features, 1, 2, GRID).cells
    assert np.argwhere(cells).tolist() == [[2, 1]]


def branched(content, outputs):
    """The head with a second branch, features → ``outputs`` values → logits, added to its own."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    dense, softmax = graph.operators
    features, weights, bias = dense.inputs
    square = len(model.buffers)
    model.buffers.append(schema.BufferT(data=np.ones(outputs * outputs, np.uint8)))
    squared = copy.deepcopy(graph.tensors[weights])
    squared.shape, squared.buffer = [outputs, outputs], square
    logits = graph.tensors[dense.outputs[0]]
    graph.tensors += [squared, *(copy.deepcopy(logits) for _ in range(3))]
    rows, hidden, extra, total = range(len(graph.tensors) - 4, len(graph.tensors))
    made = copy.deepcopy(dense)
    made.inputs, made.outputs = [features, copied(model, weights), bias], [hidden]
    more = copy.deepcopy(dense)
    more.inputs, more.outputs = [hidden, rows, bias], [extra]
    added = schema.OperatorT(len(model.operatorCodes), [extra, dense.outputs[0]], [total])
    model.operatorCodes.append(schema.OperatorCodeT(builtinCode=schema.BuiltinOperator.ADD))
    softmax.inputs = [total]
    graph.operators = [made, more, dense, added, softmax]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def copied(model, number):
    """Another tensor like that one, of other contents."""
    graph = model.subgraphs[0]
    tensor = copy.deepcopy(graph.tensors[number])
    size = len(model.buffers[tensor.buffer].data)
    model.buffers.append(type(model.buffers[0])(data=np.full(size, 7, np.uint8)))
    tensor.buffer = len(model.buffers) - 1
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def test_the_classes_weights_are_found_beside_another_branch():
    """One of the same size that takes the features, too, but leads to no class by itself."""
    numbers, head = made_head(5)
    content = branched(head.content, head.outputs)
    found = read_weights(dataclasses.replace(head, content=content))
    assert np.array_equal(found.weights, numbers.weights)
    assert np.array_equal(found.bias, numbers.bias)


def test_a_head_that_a_board_made(embedding):
    """Its weights have the same form."""
    rng = np.random.default_rng(0)
    vectors = [rng.integers(-128, 128, (3, embedding.features)).astype(np.int8) for _ in "abc"]
    head = load_head(prototype_head(Examples(tuple(vectors)), LABELS, embedding))
    weights = read_weights(head)
    cells = weights.of_cells(vectors[0][0], GRID)
    exact = (cells.sum(axis=1) + weights.bias) * weights.scales
    top, _ = head.best(head.scores(vectors[0][:1])[0])
    assert int(exact[:2].argmax()) == top


def test_one_class_is_told_from_what_is_unknown():
    _, head = made_head(2, labels=("cat",))
    features = np.random.default_rng(0).integers(-128, 128, FEATURES).astype(np.int8)
    weights = read_weights(head)
    exact = (weights.of_cells(features, GRID).sum(axis=1) + weights.bias) * weights.scales
    shares = class_shares(weights, features, 0, 1, GRID)
    assert shares.total == pytest.approx(exact[0] - exact[1], abs=1e-9)


def test_tints():
    cells = np.array([[1.0, -2.0], [0.0, 0.5]])
    assert depths(cells).tolist() == [[DEEPEST / 2, -DEEPEST], [0, DEEPEST / 4]]
    assert not depths(np.zeros((2, 2))).any()
    white = np.full((10, 10, 3), 255, np.uint8)
    picture = tinted(white, cells)
    side = len(picture)
    assert picture.dtype == np.uint8 and picture.shape == (side, side, 3)
    assert side >= SIDE_MIN and side % 10 == 0
    assert picture[-1, 0].tolist() == [255] * 3  # no share, no tint
    deepest = np.rint(255 * (1 - DEEPEST) + np.array(AGAINST) * DEEPEST).astype(int)
    assert picture[0, -1].tolist() == deepest.tolist()
    blue = np.rint(255 * (1 - DEEPEST / 2) + np.array(FOR) * DEEPEST / 2).astype(int)
    assert picture[0, 0].tolist() == blue.tolist()
