"""The head that a board makes of its examples: the same numbers here, the same file.

One prototype a class, compared by its direction. With S the sum of a class's n examples, each less
the zero point z, and M the largest |S|:

- weights: W = ⌊(254·S + M) / 2M⌋, so that the largest is ±127;
- r = ⌊√(65536 · ΣW²)⌋, which is 256 times their length, and the prototype's own length in
  32,512ths of a feature's step: ⌊r·M / n⌋;
- scale of the weights: 20 · 127 · 65536 · classes / (r · lengths together · input scale) as
  float32, so that a photograph that lies on a prototype of mean length has a logit of 20;
- no bias but for what is unknown, whose weights are 0: a logit of 9 always.

Whole numbers until the scale, which is rounded once. 20, 9 and the threshold were chosen on
photographs: decision 0023 has the table.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.runtime import Embedding, TfliteModel
from tinyteach.head.format.examples import Examples
from tinyteach.head.format.metadata import Card, SelfTests, append_labels, file_labels, pack_card
from tinyteach_protocol.head_layout import Layout

SHARPNESS = 20  # nats
UNKNOWN_STEPS = 48  # of the logits' scale, 3/16: 9 nats
THRESHOLD = 77  # of 256
LOGIT_SCALE = Fraction(3, 16)


def prototype_head(examples: Examples, labels: Sequence[str], embedding: Embedding) -> bytes:
    """The head file of ``examples`` (one class more than ``labels``, at least one of each label).

    The first example of the first class and the last of the last one are its self-tests.
    """
    weights, factors = _weights(examples.vectors[: len(labels)], embedding.zero_point)
    scale = _exact(embedding.scale)
    rows = [*(_float32(factor / scale) for factor in factors), _float32(LOGIT_SCALE / scale)]
    tests = np.stack([examples.vectors[0][0], examples.vectors[len(labels) - 1][-1]])
    blank = pack_card(_card(labels, embedding, tests, np.zeros((2, len(rows)), np.int8)))
    layout = Layout(embedding.features, len(rows), examples.counts, len(blank))
    bias = [0] * len(labels) + [UNKNOWN_STEPS]
    content = layout.start + b"".join(of_class.tobytes() for of_class in examples.vectors)
    content += layout.weights() + weights.tobytes() + bytes(embedding.features)
    bias_scales = [np.float32(embedding.scale) * row for row in rows]
    content += layout.graph(
        bias, _bits(embedding.scale), embedding.zero_point,
        [_bits(row) for row in rows], [_bits(row) for row in bias_scales],
    )  # fmt: skip
    scores = TfliteModel(content + layout.card(blank)).run(tests)
    card = _card(labels, embedding, tests, scores)
    return append_labels(content + layout.card(pack_card(card)), file_labels(card))


def _weights(
    vectors: Sequence[NDArray[np.int8]], zero_point: int
) -> tuple[NDArray[np.int8], list[Fraction]]:
    """int8 weights, classes × F, and each class's nats a step of its accumulator."""
    weights, roots, lengths = [], [], []
    for of_class in vectors:
        sums = of_class.astype(np.int64).sum(axis=0) - len(of_class) * zero_point
        largest = max(int(np.abs(sums).max()), 1)
        row = (254 * sums + largest) // (2 * largest)
        roots.append(max(math.isqrt(int(row @ row) << 16), 1))
        lengths.append(roots[-1] * largest // len(of_class))
        weights.append(row.astype(np.int8))
    whole = SHARPNESS * 127 * 65536 * len(vectors)
    together = max(sum(lengths), 1)
    return np.stack(weights), [Fraction(whole, root * together) for root in roots]


def _card(
    labels: Sequence[str], embedding: Embedding, tests: NDArray[np.int8], scores: NDArray[np.int8]
) -> Card:
    return Card(
        tuple(labels), embedding.fingerprint, SelfTests(tests, scores),
        has_background=True, threshold=THRESHOLD,
    )  # fmt: skip


def _exact(value: float) -> Fraction:
    return Fraction(float(np.float32(value)))


def _float32(value: Fraction) -> np.float32:
    """The float32 nearest to a fraction, ties to even; rounded once, not by way of a double."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length() - 24
    scaled = value / Fraction(2) ** exponent  # 24 or 25 bits before the point
    if scaled >= 1 << 24:
        exponent, scaled = exponent + 1, scaled / 2
    return np.float32(math.ldexp(round(scaled), exponent))


def _bits(value: float | np.float32) -> int:
    return int(np.float32(value).view(np.uint32))
