"""A float head as the int8 numbers of a FULLY_CONNECTED + SOFTMAX pair.

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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCORE_SCALE = 1 / 256
SCORE_ZERO_POINT = -128
WEIGHT_MAX = 127
BIAS_MAX = 2**30  # leaves the int32 accumulator room for the products
MIN_LOGIT_RANGE = 1.0  # nats; a head that has learnt nothing still needs a scale


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
    return (features.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)


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
    logits = dequantise(representative, scale, zero_point) @ weights.T + bias
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
