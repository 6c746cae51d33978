"""Every operator equals LiteRT's reference kernels: plain, in viper and in inline assembler."""

from functools import lru_cache

import numpy as np
import pytest
from model_cases import NATIVE, Case
from op_models import Op, Options, Tensor, one_operator, schema
from random_models import MAKERS, random_bytes

from slices import soak

# Of one operator each: where it is another piece of code.
DIFFERENT = [("amd64", "reference"), *NATIVE]
ASSEMBLED = ("conv", "conv_of_pairs", "dense")
MOST = 24


def case_count(name, compare) -> int:
    """Fewer where it takes long: plain Python, and an emulated core without code of its own."""
    if compare.kernels == "reference":
        return 8
    if compare.arch == "armhf":
        return 16 if compare.kernels == "thumb" and name in ASSEMBLED else 3
    return MOST


@lru_cache
def random_cases(name) -> list[Case]:
    """The same for every MicroPython."""
    rng = np.random.default_rng(7)
    return [Case(*MAKERS[name](rng), name=f"{name} {i}") for i in range(MOST)]


@pytest.mark.parametrize("share", [3, soak(1)])
def test_random_operators(compare, share):
    """In one run: most of its time MicroPython compiles the kernels."""
    counts = {name: -(-case_count(name, compare) // share) for name in MAKERS}
    compare([case for name, count in counts.items() for case in random_cases(name)[:count]])


def dense_of_sums(sums: np.ndarray, weight_scale: float, output_scale: float, zero: int) -> Case:
    """A FULLY_CONNECTED whose accumulators are exactly ``sums``: they are its bias."""
    count = len(sums)
    tensors = [
        Tensor((1, 1), 1.0, 0),
        Tensor((), weight_scale, 0, np.zeros((count, 1), np.int8)),
        Tensor((), weight_scale, 0, sums.astype(np.int32)),
    ]
    options = (Options.FullyConnectedOptions, schema.FullyConnectedOptionsT())
    target = Tensor((1, count), output_scale, zero)
    model = one_operator(Op.FULLY_CONNECTED, tensors, target, options)
    return Case(model, [[np.zeros((1, 1), np.int8)]], f"{weight_scale} / {output_scale}")


def halves(rng, factor: float) -> np.ndarray:
    """Sums whose product with the factor lies at or next to a half."""
    nearest = np.round((rng.integers(-150, 151, 40) + 0.5) / factor)
    return np.clip(np.concatenate([nearest - 1, nearest, nearest + 1]), -(2**31), 2**31 - 1)


@pytest.mark.parametrize("compare", DIFFERENT, indirect=True, ids="-".join)
def test_dense_rounds_as_a_double_does(compare):
    rng = np.random.default_rng(3)
    cases = []
    for power in (-20, -12, -7, -3, -1, 0, 3):
        cases.append(dense_of_sums(halves(rng, 2.0**power), 2.0**power, 1.0, -3))
    for _ in range(12):
        weight, out = (float(np.float32(rng.uniform(0.5, 1))) for _ in range(2))
        weight = float(np.float32(weight / 2 ** int(rng.integers(0, 24))))
        cases.append(dense_of_sums(halves(rng, weight / out), weight, out, 7))
    compare(cases)


def convolution_of_sums(sums: np.ndarray, weight_scale: float) -> Case:
    """A CONV_2D whose accumulators are exactly ``sums``: they are its bias."""
    tensors = [
        Tensor((1, 1, 1, 1), 1.0, 0),
        Tensor((), weight_scale, 0, np.zeros((len(sums), 1, 1, 1), np.int8)),
        Tensor((), weight_scale, 0, sums.astype(np.int32)),
    ]
    options = schema.Conv2DOptionsT()
    options.strideW = options.strideH = options.dilationWFactor = options.dilationHFactor = 1
    target = Tensor((1, 1, 1, len(sums)), 1.0, 0)
    model = one_operator(Op.CONV_2D, tensors, target, (Options.Conv2DOptions, options))
    return Case(model, [[np.zeros((1, 1, 1, 1), np.int8)]], f"{weight_scale}")


@pytest.mark.parametrize("compare", DIFFERENT, indirect=True, ids="-".join)
def test_convolution_wraps_a_left_shift_that_overflows(compare):
    sums = np.array([3, -3, 1 << 25, 1 << 26, 1 << 30, -(1 << 30), 638406945, -926746399])
    compare([convolution_of_sums(sums, 27.44)])


@pytest.mark.parametrize("compare", DIFFERENT, indirect=True, ids="-".join)
def test_convolution_rounds_halves(compare):
    """Where the factor is a power of two, each other product ends in a half."""
    compare([convolution_of_sums(np.arange(-40, 40), 2.0**-power) for power in (1, 2, 4)])


def softmax_case(rng, rows: int, depth: int, scale: float, spread: int) -> Case:
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    tensors = [Tensor((rows, depth), scale, 11)]
    target = Tensor((rows, depth), 1 / 256, -128)
    model = one_operator(Op.SOFTMAX, tensors, target, (Options.SoftmaxOptions, options))
    values = random_bytes(rng, (rows, depth)) // spread
    return Case(model, [[values]], f"softmax {depth} {scale} {spread}")


@pytest.mark.parametrize("compare", DIFFERENT, indirect=True, ids="-".join)
def test_softmax_of_many_rows(compare):
    rng = np.random.default_rng(5)
    rows = 4 if compare.kernels == "reference" or compare.arch == "armhf" else 20
    cases = [
        softmax_case(rng, rows, depth, scale, spread)
        for depth in (2, 3, 17, 64, 511)
        for scale in (0.003, 0.0431, 0.11, 0.37, 3.0)
        for spread in (1, 6)
    ]
    compare(cases[:: 3 if compare.arch == "armhf" else 1])
