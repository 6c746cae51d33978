"""What 'tinyteach advise' says, beside what comes of it.

``python bench/forecast.py --photos DIR_OR_ZIP …``. Each folder or zip holds class folders. In
every draw a head is trained on so many photographs a class (``--shots``); its forecasts for 5, 10
and 20 more are compared with heads trained on those, tested on all other photographs. One
training knows its own accuracy only as well as so few photographs tell: 'known' is how often that
was within four points, which no forecast can better by much. Then one label in twenty is made
wrong, and one class is put before a wall of its own: how many of the wrong labels are found and how
many of those named are wrong; in how many draws the wall is found, and how many classes of the
photographs as they are are named.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from few_shot import Photos, read_photos
from PIL import Image

from tinyteach.cli.output import print_json, show_table
from tinyteach.embedding.runtime import Embedding, load_embedding
from tinyteach.errors import TinyTeachError
from tinyteach.head.fit.background_alone import background_alone
from tinyteach.head.fit.evaluation import accuracy_interval
from tinyteach.head.fit.learning_curve import MORE, forecasts
from tinyteach.head.fit.mislabelled import mislabelled
from tinyteach.head.fit.outlook import look_ahead
from tinyteach.head.fit.photo_features import PhotoEmbedder
from tinyteach.head.fit.scenes import same_scene
from tinyteach.head.fit.train import FitSettings, TrainedHead, fit_at_once, train_source
from tinyteach.head.format.head_file import Head

DRAWS, SHOTS, NEAR = 10, 20, 0.04
WRONG_LABELS = 0.05
_RING = 0.32, 0.4  # how far the thing reaches from the middle before its wall, of the side


@dataclass
class Embedded:
    """A set's photographs and what was computed of them, once for all draws."""

    photos: Photos
    embedder: PhotoEmbedder
    features: dict[int, np.ndarray] = field(default_factory=dict)
    views: dict[int, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Some:
    """A `PhotoSource` of some of them."""

    of: Embedded
    indices: Sequence[int]

    def __len__(self) -> int:
        return len(self.indices)

    def features(self, index: int) -> np.ndarray:
        photo = self.indices[index]
        if photo not in self.of.features:
            self.of.features[photo] = self.of.embedder.features(self.of.photos.squares[photo])
        return self.of.features[photo]

    def views(self, index: int, count: int) -> np.ndarray:
        photo = self.indices[index]
        if len(self.of.views.get(photo, ())) < count:
            square = self.of.photos.squares[photo]
            self.of.views[photo] = self.of.embedder.views(square, count)
        return self.of.views[photo][:count]


def drawn(labels: np.ndarray, shots: int, rng: np.random.Generator) -> list[list[int]]:
    """For each class ``shots`` and as many more as are forecast, in a drawn order."""
    classes = [rng.permutation(np.flatnonzero(labels == c)) for c in np.unique(labels)]
    return [of_class[: shots + max(MORE)].tolist() for of_class in classes]


def first(order: Sequence[Sequence[int]], count: int) -> list[int]:
    return [photo for of_class in order for photo in of_class[:count]]


def recordings(data: Embedded, chosen: Sequence[int], names: Sequence[str]) -> list[str]:
    """By what they show, as a training of files has them."""
    some = Some(data, chosen)
    features = np.array([some.features(n) for n in range(len(some))])
    return [str(first) for first in same_scene(features, names, data.embedder.embedding)]


def trained_on(data: Embedded, chosen: Sequence[int], labels: np.ndarray, seed: int) -> TrainedHead:
    names = [f"{label:03}" for label in labels]
    bursts = recordings(data, chosen, names)
    return train_source(Some(data, chosen), names, bursts, data.embedder.embedding, seed=seed)


def settings_of(trained: TrainedHead) -> FitSettings:
    trial = trained.trial
    return FitSettings(trial.strength, trial.temperature, trained.rejection.threshold)


def measured(data: Embedded, head: Head, test: Sequence[int]) -> float:
    """Fraction of ``test`` whose best class is theirs."""
    some = Some(data, test)
    scores = head.scores(np.array([some.features(n) for n in range(len(test))]))
    best = scores[:, : len(head.labels)].argmax(axis=1)
    return float(np.mean(best == data.photos.labels[list(test)]))


def forecast(data: Embedded, shots: int, seed: int) -> dict[str, Any]:
    """What one training says, and what heads of more photographs reach."""
    rng, labels = np.random.default_rng(seed), data.photos.labels
    order = drawn(labels, shots, rng)
    test = sorted(set(range(len(labels))) - set(first(order, shots + max(MORE))))
    chosen = first(order, shots)
    trained = trained_on(data, chosen, labels[chosen], seed)
    bursts = recordings(data, chosen, [f"{label:03}" for label in labels[chosen]])
    outlook = look_ahead(trained.samples, trained.evaluation, bursts, seed)
    interval = accuracy_interval(trained.evaluation, bursts)
    curve = outlook.curve
    said = forecasts(curve, trained.evaluation, interval, len(chosen)) if curve else []
    rows = []
    for each in said:
        more = first(order, shots + each.more)
        names = [f"{label:03}" for label in labels[more]]
        embedding, settings = data.embedder.embedding, settings_of(trained)
        head = fit_at_once(Some(data, more), names, embedding, settings)
        rows.append([each.accuracy, measured(data, head, test), each.low, each.high])
    estimate = trained.evaluation.accuracy, measured(data, trained.head, test)
    return {"rows": rows, "estimate": estimate, "named": len(outlook.one_background)}


def wrong_labels(data: Embedded, shots: int, seed: int) -> list[int]:
    """How many were planted, how many of them named, how many named in all."""
    rng = np.random.default_rng(seed)
    chosen = first(drawn(data.photos.labels, shots, rng), shots)
    labels = data.photos.labels[chosen]
    classes = int(labels.max()) + 1
    planted = rng.permutation(len(labels))[: max(1, round(WRONG_LABELS * len(labels)))]
    labels[planted] = (labels[planted] + rng.integers(1, classes, len(planted))) % classes
    named = {d.index for d in mislabelled(trained_on(data, chosen, labels, seed).evaluation)}
    return [len(planted), len(named & set(planted.tolist())), len(named)]


def wall(rng: np.random.Generator, side: int) -> np.ndarray:
    """An uneven surface of one colour, float [side, side, 3]."""
    total = np.zeros((side, side))
    for cells in (3, 7, 19, 37):
        patch = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
        total += np.asarray(patch.resize((side, side), Image.Resampling.BICUBIC)) * cells**-0.4
    return rng.uniform(60, 200, 3) + 35 * total[..., None]


def before(square: np.ndarray, behind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The middle of a photograph before another part of the wall, in other light."""
    side = len(square)
    y, x = rng.integers(0, len(behind) - side, 2)
    across, down = (np.arange(side) / side - 0.5 + rng.normal(0, 0.04) for _ in range(2))
    is_thing = down[:, None] ** 2 + across**2 < rng.uniform(*_RING) ** 2
    light = behind[y : y + side, x : x + side] * rng.uniform(0.85, 1.15)
    pixels = np.where(is_thing[..., None], square, light + rng.normal(0, 3, light.shape))
    return pixels.clip(0, 255).astype(np.uint8)


def wall_found(data: Embedded, shots: int, seed: int) -> bool:
    """Whether the first class, put before one wall, is named."""
    rng = np.random.default_rng(seed)
    chosen = first(drawn(data.photos.labels, shots, rng), shots)
    squares = [data.photos.squares[photo] for photo in chosen]
    walls = {side: wall(np.random.default_rng(seed), 2 * side) for side in set(map(len, squares))}
    labels = data.photos.labels[chosen]
    squares = [
        before(square, walls[len(square)], rng) if label == 0 else square
        for square, label in zip(squares, labels, strict=True)
    ]
    planted = Embedded(Photos("", squares, labels), data.embedder, {})
    trained = trained_on(planted, range(len(chosen)), labels, seed)
    return "000" in background_alone(trained.samples, list(map(str, chosen)), seed)


def measure(photos: Photos, embedding: Embedding, shots: int, draws: int) -> dict[str, Any]:
    """The set's figures; fractions."""
    data = Embedded(photos, PhotoEmbedder(embedding))
    found = [forecast(data, shots, seed) for seed in range(draws)]
    rows = np.array([each["rows"] for each in found])  # draw × MORE × (said, measured, low, high)
    estimate = np.array([each["estimate"] for each in found], float)
    planted, right, named = np.sum([wrong_labels(data, shots, s) for s in range(draws)], axis=0)
    classes = len(np.unique(photos.labels))
    return {
        "said": dict(zip(MORE, rows[..., 0].mean(axis=0).tolist(), strict=True)),
        "measured": dict(zip(MORE, rows[..., 1].mean(axis=0).tolist(), strict=True)),
        "within": float(np.mean(np.abs(rows[..., 0] - rows[..., 1]) <= NEAR)),
        "in_band": float(np.mean((rows[..., 1] >= rows[..., 2]) & (rows[..., 1] <= rows[..., 3]))),
        "known": float(np.mean(np.abs(estimate[:, 0] - estimate[:, 1]) <= NEAR)),
        "labels_planted": int(planted),
        "labels_found": right / planted,
        "labels_named_rightly": right / named if named else None,
        "walls_found": float(np.mean([wall_found(data, shots, seed) for seed in range(draws)])),
        "walls_named_wrongly": sum(each["named"] for each in found) / (draws * classes),
    }


def show(results: dict[str, dict[str, Any]]) -> None:
    rows = [(name, *_forecast_cells(found)) for name, found in results.items()]
    columns = ["", *(f"+{more}" for more in MORE), "within 4", "one training", "in band", "known"]
    show_table("Accuracy in %, said / measured, means over the draws", columns, rows)
    parts = ("labels_found", "labels_named_rightly", "walls_found", "walls_named_wrongly")
    rows = [(name, *_shares(found, parts)) for name, found in results.items()]
    columns = ["", "labels found", "named rightly", "walls found", "named wrongly"]
    show_table("Planted", columns, rows)


def _forecast_cells(found: dict[str, Any]) -> list[str]:
    pairs = [(found["said"][more], found["measured"][more]) for more in MORE]
    near = all(abs(said - came) <= NEAR for said, came in pairs)
    told = [f"{100 * said:.1f} / {100 * came:.1f}" for said, came in pairs]
    return [*told, "yes" if near else "no", *_shares(found, ("within", "in_band", "known"))]


def _shares(found: dict[str, Any], parts: Sequence[str]) -> list[str]:
    return ["–" if found[part] is None else f"{found[part]:.0%}" for part in parts]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--photos", type=Path, nargs="+", required=True, metavar="DIR_OR_ZIP")
    parser.add_argument("--shots", type=int, default=SHOTS, help="photographs a class")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--quick", action="store_true", help="one draw, to see that it works")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    draws, embedding = 1 if options.quick else options.draws, load_embedding()
    try:
        sets = [read_photos(source) for source in options.photos]
        results = {each.name: measure(each, embedding, options.shots, draws) for each in sets}
    except TinyTeachError as error:
        raise SystemExit(str(error)) from error
    if options.json:
        print_json({"shots": options.shots, "draws": draws, "results": results})
    else:
        show(results)


if __name__ == "__main__":
    main()
