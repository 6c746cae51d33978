"""What a test measures and sees, kept until its report takes it along."""

import base64
import io
from collections.abc import Iterable

import numpy as np

from tinyteach.api.recognised import Recognised
from tinyteach.hil.results import Measurement, Pending, Sighting, as_samples, unit_of

THUMBNAIL_PIXELS = 96


class Measure:
    """Call it with a name, one number or many, and of what; `recognised` keeps what a board said.

    The end of a name says the unit: ``measure("latency_ms", samples, stage="embedding")``.
    """

    def __init__(self, pending: Pending) -> None:
        self._pending = pending

    def __call__(
        self, name: str, samples: float | Iterable[float], unit: str | None = None, **tags: str
    ) -> Measurement:
        """Keep all repeats, in their order; ValueError where there is none."""
        unit = unit_of(name) if unit is None else unit
        named = {tag: str(of) for tag, of in tags.items()}
        kept = Measurement(name, as_samples(samples), unit, named)
        self._pending.measurements.append(kept)
        return kept

    def fact(self, name: str, value: str | int) -> None:
        """Something in words, or a count, for the end of the run."""
        self._pending.facts[name] = value if type(value) is int else str(value)

    def recognised(
        self, found: Recognised, truth: str, expected: Recognised | None = None, name: str = ""
    ) -> bool:
        """Keep what a board said of a picture that shows ``truth``; whether that is right.

        ``expected`` is what this computer says of it, such as `Head.classify` does. It adds to the
        measurements ``accuracy``, ``latency_ms`` by stage and ``mismatches``.
        """
        agrees = None if expected is None else found.probabilities == expected.probabilities
        seen = Sighting(
            *(truth, found.label, found.best_label, found.probability, name, agrees),
            thumbnail="" if found.label == truth else _thumbnail(found.picture),
        )
        self._pending.sightings.append(seen)
        self._add("accuracy", float(seen.right))
        if agrees is not None:
            self._add("mismatches", float(not agrees))
        for stage, latency_ms in (found.latency_ms or {}).items():
            self._add("latency_ms", latency_ms, stage=stage)
        return seen.right

    def _add(self, name: str, sample: float, **tags: str) -> None:
        """One repeat more of what this test measures."""
        own = self._pending.measurements
        place = next((n for n, m in enumerate(own) if (m.name, m.tags) == (name, tags)), None)
        if place is None:
            self(name, sample, **tags)
            return
        before = own[place]
        own[place] = Measurement(name, (*before.samples, sample), before.unit, tags)


def _thumbnail(square: np.ndarray | None) -> str:
    """A small JPEG in base64; empty where there is no picture."""
    from PIL import Image

    if square is None:
        return ""
    image = Image.fromarray(square)
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=80)
    return base64.b64encode(stream.getvalue()).decode()
