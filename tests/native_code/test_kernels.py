"""Every operator's machine code for ESP32 and RISC-V gives LiteRT's bytes under QEMU."""

import numpy as np
import pytest
from makers import MAKERS
from mobile_net import mobile
from model_cases import Case
from operator_cases import (
    ADDITIONS,
    MOST,
    addition_of_all_bytes,
    convolution_of_sums,
    next_to_halves,
    random_cases,
    softmax_case,
)
from random_models import random_bytes
from residual_net import residual

from slices import soak


@pytest.mark.parametrize("count", [3, soak(MOST)])
def test_random_operators(compare, count):
    compare([case for name in MAKERS for case in random_cases(name)[:count]])


def test_factors_that_shift_to_the_left_not_or_to_a_half(compare):
    sums = np.array([3, -3, 1 << 25, 1 << 26, 1 << 30, -(1 << 30), 638406945, -926746399])
    halves = [convolution_of_sums(np.arange(-40, 40), 2.0**-power) for power in (0, 1, 2, 4)]
    compare([convolution_of_sums(sums, 27.44), *halves])


@pytest.mark.parametrize("every", [8, soak(1)])
def test_sums_next_to_a_half(unit, every):
    """With factors that the MAC16 kernels take short or not."""
    unit([next_to_halves(power) for power in np.arange(0, 18, every / 8)])


def test_addition_of_every_two_bytes(compare):
    compare([addition_of_all_bytes(*each) for each in ADDITIONS[:2]])


def test_softmax(compare):
    rng = np.random.default_rng(5)
    compare([softmax_case(rng, 3, depth, 0.11, 1) for depth in (2, 17, 511)])


@pytest.mark.soak
def test_other_networks(compare):
    rng = np.random.default_rng(2)
    for model, side in ((mobile(), 48), (residual(), 64)):
        compare([Case(model, [[random_bytes(rng, (1, side, side, 3))] for _ in range(5)])])
