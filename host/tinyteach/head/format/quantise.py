"""A float head as int8 numbers: of FULLY_CONNECTED and SOFTMAX, and of a novelty beside them.

The scheme is TensorFlow's converter's (2.21: full integer quantisation of a Dense
and a Softmax layer, its default), so that both give the same file from the same
floats and the same representative features, up to one rounding:

- weights: symmetric, one scale per class (per-channel), −127…127;
- bias: int32 with scale input scale × weight scale, zero point 0;
- logits: asymmetric, the range that the representative features reach, 0 included;
- scores: scale 1/256, zero point −128, fixed by the SOFTMAX kernel.

https://ai.google.dev/edge/litert/models/quantization_spec gives the constraints.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

SCORE_SCALE = 1 / 256
SCORE_ZERO_POINT = -128
WEIGHT_MAX = 127
BIAS_MAX = 2**30  # leaves the int32 accumulator room for the products
MIN_LOGIT_RANGE = 1.0  # nats; a head that has learnt nothing still needs a scale
# Beyond so many nats above the best class's logit another one makes no difference to a score.
CERTAIN = 8.0
ROWS = 2048  # of features that are real values at once


@dataclass(frozen=True)
class QuantisedNovelty:
    """What is added to the last logit: a sum of signed squares of what the directions give.

    ``places`` of the map (height, width) are averaged first; P numbers are left. With Z the
    directions of them, bias added, and S its squares, both int8, ``signs`` · S is what is added.
    """

    places: tuple[int, int]
    directions: NDArray[np.int8]  # int8, R × P
    direction_scale: float
    bias: NDArray[np.int32]  # int32, R
    scale: float  # of Z, whose zero point is 0
    square_scale: float  # of S, whose zero point is −128
    signs: NDArray[np.int8]  # int8, R
    added_scale: float
    added_zero_point: int
    total_scale: float  # of the logits with it
    total_zero_point: int


@dataclass(frozen=True)
class QuantisedHead:
    """The numbers of a head; real value = scale · (number − zero point)."""

    weights: NDArray[np.int8]  # int8, classes × features
    weight_scales: NDArray[np.float32]  # float32, classes
    bias: NDArray[np.int32]  # int32, classes
    input_scale: float
    input_zero_point: int
    logit_scale: float
    logit_zero_point: int
    novelty: QuantisedNovelty | None = None

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.weights.shape[0])

    @property
    def features(self) -> int:
        """Length of the feature vector."""
        return int(self.weights.shape[1])


def dequantise(features: NDArray[np.int8], scale: float, zero_point: int) -> NDArray[np.float32]:
    """The real values of int8 ``features``: float32 of the same shape."""
    values = features.astype(np.float32)
    values -= np.float32(zero_point)
    values *= np.float32(scale)
    return values


def in_parts(
    rows: NDArray[np.int8], of: Callable[[NDArray[np.int8]], NDArray[np.floating]]
) -> NDArray[np.floating]:
    """What ``of`` makes of ``rows``, some at a time: as real values all take eight times the room.

    Of each row it makes one, whatever the others.
    """
    starts = range(0, len(rows), ROWS) or range(1)
    return np.concatenate([of(rows[start : start + ROWS]) for start in starts])


def quantise(
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    representative: NDArray[np.int8],
    scale: float,
    zero_point: int,
) -> QuantisedHead:
    """Quantise ``weights`` (float, classes×features) and ``bias`` (float, classes).

    ``representative`` are int8 feature vectors, N×features with N ≥ 1, with the embedding's
    ``scale`` and ``zero_point``; the logits they reach set the logits' range.
    """
    logits = in_parts(
        representative, lambda some: dequantise(some, scale, zero_point) @ weights.T + bias
    )
    logit_scale, logit_zero_point = _range_to_scale(float(logits.min()), float(logits.max()))
    largest = np.abs(weights).max(axis=1)
    weight_scales = np.maximum(largest / WEIGHT_MAX, np.abs(bias) / (BIAS_MAX * scale))
    weight_scales = np.where(weight_scales > 0, weight_scales, 1.0).astype(np.float32)
    rows = np.rint(weights / weight_scales[:, None])
    return QuantisedHead(
        weights=np.clip(rows, -WEIGHT_MAX, WEIGHT_MAX).astype(np.int8),
        weight_scales=weight_scales,
        bias=np.rint(bias / (weight_scales.astype(np.float64) * scale)).astype(np.int32),
        input_scale=scale,
        input_zero_point=zero_point,
        logit_scale=logit_scale,
        logit_zero_point=logit_zero_point,
    )


def _range_to_scale(low: float, high: float) -> tuple[float, int]:
    """Map low…high, widened to hold 0, onto −128…127 so that 0 is a whole number."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max(high - low, MIN_LOGIT_RANGE) / 255
    # Two classes mirror each other, which puts the zero point on a half; TensorFlow then rounds
    # away from 0. The hair on top keeps floating point from deciding.
    exact = -128 - low / scale
    zero_point = math.copysign(math.floor(abs(exact) + 0.5 + 1e-9), exact)
    return scale, min(max(int(zero_point), -128), 127)


