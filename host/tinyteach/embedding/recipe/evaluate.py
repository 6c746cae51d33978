"""Few-shot accuracy: ``python -m tinyteach.embedding.recipe.evaluate --photos face_mask.zip …``.

The protocol: photographs go through the board's preprocessing and the int8
file. In each of 20 episodes, 5, 20 or 50 photographs a class are drawn, a
logistic regression is fitted to their features and tested on all the others.
The figures are mean and standard deviation of the accuracy over the episodes.
"""

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.recipe.pretraining_data import LabelledImages, read_images, split_classes
from tinyteach.embedding.runtime import Embedding, load_embedding
from tinyteach.embedding.shipped import EMBEDDING_FILE
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import TinyTeachError, UsageError
from tinyteach.files import read_json

SHOTS = (5, 20, 50)
EPISODES = 20

# Inverse strength of the regression's penalty; chosen on the classes held back from training.
REGULARISATION = 0.01


def embed_images(embedding: Embedding, images: np.ndarray) -> np.ndarray:
    """Features of uint8 ``images`` (N×side×side×3) in real units: float32, N×features."""
    vectors = embedding.embed((images.astype(np.int16) - 128).astype(np.int8))
    return (vectors.astype(np.float32) - embedding.zero_point) * np.float32(embedding.scale)


def few_shot(
    features: np.ndarray, labels: np.ndarray, shots: int, episodes: int = EPISODES, seed: int = 0
) -> np.ndarray:
    """Accuracy of each episode on the photographs that were not drawn: float64, ``episodes``."""
    rng = np.random.default_rng(seed)
    with one_blas_thread():
        return np.array([_episode(features, labels, shots, rng) for _ in range(episodes)])


def measure(embedding: Embedding, photos: LabelledImages) -> dict[str, Any]:
    """The few-shot figures of one set in %, and of its plain pixels for comparison."""
    return {
        "classes": len(photos.classes),
        "photos": len(photos.labels),
        "accuracy": _figures(embed_images(embedding, photos.images), photos.labels),
        "plain_pixels": _figures(plain_pixels(photos.images), photos.labels),
    }


def _figures(features: np.ndarray, labels: np.ndarray) -> dict[str, dict[str, float]]:
    smallest = int(np.bincount(labels).min())
    figures = {}
    for shots in (n for n in SHOTS if n < smallest):
        accuracy = 100 * few_shot(features, labels, shots)
        mean, deviation = round(float(accuracy.mean()), 1), round(float(accuracy.std()), 1)
        figures[str(shots)] = {"mean": mean, "std": deviation}
    return figures


def plain_pixels(images: np.ndarray) -> np.ndarray:
    """No network at all: the photograph averaged to half its side, as one vector."""
    return np.stack([to_tensor(image, image.shape[0] // 2).ravel() for image in images])


def _episode(
    features: np.ndarray, labels: np.ndarray, shots: int, rng: np.random.Generator
) -> float:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    drawn = np.concatenate(
        [rng.choice(np.flatnonzero(labels == c), shots, replace=False) for c in np.unique(labels)]
    )
    others = np.setdiff1d(np.arange(len(labels)), drawn)
    # One scale for all features, as heads have it (head/fit/regression.py).
    mean = features[drawn].mean(axis=0)
    spread = features[drawn].std(axis=0).mean() or 1.0
    model = LogisticRegression(C=REGULARISATION, max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # other networks' features, at times
        model.fit((features[drawn] - mean) / spread, labels[drawn])
    return float(model.score((features[others] - mean) / spread, labels[others]))


def main(arguments: list[str] | None = None) -> None:
    """Measure every set named, print a table, and write the figures into a model card."""
    options = _parse(arguments)
    console = Console()
    try:
        card = _card(options.card) if options.card else {}
        figures = _measure_all(options)
    except TinyTeachError as error:
        console.print(str(error))
        raise SystemExit(1) from error
    console.print(_table(figures))
    if options.card:
        options.card.write_text(json.dumps(card | {"few_shot": figures}, indent=2) + "\n")


def _card(path: Path) -> dict[str, Any]:
    """Read before it takes long to measure; UsageError where it is none."""
    try:
        return dict(read_json(path, {}))
    except (FileNotFoundError, ValueError) as error:
        raise UsageError(f"{path} is no model card; name the .json beside a .tflite.") from error


def _measure_all(options: argparse.Namespace) -> dict[str, Any]:
    embedding = load_embedding(options.model or _model_of(options.card))
    figures = {}
    for path in options.photos:
        figures[path.stem] = measure(embedding, read_images(path, side=embedding.side))
    for path in options.held_back:
        data = read_images(path, options.folder, embedding.side)
        data = data.only(split_classes(len(data.classes))[1])
        figures[f"{path.stem}, classes held back"] = measure(embedding, data)
    return figures


def _model_of(card: Path | None) -> Path:
    return card.with_suffix(".tflite") if card else EMBEDDING_FILE


def _table(figures: dict[str, Any]) -> Table:
    table = Table("photographs", "classes", *(f"{shots} a class" for shots in SHOTS))
    for name, entry in figures.items():
        table.add_row(name, str(entry["classes"]), *_cells(entry["accuracy"]))
        table.add_row("  plain pixels", "", *_cells(entry["plain_pixels"]), style="dim")
    return table


def _cells(accuracy: dict[str, dict[str, float]]) -> list[str]:
    cells = [accuracy.get(str(shots)) for shots in SHOTS]
    return [f"{cell['mean']} ± {cell['std']} %" if cell else "too few" for cell in cells]


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tinyteach.embedding.recipe.evaluate")
    add = parser.add_argument
    add("--photos", type=Path, nargs="+", default=[], help="zips or folders of <class>/<image>")
    add("--held-back", type=Path, nargs="+", default=[], help="pretraining zips: classes kept out")
    add("--folder", default="val/", help="where in a pretraining zip the images are")
    add("--model", type=Path, help="the .tflite file to measure, by default that of the card")
    add("--card", type=Path, help="model card (JSON) to write the figures into")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
