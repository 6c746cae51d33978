"""Which classifier makes the best head, by number of classes and of photographs a class.

``python bench/heads.py --photos DIR_OR_ZIP …``. In every episode classes and photographs are
drawn, each classifier is fitted to the features of the shipped embedding, centred and divided
by one scale, and tested on the other photographs of these classes. All see the same draws.
"""

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.cli.output import print_json, show_table
from tinyteach.data.layouts import read_collection
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import Embedding, load_embedding
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import TinyTeachError
from tinyteach.head.fit.regression import fit
from tinyteach.head.format.quantise import dequantise

CLASSES = (2, 5, 10, 20)
SHOTS = (3, 10, 30, 100)
EPISODES = 10

# Values and classes to train on, values to classify; the classes said of these.
Classifier = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Features:
    """Real values of the features of a folder's photographs, and their classes."""

    name: str
    values: np.ndarray  # float32, N×F
    targets: np.ndarray  # int, N


def read_features(source: Path, embedding: Embedding) -> Features:
    photos = read_collection(source).photos
    _, targets = np.unique([photo.class_name for photo in photos], return_inverse=True)
    tensors = np.stack([to_tensor(photo.square(), embedding.side) for photo in photos])
    vectors = embedding.embed(tensors)
    return Features(
        source.stem, dequantise(vectors, embedding.scale, embedding.zero_point), targets
    )


def logistic(strength: float) -> Classifier:
    """The heads that `tinyteach train` fits, with this strength."""
    return lambda known, targets, asked: fit(known, targets, strength).logits(asked).argmax(axis=1)


def of_scikit_learn(make: Callable[[], Any]) -> Classifier:
    return lambda known, targets, asked: make().fit(known, targets).predict(asked)


def classifiers() -> dict[str, Classifier]:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import RidgeClassifier
    from sklearn.neighbors import NearestCentroid

    ours = {f"logistic regression, C = {c:g}": logistic(c) for c in (0.03, 0.1, 0.3, 1.0)}
    return ours | {
        "ridge, 100": of_scikit_learn(lambda: RidgeClassifier(alpha=100.0)),
        "ridge, 1,000": of_scikit_learn(lambda: RidgeClassifier(alpha=1000.0)),
        "linear discriminant, shrunk": of_scikit_learn(
            lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        ),
        "prototypes": of_scikit_learn(NearestCentroid),
    }


def measure(features: Features, episodes: int) -> dict[str, dict[str, float]]:
    """Mean accuracy in % by setting ('NAME 5×10': classes × shots) and classifier."""
    counts = np.bincount(features.targets)
    found = {}
    for classes in (n for n in CLASSES if n <= len(counts)):
        for shots in (n for n in SHOTS if n < counts.min()):
            rng = np.random.default_rng([classes, shots])
            results = [episode(features, classes, shots, rng) for _ in range(episodes)]
            found[f"{features.name} {classes}×{shots}"] = {
                name: round(100 * float(np.mean([result[name] for result in results])), 1)
                for name in results[0]
            }
    return found


def episode(
    features: Features, classes: int, shots: int, rng: np.random.Generator
) -> dict[str, float]:
    """Accuracy of each classifier on one draw."""
    numbers = np.unique(features.targets)
    drawn = np.sort(rng.choice(numbers, classes, replace=False))
    rows = [rng.permutation(np.flatnonzero(features.targets == number)) for number in drawn]
    train = np.concatenate([of_class[:shots] for of_class in rows])
    test = np.concatenate([of_class[shots:] for of_class in rows])
    values = features.values
    mean = values[train].mean(axis=0)
    spread = (values[train] - mean).std() or 1.0
    known, asked = (values[train] - mean) / spread, (values[test] - mean) / spread
    targets, truth = (np.searchsorted(drawn, features.targets[part]) for part in (train, test))
    return {
        name: float(np.mean(classify(known, targets, asked) == truth))
        for name, classify in classifiers().items()
    }


def show(found: dict[str, dict[str, float]]) -> None:
    names: Sequence[str] = list(next(iter(found.values())))
    rows = [[name, *(f"{figures[name]:.1f}" for figures in found.values())] for name in names]
    means = {name: np.mean([figures[name] for figures in found.values()]) for name in names}
    rows = [[*row, f"{means[row[0]]:.1f}"] for row in rows]
    show_table("Accuracy in %, classes × photographs a class", ["head", *found, "mean"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="class folders")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="one episode, to see that it works")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    try:
        embedding = load_embedding()
        with one_blas_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for source in options.photos:
                features = read_features(source, embedding)
                found |= measure(features, 1 if options.quick else EPISODES)
    except TinyTeachError as error:
        raise SystemExit(str(error)) from error
    if options.json:
        print_json(found)
    else:
        show(found)


if __name__ == "__main__":
    main()
