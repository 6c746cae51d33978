"""Every operator equals LiteRT's reference kernels: plain, in viper and in inline assembler."""

import numpy as np
import pytest
from makers import MAKERS
from model_cases import NATIVE
from operator_cases import (
    ADDITIONS,
    MOST,
    addition_of_all_bytes,
    convolution_of_sums,
    dense_of_sums,
    halves,
    next_to_halves,
    random_cases,
    softmax_case,
)

from slices import soak

# Of one operator each: where it is another piece of code.
DIFFERENT = [("amd64", "reference"), *NATIVE]
ALL_BYTES = [("amd64", "viper"), ("i386", "viper")]
ASSEMBLED = ("conv", "conv_of_pairs", "dense", "depthwise")


def case_count(name, compare) -> int:
    """Fewer where it takes long: plain Python, and an emulated core without code of its own."""
    if compare.kernels == "reference":
        return 8
    if compare.arch == "armhf":
        return 16 if compare.kernels == "thumb" and name in ASSEMBLED else 3
    return MOST


@pytest.mark.parametrize("share", [3, soak(1)])
def test_random_operators(compare, share):
    """In one run: most of its time MicroPython compiles the kernels."""
    counts = {name: -(-case_count(name, compare) // share) for name in MAKERS}
    compare([case for name, count in counts.items() for case in random_cases(name)[:count]])


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


@pytest.mark.parametrize("compare", ALL_BYTES, indirect=True, ids="-".join)
def test_addition_of_every_two_bytes(compare):
    compare([addition_of_all_bytes(*each) for each in ADDITIONS])


@pytest.mark.parametrize("compare", DIFFERENT, indirect=True, ids="-".join)
def test_convolution_wraps_a_left_shift_that_overflows(compare):
    sums = np.array([3, -3, 1 << 25, 1 << 26, 1 << 30, -(1 << 30), 638406945, -926746399])
    compare([convolution_of_sums(sums, 27.44)])


@pytest.mark.parametrize("compare", DIFFERENT, indirect=True, ids="-".join)
def test_convolution_rounds_halves(compare):
    """Where the factor is a power of two, each other product ends in a half."""
    compare([convolution_of_sums(np.arange(-40, 40), 2.0**-power) for power in (1, 2, 4)])


@pytest.mark.parametrize("compare", [("armhf", "thumb")], indirect=True, ids="-".join)
def test_convolution_of_sums_next_to_a_half(compare):
    compare([next_to_halves(power) for power in np.arange(0, 18, 0.5)])


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
