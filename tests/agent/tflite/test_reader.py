"""What the reader refuses, and how: always by ModelError, however the file is damaged."""

from pathlib import Path

import numpy as np
import pytest
from litert_oracle import reference_interpreter
from op_models import SAME, Graph, Op, Operator, Options, Tensor, one_operator, schema, write
from small_network import every_operator

HERE = Path(__file__).resolve().parent


@pytest.fixture
def load(loads):
    """Loads one model on MicroPython; what `loads` gives for it."""
    return lambda data: loads(data)[0]


def test_metadata_by_name(load):
    assert load(every_operator()) == "ran b'hello' None"


def add_model(first=(1, 2), second=(1, 2), out=(1, 2), scale=0.1, **kwargs) -> bytes:
    options = (Options.AddOptions, schema.AddOptionsT())
    tensors = [Tensor(first, scale, 0), Tensor(second, 0.1, 0)]
    return one_operator(Op.ADD, tensors, Tensor(out, 0.2, 0, **kwargs), options)


def conv_model(dilation=1, groups=1, stride=1, out=2, weight_zero=0, bias_axis=0) -> bytes:
    options = schema.Conv2DOptionsT()
    options.strideW, options.strideH = stride, 1
    options.dilationHFactor = options.dilationWFactor = dilation
    weights = np.ones((2, 1, 1, 4 // groups), np.int8)
    tensors = [
        Tensor((1, 2, 2, 4), 0.1, 0),
        Tensor((), 0.1, weight_zero, weights),
        Tensor((), 0.01, 0, np.zeros(2, np.int32), bias_axis),
    ]
    target = Tensor((1, 2, out, 2), 0.1, 0)
    return one_operator(Op.CONV_2D, tensors, target, (Options.Conv2DOptions, options))


def many_inputs() -> bytes:
    graph = Graph()
    first, last = graph.add(Tensor((1, 2), 0.1, 0)), graph.add(Tensor((1, 24), 0.1, 0))
    graph.operators = [Operator(Op.CONCATENATION, [first] * 12, [last])]
    return write(graph, [first], [last])


def floats_inside(code) -> bytes:
    """An addition on whose way to the output there is a float32."""
    graph = Graph()
    first, last = (graph.add(Tensor((1, 2), 0.1, 0)) for _ in range(2))
    between = graph.add(Tensor((1, 2), 0.1, 0, dtype=np.float32))
    steps = [(Op.DEQUANTIZE, first, between), (Op.QUANTIZE, between, last)]
    graph.operators = [Operator(c, [a], [b]) for c, a, b in steps if c in (code, Op.QUANTIZE)]
    return write(graph, [first], [last])


def transposed(order, shape=(1, 2, 3), out=(1, 3, 2)) -> bytes:
    tensors = [Tensor(shape, 0.1, 0), Tensor((), 1, 0, np.array(order, np.int32))]
    return one_operator(Op.TRANSPOSE, tensors, Tensor(out, 0.1, 0))


def pool_model(size: int) -> bytes:
    options = schema.Pool2DOptionsT()
    options.padding, options.strideH, options.strideW = SAME, 1, 1
    options.filterHeight = options.filterWidth = size
    tensors, target = [Tensor((1, 2, 2, 4), 0.1, 0)], Tensor((1, 2, 2, 4), 0.1, 0)
    return one_operator(Op.AVERAGE_POOL_2D, tensors, target, (Options.Pool2DOptions, options))


REFUSED = {
    "": (b"", "cut short"),
    "not a model": (b"PK\x03\x04" + bytes(60), "not a .tflite"),
    "unknown operator": (
        one_operator(Op.TANH, [Tensor((1, 2), 0.1, 0)], Tensor((1, 2), 0.1, 0)),
        "operator 28, not supported",
    ),
    "broadcast": (add_model(second=(1, 1)), "one shape"),
    "another type": (add_model(dtype=np.int16), "of another type"),
    "two types": (add_model(dtype=np.uint8), "not of one type"),
    "scale zero": (add_model(scale=0.0), "positive"),
    "scale infinite": (add_model(scale=float("inf")), "positive"),
    "scale not a number": (add_model(scale=float("nan")), "positive"),
    "huge": (add_model((4096, 65536), (4096, 65536), (4096, 65536)), "too large"),
    "negative size": (add_model((-1, 2), (-1, 2), (-1, 2)), "zero or too large"),
    "dilation": (conv_model(dilation=2), "dilation"),
    "groups": (conv_model(groups=2), "groups"),
    "stride": (conv_model(stride=0), "stride"),
    "wrong output": (conv_model(out=1), "shape its input gives"),
    "endless": (pool_model(30_000), "computes too much"),
    "many inputs": (many_inputs(), "operator 2, not supported"),
    "floats between": (floats_inside(Op.DEQUANTIZE), "float32 is supported at a model's ends only"),
    "floats from nowhere": (floats_inside(Op.QUANTIZE), "model's ends only"),
    "no permutation": (transposed([0, 1, 1]), "no permutation"),
    "another permutation": (transposed([0, 1, 2]), "does not have its shape"),
    "five dimensions": (
        transposed([4, 3, 2, 1, 0], (2, 3, 4, 5, 6), (6, 5, 4, 3, 2)),
        "more than four dimensions",
    ),
    "scores of another scale": (
        one_operator(Op.LOGISTIC, [Tensor((1, 2), 0.1, 0)], Tensor((1, 2), 0.1, 0)),
        "scores must have scale 1/256",
    ),
    "bias along no dimension": (conv_model(bias_axis=3), "a dimension that it does not have"),
    "weights' zero point": (conv_model(weight_zero=3), "zero point other than 0"),
}


def test_refused_in_one_sentence(loads):
    said = loads(*(data for data, _ in REFUSED.values()))
    for (case, (_, expected)), sentence in zip(REFUSED.items(), said, strict=True):
        assert expected in sentence, case


@pytest.mark.parametrize("axis", [1, 3, -1])
def test_a_quantised_dimension_that_is_not_there_is_refused_by_litert_too(load, axis):
    model = conv_model(bias_axis=axis)
    with pytest.raises(ValueError, match="quantized_dimension"):
        reference_interpreter(model)
    assert "a dimension that it does not have" in load(model)


def test_arena_larger_than_memory_is_refused(load):
    shape = (2048, 4096)
    assert "not enough memory" in load(add_model(shape, shape, shape))


@pytest.mark.parametrize("kernels", ["reference", "viper"])
def test_damaged_models_run_or_are_refused(kernels, micropython, tmp_path):
    model = tmp_path / "model.tflite"
    model.write_bytes(every_operator())
    rounds = 60 if kernels == "reference" else 250
    script = HERE / "fuzz_model.py"
    out = micropython.run(script, str(model), "4", str(rounds), kernels, path=[HERE])
    ran, refused = map(int, out.split())
    assert ran > rounds // 20 and refused > rounds // 20
