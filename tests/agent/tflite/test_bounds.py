"""What a file may ask for is bounded when it is loaded: types, memory, and time."""

import itertools

import numpy as np
from op_models import SAME, VALID, Graph, Op, Operator, Options, Tensor, one_operator, schema, write

ADD = (Options.AddOptions, schema.AddOptionsT())


def with_another(dtype, as_input: bool) -> bytes:
    """An ADD beside which the graph has one more input, or an input that is an output."""
    graph = Graph()
    first, other = graph.add(Tensor((1, 2), 0.1)), graph.add(Tensor((1, 2), 0.1, dtype=dtype))
    total = graph.add(Tensor((1, 2), 0.2))
    graph.operators.append(Operator(Op.ADD, [first, first], [total], ADD))
    return write(graph, [first, other], [total] if as_input else [total, other])


def test_inputs_and_outputs_are_bytes(loads):
    """Whoever fills and reads them counts one byte a value."""
    cases = itertools.product((np.int32, np.float32, np.int16), (True, False))
    said = loads(*itertools.starmap(with_another, cases))
    assert len(said) == 6 and all("should be int8" in sentence for sentence in said)


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


def test_working_memory_beyond_a_word_is_refused(loads):
    assert "not enough memory" in loads(wide_depthwise(900, 1 << 24))[0]


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


def test_values_that_are_only_moved_count_as_work(loads):
    means = many(Op.MEAN, (1, 1, LARGE, 1), (1, 1, 1, 1), 250, reducer(), axes())
    for sentence in loads(doubled(250), means):
        assert "computes too much" in sentence


def convolutions(channels: int, count: int, scales: int = 1) -> bytes:
    """1×1 convolutions of one pixel: nothing to compute, but factors of every channel."""
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = VALID, 1, 1
    options.dilationHFactor = options.dilationWFactor = 1
    weights = Tensor((), np.full(scales, 0.1), 0, np.ones((channels, 1, 1, 1), np.int8))
    entry = (Options.Conv2DOptions, options)
    return many(Op.CONV_2D, (1, 1, 1, 1), (1, 1, 1, channels), count, entry, weights)


def test_channels_are_bounded_one_by_one_and_in_all(loads):
    most, wide, many_wide = loads(
        convolutions(4096, 1), convolutions(4097, 1), convolutions(4096, 9)
    )
    assert most.startswith("ran")
    assert "too many channels" in wide
    assert "computes too much" in many_wide


def test_scales_of_weights_are_one_or_one_a_channel(loads):
    right, *wrong = loads(*(convolutions(3, 1, scales) for scales in (3, 0, 2, 4)))
    assert right.startswith("ran") and not any(each.startswith("ran") for each in wrong)
