"""Models of one operator whose shapes are at their limits: 1×1, 1×N, N×1, filters and strides
larger than what they slide over, odd and even, depths of 1 to 4096.

``choices`` is a random.Random, or hypothesis's, which makes a failing shape small.
"""

from random import Random

import numpy as np
import random_models as makers
import random_other_models as others
from op_models import SAME, VALID

DEPTHS = (1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 31, 32, 33, 48, 64, 80, 96, 127, 128, 192)
DEEP = (255, 256, 511, 512, 1000, 2048, 4095, 4096)
# What a plain inference, and a file, may have.
MOST_WEIGHTS, MOST_ADDITIONS, MOST_VALUES = 40_000, 400_000, 60_000


def depth_of(choices: Random) -> int:
    return choices.choice(DEEP if choices.randrange(8) == 0 else DEPTHS)


def length_of(choices: Random) -> int:
    """Of an axis: often 1, seldom long."""
    return choices.choice((1, 1, 2, 3, choices.randint(1, 12), choices.randint(1, 48)))


def axis(choices: Random, padding: int) -> tuple[int, int, int]:
    """(input, filter, stride) along an axis; a filter without padding fits its input."""
    size = length_of(choices)
    filter_size = choices.choice((1, 2, 3, 5, size, size + choices.randint(1, 9)))
    if padding == VALID:
        filter_size = min(filter_size, size)
    stride = choices.choice((1, 1, 2, 2, 3, size, size + 1, filter_size + 1, 64))
    return size, filter_size, min(stride, 64)


def geometry(choices: Random):
    """What random_models.geometry gives."""
    padding = choices.choice((SAME, VALID))
    down, across = axis(choices, padding), axis(choices, padding)
    (h, fh, sy), (w, fw, sx) = down, across
    out = tuple(makers.windowed(*each, padding) for each in (down, across))
    return (h, w), (fh, fw), (sy, sx), padding, out


def lessened(limit: int, size, *numbers: int) -> tuple[int, ...]:
    """The numbers, the largest halved until ``size(*numbers)`` is within the limit."""
    found = list(numbers)
    while size(*found) > limit and max(found) > 1:
        place = found.index(max(found))
        found[place] = max(1, found[place] // 2)
    return tuple(found)


def conv(choices: Random, rng):
    sizes = geometry(choices)
    size, (fh, fw), _, _, (oh, ow) = sizes
    depth, channels = lessened(
        MOST_WEIGHTS, lambda d, c: d * c * fh * fw, depth_of(choices), depth_of(choices)
    )
    depth, channels = lessened(
        MOST_ADDITIONS, lambda d, c: d * c * fh * fw * oh * ow, depth, channels
    )
    (depth,) = lessened(MOST_VALUES, lambda d: d * size[0] * size[1], depth)
    kinds = (makers.random_bytes, makers.narrow_bytes, makers.mixed_bytes)
    return makers.convolution(rng, sizes, depth, channels, choices.choice(kinds))


def depthwise(choices: Random, rng):
    sizes = geometry(choices)
    size, (fh, fw), _, _, (oh, ow) = sizes
    times = choices.choice((1, 1, 1, 2, 3, 8))
    work = max(fh * fw, 1) * max(oh * ow, 1)
    (depth,) = lessened(MOST_ADDITIONS, lambda d: d * times * work, depth_of(choices))
    (depth,) = lessened(MOST_VALUES, lambda d: d * size[0] * size[1], min(depth, 4096 // times))
    return makers.depthwise_of(rng, sizes, depth, times)


def dense(choices: Random, rng):
    rows = choices.choice((1, 1, 2, 3, 9))
    depth, channels = lessened(
        MOST_WEIGHTS, lambda d, c: d * c, depth_of(choices), depth_of(choices)
    )
    return makers.dense_of(rng, rows, depth, channels)


def add(choices: Random, rng):
    return makers.add_of(rng, image(choices))


def mul(choices: Random, rng):
    return makers.mul_of(rng, image(choices))


def average_pool(choices: Random, rng):
    return makers.average_pool_of(rng, *pooling(choices))


def max_pool(choices: Random, rng):
    return others.max_pool_of(rng, *pooling(choices))


def pooling(choices: Random):
    """(sizes, depth)."""
    sizes = geometry(choices)
    size, (fh, fw), _, _, (oh, ow) = sizes
    (depth,) = lessened(MOST_ADDITIONS, lambda d: d * fh * fw * oh * ow, depth_of(choices))
    (depth,) = lessened(MOST_VALUES, lambda d: d * size[0] * size[1], depth)
    return sizes, depth


def mean(choices: Random, rng):
    return makers.mean_of(rng, image(choices))


def image(choices: Random):
    height, width = length_of(choices), length_of(choices)
    (depth,) = lessened(MOST_VALUES, lambda d: d * height * width, depth_of(choices))
    return 1, height, width, depth


def pad(choices: Random, rng):
    rank = choices.randint(1, 4)
    shape = lessened(MOST_VALUES // 9, lambda *s: int(np.prod(s)), *image(choices)[4 - rank :])
    pads = [[choices.choice((0, 0, 1, 2)) for _ in range(2)] for _ in range(rank)]
    return makers.pad_of(rng, shape, np.array(pads, np.int32))


def softmax(choices: Random, rng):
    depth = choices.choice((1, 2, 3, 10, 64, 255, 256, 257, 511))
    return makers.softmax_of(rng, (choices.choice((1, 1, 2, 5)), depth))


def logistic(choices: Random, rng):
    return others.logistic_of(rng, image(choices))


def quantise(choices: Random, rng):
    return others.quantise_of(rng, image(choices))


def transpose(choices: Random, rng):
    return others.transpose_of(rng, image(choices))


def unsigned(make):
    """The maker of the same shapes with uint8."""

    def made(choices: Random, rng):
        return others.unsigned_model(rng, lambda rng: make(choices, rng))

    return made


MAKERS = {
    "conv": conv,
    "depthwise": depthwise,
    "dense": dense,
    "add": add,
    "mul": mul,
    "average_pool": average_pool,
    "mean": mean,
    "pad": pad,
    "softmax": softmax,
    "max_pool": max_pool,
    "logistic": logistic,
    "quantise": quantise,
    "transpose": transpose,
    "unsigned_conv": unsigned(conv),
    "unsigned_depthwise": unsigned(depthwise),
    "unsigned_dense": unsigned(dense),
    "unsigned_average_pool": unsigned(average_pool),
}
# Convolutions choose between most ways of computing.
WEIGHTS = {"conv": 5, "depthwise": 2, "dense": 2}
KINDS = [name for name in MAKERS for _ in range(WEIGHTS.get(name, 1))]


def model_of(choices: Random, kind: str = "") -> bytes:
    """A model of one operator, of any kind unless one is named."""
    make = MAKERS[kind or choices.choice(KINDS)]
    return make(choices, np.random.default_rng(choices.getrandbits(32)))[0]
