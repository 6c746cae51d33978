"""When a view is none of the classes: a head's last logit, weighed by what it had not seen.

The last logit says how much the features resemble those of anything else, along one line; novelty
(novelty.py) adds how far they are from all that was shown. How much each counts, and from where on
a view is unknown, follow from photographs that the heads under test had not seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.threads import one_blas_thread
from tinyteach.head.fit.novelty import Novelty, fit_novelty
from tinyteach.head.fit.regression import LinearHead
from tinyteach.head.fit.samples import Samples
from tinyteach.head.format.quantise import QuantisedHead, quantise, with_novelty
from tinyteach.head.format.rejection import OWN

# Of the photographs tested. What learns from all of them rejects fewer: about half as many.
FALSE_REJECTS_MAX = 0.08
# With so many photographs of unknown the novelty counts half.
UNKNOWN_PHOTOS = 10


@dataclass(frozen=True)
class Balance:
    """``gain`` of the novelty, and ``offset`` of the last logit: above 0 more is unknown."""

    gain: float = 0.0
    offset: float = 0.0


@dataclass(frozen=True)
class Margins:
    """By view: the best class's logit less the last, and the novelty; float, N each."""

    logits: NDArray[np.floating]
    novelty: NDArray[np.floating]

    def where(self, chosen: NDArray[np.bool]) -> "Margins":
        """Those of the views that are ``chosen`` (bool, N)."""
        return Margins(self.logits[chosen], self.novelty[chosen])

    def known_by(self, gain: float) -> NDArray[np.floating]:
        """How far each is on the side of the classes."""
        found: NDArray[np.floating] = self.logits - gain * self.novelty
        return found


def joined(parts: list[Margins]) -> Margins:
    """The margins of all ``parts``."""
    none = np.empty(0)
    return Margins(
        np.concatenate([none, *(part.logits for part in parts)]),
        np.concatenate([none, *(part.novelty for part in parts)]),
    )


@dataclass(frozen=True)
class FloatHead:
    """What a head computes before it is made of int8 numbers."""

    linear: LinearHead
    novelty: Novelty | None = None

    def margins(self, samples: Samples, features: NDArray[np.int8]) -> Margins:
        """Of int8 ``features``, N×F."""
        values = samples.values(features)
        logits = self.linear.logits(values)
        above = logits[:, :-1].max(axis=1) - logits[:, -1]
        far = self.novelty.of(samples.averages(values)) if self.novelty else np.zeros(len(values))
        return Margins(above, far)

    def balanced(self, balance: Balance) -> "FloatHead":
        """With its last logit moved, and its novelty multiplied, as ``balance`` says."""
        bias = self.linear.bias.copy()
        bias[-1] += balance.offset
        moved = LinearHead(self.linear.weights, bias)
        if self.novelty is None or not balance.gain:
            return FloatHead(moved)
        return FloatHead(moved, self.novelty.times(balance.gain))


def with_own_novelty(samples: Samples, indices: NDArray[np.intp], linear: LinearHead) -> FloatHead:
    """``linear`` with the novelty of the photographs ``indices``, where one can be had."""
    if not (samples.has_background and samples.can_be_averaged):
        return FloatHead(linear)
    own = indices[samples.targets[indices] < len(samples.labels)]
    background = samples.averages_of(samples.background_rows())
    averages = samples.averages_of(samples.features[own])
    with one_blas_thread():
        return FloatHead(linear, fit_novelty(averages, samples.targets[own], background))


def choose_balance(own: Margins, others: Mapping[str, Margins]) -> Balance:
    """What rejects fewest of the ``own`` views and accepts fewest of ``others``, taken together.

    Both kinds of evidence weigh the same, each by its spread over the own views. Of others each
    source counts the same. Of the own at most 8 % are rejected.
    """
    tested = [margins for margins in others.values() if len(margins.logits)]
    if not len(own.logits) or not tested:
        return Balance()
    gain = gain_of(own, len(others[OWN].logits) if OWN in others else 0)
    known, strange = own.known_by(gain), [margins.known_by(gain) for margins in tested]
    # Every threshold that tells two of the views apart, and where there is a gap its middle.
    views = np.unique(np.concatenate([known, *strange]))
    thresholds = np.concatenate([views[:1], (views[1:] + views[:-1]) / 2])
    rejected = _share_below(known, thresholds)
    accepted = np.mean([1 - _share_below(views, thresholds) for views in strange], axis=0)
    cost = np.where(rejected <= FALSE_REJECTS_MAX, rejected + accepted, np.inf)
    best = thresholds[cost <= cost.min() + 1e-12]
    middle = (best[0] + best[-1]) / 2
    return Balance(gain, float(best[np.abs(best - middle).argmin()]))


def _share_below(
    views: NDArray[np.floating], thresholds: NDArray[np.floating]
) -> NDArray[np.floating]:
    found: NDArray[np.floating] = np.searchsorted(np.sort(views), thresholds) / len(views)
    return found


def gain_of(own: Margins, unknown: int = 0) -> float:
    """What the novelty is multiplied by: so that it counts as much as the logits.

    The more photographs of ``unknown`` a user has, the less: the logits have learnt from them.
    """
    if not own.novelty.any():
        return 0.0
    share = UNKNOWN_PHOTOS / (UNKNOWN_PHOTOS + unknown)
    return share * _spread(own.logits) / max(_spread(own.novelty), 1e-9)


def _spread(values: NDArray[np.floating]) -> float:
    """Between the quartiles."""
    low, high = np.quantile(values, (0.25, 0.75))
    return float(high - low)


def quantise_photos(
    samples: Samples, indices: NDArray[np.intp], head: FloatHead, every: int = 1
) -> QuantisedHead:
    """Quantise ``head`` with what it was trained on as representatives, ``every`` so manieth."""
    features = samples.rows(indices)[0][::every]
    linear, novelty = head.linear, head.novelty
    if novelty is None:
        return quantise(linear.weights, linear.bias, features, samples.scale, samples.zero_point)
    # The slope is a line's, and every place of the map has its share of it.
    height, width = samples.grid
    weights, bias = linear.weights.copy(), linear.bias.copy()
    weights[-1] += np.tile(novelty.slope, height * width) / (height * width)
    bias[-1] -= novelty.slope @ novelty.centre
    plain = quantise(weights, bias, features, samples.scale, samples.zero_point)
    return with_novelty(
        *(plain, novelty.directions, novelty.signs, novelty.centre, samples.grid, features)
    )
