"""How much photographs of what is none of the classes help, by how many there are.

``python bench/none_of_these.py --photos DIR_OR_ZIP … `` with three or more folders or zips of class
folders. Each is learnt in turn from 20 photographs a class; of each of the others half is shown to
the head, which is to call it unknown. It learns besides from 0, 5, 10, 20 and 50 photographs of
`unknown`: of the other half of what is shown (the same origin), or of the remaining folders
(another one). Told are how many of what is shown are taken for a class where 5 % of the classes'
own photographs are refused, and how many of their own are recognised.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from tinyteach.cli.output import print_json, show_table
from tinyteach.data.layouts import read_collection
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import Embedding, load_embedding
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import TinyTeachError
from tinyteach.head.fit.regression import DEFAULT_STRENGTH
from tinyteach.head.fit.samples import Samples, fit_photos
from tinyteach.head.fit.unknown import gain_of, with_own_novelty

SHOTS = 20
REFUSED = 0.05
PER_CLASS_MAX = 100
SETS_MIN = 3
EPISODES = 3
SAME, ANOTHER = "same origin", "another origin"
SETTINGS = [("", 0), *product((SAME, ANOTHER), (5, 10, 20, 50))]


@dataclass(frozen=True)
class Features:
    """Features of a folder's photographs, and the numbers of their classes."""

    name: str
    vectors: np.ndarray  # int8, N×F
    targets: np.ndarray  # int, N


@dataclass(frozen=True)
class Outcome:
    """Of one head: the shares of what is shown that it accepts, and of its own that it knows."""

    accepted: float
    right: float


def read_features(source: Path, embedding: Embedding) -> Features:
    photos = read_collection(source).photos
    names, targets = np.unique([photo.class_name for photo in photos], return_inverse=True)
    rng = np.random.default_rng(0)
    rows = [
        rng.permutation(np.flatnonzero(targets == n))[:PER_CLASS_MAX] for n in range(len(names))
    ]
    chosen = np.sort(np.concatenate(rows))
    tensors = np.stack([to_tensor(photos[i].square(), embedding.side) for i in chosen])
    return Features(source.stem, embedding.embed(tensors), targets[chosen])


def episode(
    own: Features,
    shown: np.ndarray,
    unknown: np.ndarray,
    embedding: Embedding,
    rng: np.random.Generator,
) -> Outcome:
    """One head: of ``own`` photographs and ``unknown`` ones (int8 features), ``shown`` others."""
    classes = np.unique(own.targets)
    rows = [rng.permutation(np.flatnonzero(own.targets == c)) for c in classes]
    shots = min(SHOTS, min(map(len, rows)) // 2)
    train = np.concatenate([of_class[:shots] for of_class in rows])
    test = np.concatenate([of_class[shots:] for of_class in rows])
    vectors = np.concatenate([own.vectors[train], unknown])
    targets = np.r_[own.targets[train], np.full(len(unknown), len(classes))]
    samples = Samples(
        *(tuple(map(str, classes)), targets, vectors),
        np.empty((len(vectors), 0, vectors.shape[1]), np.int8),
        *(embedding.scale, embedding.zero_point, embedding.background, embedding.grid or (1, 1)),
    )
    everything = np.arange(len(targets))
    linear = fit_photos(samples, everything, DEFAULT_STRENGTH)
    head = with_own_novelty(samples, everything, linear)
    margins = head.margins(samples, own.vectors[test])
    gain = gain_of(margins, len(unknown))
    threshold = np.quantile(margins.known_by(gain), REFUSED)
    logits = linear.logits(samples.values(own.vectors[test]))[:, : len(classes)]
    return Outcome(
        accepted=float(np.mean(head.margins(samples, shown).known_by(gain) >= threshold)),
        right=float(np.mean(logits.argmax(axis=1) == own.targets[test])),
    )


def unknown_of(
    sets: Sequence[Features], own: int, other: int, origin: str, half: np.ndarray, count: int
) -> np.ndarray:
    """``count`` photographs' features of that origin, from each folder as many: int8, N×F."""
    rng = np.random.default_rng([own, other, count])
    if origin == ANOTHER:
        sources = [s.vectors for n, s in enumerate(sets) if n not in (own, other)]
    else:
        sources = [half]
    parts = np.array_split(np.arange(count), len(sources))
    drawn = [rng.permutation(s)[: len(p)] for s, p in zip(sources, parts, strict=True)]
    return np.concatenate(drawn)


def measure(
    sets: Sequence[Features], embedding: Embedding, episodes: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Means in % by folder learnt (and "mean") and by origin and number of photographs."""
    found: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for own, other, seed in np.ndindex(len(sets), len(sets), episodes):
        if own == other:
            continue
        mixed = np.random.default_rng([own, other, seed]).permutation(sets[other].vectors)
        shown, half = np.array_split(mixed, 2)
        for origin, count in SETTINGS:
            rng = np.random.default_rng([own, other, seed])  # the same draws for each
            unknown = unknown_of(sets, own, other, origin, half, count)
            outcome = episode(sets[own], shown, unknown, embedding, rng)
            found[sets[own].name][f"{count} {origin}".strip()].append(outcome)
    means = {name: {key: mean(all_) for key, all_ in by.items()} for name, by in found.items()}
    keys = next(iter(means.values()))
    overall = {
        key: {
            part: round(float(np.mean([by[key][part] for by in means.values()])), 1)
            for part in ("accepted", "right")
        }
        for key in keys
    }
    return {**means, "mean": overall}


def mean(outcomes: Sequence[Outcome]) -> dict[str, float]:
    return {
        part: round(100 * float(np.mean([getattr(each, part) for each in outcomes])), 1)
        for part in ("accepted", "right")
    }


def show(found: dict[str, dict[str, dict[str, float]]]) -> None:
    keys = list(found["mean"])
    for part, title in (
        ("accepted", "Other things taken for a class, in %, by photographs of unknown"),
        ("right", "Own photographs recognised, in %"),
    ):
        rows = [[name, *(f"{by[key][part]:.1f}" for key in keys)] for name, by in found.items()]
        show_table(title, ["classes of", *keys], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--photos", type=Path, nargs="+", required=True, help="class folders or zips of them")
    add("--json", action="store_true", help="print one JSON object")
    add("--quick", action="store_true", help="one episode, to see that it works")
    options = parser.parse_args()
    if len(options.photos) < SETS_MIN:
        parser.error(f"name {SETS_MIN} folders or zips at least: one is learnt, two are shown")
    try:
        embedding = load_embedding()
        with one_blas_thread():
            sets = [read_features(source, embedding) for source in options.photos]
            found = measure(sets, embedding, 1 if options.quick else EPISODES)
    except TinyTeachError as error:
        raise SystemExit(str(error)) from error
    if options.json:
        print_json(found)
    else:
        show(found)


if __name__ == "__main__":
    main()