def with_novelty(
    head: QuantisedHead,
    directions: NDArray[np.float64],
    signs: NDArray[np.float64],
    centre: NDArray[np.float64],
    places: tuple[int, int],
    representative: NDArray[np.int8],
) -> QuantisedHead:
    """``head`` with signs · (directions · (p − centre))² on its last logit.

    ``directions`` (float, R×P), ``signs`` (1 or −1, R) and ``centre`` (float, P) are of real
    values p: the mean over the map's ``places`` (height, width) of the features.
    """

    def averages_of(some: NDArray[np.int8]) -> NDArray[np.floating]:
        values = dequantise(some, head.input_scale, head.input_zero_point)
        found: NDArray[np.floating] = values.reshape(len(some), math.prod(places), -1).mean(axis=1)
        return found

    averages = in_parts(representative, averages_of)
    away = (averages - centre) @ directions.T
    # What is farther than any representative is as far as can be told.
    scale = max(float(np.abs(away).max()), 1e-6) / 127
    direction_scale = max(float(np.abs(directions).max()), 1e-9) / WEIGHT_MAX
    square_scale = (127 * scale) ** 2 / 255
    own = in_parts(representative, lambda some: _logits_of(head, some))
    added = away**2 @ signs
    most = min(float(added.max()), float(own.max() - own[:, -1].min()) + CERTAIN)
    added_scale, added_zero = _range_to_scale(max(float(added.min()), -most), most)
    # The classes' logits keep their steps: beyond their range the last one need not be told.
    last = np.clip(own[:, -1] + added, own[:, :-1].min(), own[:, :-1].max() + CERTAIN)
    low, high = min(own[:, :-1].min(), last.min()), max(own[:, :-1].max(), last.max())
    total_scale, total_zero = _range_to_scale(float(low), float(high))
    bias = -(directions @ centre) / (direction_scale * head.input_scale)
    return replace(
        head,
        novelty=QuantisedNovelty(
            places,
            np.rint(directions / direction_scale).astype(np.int8),
            direction_scale,
            np.rint(bias).astype(np.int32),
            scale,
            square_scale,
            signs.astype(np.int8),
            *(added_scale, added_zero, total_scale, total_zero),
        ),
    )


def _logits_of(head: QuantisedHead, features: NDArray[np.int8]) -> NDArray[np.float64]:
    """The real logits that the head's numbers give before they are rounded: float, N×classes."""
    values = dequantise(features, head.input_scale, head.input_zero_point)
    scales = head.weight_scales.astype(np.float64)
    weights, bias = head.weights * scales[:, None], head.bias * scales * head.input_scale
    logits: NDArray[np.float64] = values @ weights.T + bias
    return logits
