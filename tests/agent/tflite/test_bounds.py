"""What a file may ask for is bounded when it is loaded: types, memory, and time."""

import numpy as np
import pytest
from op_models import SAME, VALID, Graph, Op, Operator, Options, Tensor, one_operator, schema, write

LOAD = """
import os, sys
from agent.tflite.errors import ModelError
from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model
try:
    model = Model(open(sys.argv[1], "rb"), os.stat(sys.argv[1])[6])
    model.metadata("note")
    Interpreter(model)
    print("ran")
except ModelError as error:
    print(error)
"""


@pytest.fixture
def load(micropython, tmp_path):
    """Loads bytes as a model on MicroPython; returns what LOAD prints."""

    def run(data: bytes) -> str:
        path = tmp_path / "model.tflite"
        path.write_bytes(data)
        return micropython.run(LOAD, str(path)).strip()

    return run


ADD = (Options.AddOptions, schema.AddOptionsT())


def with_another(dtype, as_input: bool) -> bytes:
    """An ADD beside which the graph has one more input, or an input that is an output."""
    graph = Graph()
    first, other = graph.add(Tensor((1, 2), 0.1)), graph.add(Tensor((1, 2), 0.1, dtype=dtype))
    total = graph.add(Tensor((1, 2), 0.2))
    graph.operators.append(Operator(Op.ADD, [first, first], [total], ADD))
    return write(graph, [first, other], [total] if as_input else [total, other])


@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.uint8])
@pytest.mark.parametrize("as_input", [True, False])
def test_inputs_and_outputs_are_int8(dtype, as_input, load):
    """Whoever fills and reads them counts one byte a value."""
    assert "should be int8" in load(with_another(dtype, as_input))


def wide_depthwise(rows: int, width: int) -> bytes:
    """Little to compute, but columns under its windows that fill no memory that there is."""
    options = schema.DepthwiseConv2DOptionsT()
    options.padding, options.strideH, options.strideW = SAME, 1, 64
    options.dilationHFactor = options.dilationWFactor = options.depthMultiplier = 1
    tensors = [
        Tensor((1, 1, width, 1), 0.1),
        Tensor((), 0.1, 0, np.ones((1, rows, 1, 1), np.int8), 3),
    ]
    target = Tensor((1, 1, width // 64, 1), 0.1)
    entry = (Options.DepthwiseConv2DOptions, options)
    return one_operator(Op.DEPTHWISE_CONV_2D, tensors, target, entry)


def test_working_memory_beyond_a_word_is_refused(load):
    assert "not enough memory" in load(wide_depthwise(900, 1 << 24))


def many(code, shape, out_shape, count, options, *constants) -> bytes:
    """The same operator on the graph's input, again and again."""
    graph = Graph()
    first = graph.add(Tensor(shape, 0.1))
    inputs = [first, *(graph.add(each) for each in constants)]
    for _ in range(count):
        out = graph.add(Tensor(out_shape, 0.1))
        graph.operators.append(Operator(code, inputs, [out], options))
    return write(graph, [first], [out])


def reducer():
    options = schema.ReducerOptionsT()
    options.keepDims = True
    return Options.ReducerOptions, options


def axes():
    return Tensor((), 1, 0, np.array([1, 2], np.int32))


LARGE = 1 << 21


def doubled(count: int) -> bytes:
    """ADD of the graph's input to itself, again and again."""
    graph = Graph()
    first = graph.add(Tensor((1, LARGE), 0.1))
    for _ in range(count):
        out = graph.add(Tensor((1, LARGE), 0.1))
        graph.operators.append(Operator(Op.ADD, [first, first], [out], ADD))
    return write(graph, [first], [out])


def test_values_that_are_only_moved_count_as_work(load):
    assert "computes too much" in load(doubled(250))
    model = many(Op.MEAN, (1, 1, LARGE, 1), (1, 1, 1, 1), 250, reducer(), axes())
    assert "computes too much" in load(model)


def convolutions(channels: int, count: int, scales: int = 1) -> bytes:
    """1×1 convolutions of one pixel: nothing to compute, but factors of every channel."""
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = VALID, 1, 1
    options.dilationHFactor = options.dilationWFactor = 1
    weights = Tensor((), np.full(scales, 0.1), 0, np.ones((channels, 1, 1, 1), np.int8))
    entry = (Options.Conv2DOptions, options)
    return many(Op.CONV_2D, (1, 1, 1, 1), (1, 1, 1, channels), count, entry, weights)


def test_channels_are_bounded_one_by_one_and_in_all(load):
    assert load(convolutions(4096, 1)) == "ran"
    assert "too many channels" in load(convolutions(4097, 1))
    assert "computes too much" in load(convolutions(4096, 9))


@pytest.mark.parametrize("scales", [0, 2, 4])
def test_scales_of_weights_are_one_or_one_a_channel(scales, load):
    assert load(convolutions(3, 1, 3)) == "ran"
    assert load(convolutions(3, 1, scales)) != "ran"
