"""Models of one operator with what they are run on: random ones, and where rounding decides."""

from functools import lru_cache

import numpy as np
from makers import MAKERS
from model_cases import Case
from op_models import Op, Options, Tensor, one_operator, schema
from random_models import random_bytes

MOST = 24  # random cases of an operator


@lru_cache
def random_cases(name) -> list[Case]:
    """The same for every MicroPython."""
    rng = np.random.default_rng(7)
    return [Case(*MAKERS[name](rng), name=f"{name} {i}") for i in range(MOST)]


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


def convolution_of_sums(sums: np.ndarray, weight_scale: float, zero: int = 0) -> Case:
    """A CONV_2D whose accumulators are exactly ``sums``: they are its bias."""
    tensors = [
        Tensor((1, 1, 1, 1), 1.0, 0),
        Tensor((), weight_scale, 0, np.zeros((len(sums), 1, 1, 1), np.int8)),
        Tensor((), weight_scale, 0, sums.astype(np.int32)),
    ]
    options = schema.Conv2DOptionsT()
    options.strideW = options.strideH = options.dilationWFactor = options.dilationHFactor = 1
    target = Tensor((1, 1, 1, len(sums)), 1.0, zero)
    model = one_operator(Op.CONV_2D, tensors, target, (Options.Conv2DOptions, options))
    return Case(model, [[np.zeros((1, 1, 1, 1), np.int8)]], f"{weight_scale}")


def next_to_halves(power: float) -> Case:
    """Sums next to a half, and far beyond what an int8 holds; the factor is 2**-power."""
    rng, factor = np.random.default_rng(int(8 * power)), float(np.float32(2**-power))
    zero = int(rng.choice([-128, 0, 127]))
    sums = np.append(halves(rng, factor) - zero / factor, rng.integers(-(2**29), 2**29, 9))
    return convolution_of_sums(np.round(sums), factor, zero)


def addition_of_all_bytes(scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> Case:
    """An ADD of each int8 with each; scales and zero points of both inputs and the output."""
    values = np.arange(-128, 128, dtype=np.int8)
    every = [np.repeat(values, 256)[None], np.tile(values, 256)[None]]
    *inputs, target = (
        Tensor((1, 1 << 16), scale, zero) for scale, zero in zip(scales, zeros, strict=True)
    )
    model = one_operator(Op.ADD, inputs, target, (Options.AddOptions, schema.AddOptionsT()))
    return Case(model, [every], f"{scales} {zeros}")


# Where a half is often near, never, and where factors do not fit but for the exact way.
ADDITIONS = [
    ((0.5, 0.5, 1.0), (0, 0, 0)),
    ((0.1, 0.1, 0.12), (-128, 5, -100)),
    ((0.023, 0.057, 0.061), (3, -128, 20)),
    ((1.0, 0.001, 0.05), (127, -128, 127)),
    ((0.0001, 0.0002, 0.7), (-128, 127, -128)),
]


def softmax_case(rng, rows: int, depth: int, scale: float, spread: int) -> Case:
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    tensors = [Tensor((rows, depth), scale, 11)]
    target = Tensor((rows, depth), 1 / 256, -128)
    model = one_operator(Op.SOFTMAX, tensors, target, (Options.SoftmaxOptions, options))
    values = random_bytes(rng, (rows, depth)) // spread
    return Case(model, [[values]], f"softmax {depth} {scale} {spread}")
