"""Few-shot accuracy of embeddings on any photographs, side by side under one protocol.

``python bench/few_shot.py --photos DIR_OR_ZIP … [--models FILE.tflite …]``. Each folder or zip
holds class folders. In every episode 5, 20 or 50 photographs a class are drawn, a logistic
regression is fitted to their features and tested on all the others; every row sees the same
draws. Behind the sets stands their mean. Rows: the embeddings that ship, plain pixels, HOG, and
the classifiers named by ``--models``, cut at their last feature map: averaged, in a 2×2 grid, and
that grid with the same weights at the 64 pixels that base and tiny see.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tinyteach.cli.output import print_json, show_table
from tinyteach.data.layouts import read_collection
from tinyteach.embedding.preprocess import MAX_SIDE, to_image, to_tensor
from tinyteach.embedding.recipe.evaluate import (
    EPISODES,
    SHOTS,
    embed_images,
    few_shot,
    plain_pixels,
)
from tinyteach.embedding.recipe.model_facts import model_facts
from tinyteach.embedding.recipe.teacher import cut_at_feature_map, feature_grids
from tinyteach.embedding.runtime import EMBEDDING_FILES, TfliteModel, load_embedding
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import PhotoError, TinyTeachError

OUR_SIDE = 64


@dataclass(frozen=True)
class Row:
    """``extract`` turns uint8 squares N×side×side×3 into features N×F."""

    name: str
    side: int
    extract: Callable[[np.ndarray], np.ndarray]
    macs: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Photos:
    """The squares of a folder, as large as they are, and the number of each one's class."""

    name: str
    squares: list[np.ndarray]
    labels: np.ndarray

    def at(self, side: int) -> np.ndarray:
        """At ``side`` pixels: uint8, N×side×side×3."""
        return np.stack([resized(square, side) for square in self.squares])


def resized(square: np.ndarray, side: int) -> np.ndarray:
    """As boards do it, averaged by area; by Pillow where a side is beyond what they have."""
    if side <= MAX_SIDE:
        return to_image(to_tensor(square, side))
    kinds = Image.Resampling
    kind = kinds.BOX if len(square) > side else kinds.BICUBIC
    return np.asarray(Image.fromarray(square).resize((side, side), kind))


def read_photos(source: Path) -> Photos:
    photos = read_collection(source).photos
    classes, labels = np.unique([photo.class_name for photo in photos], return_inverse=True)
    if len(classes) < 2:
        raise PhotoError(f"{source} holds one class only; name a folder or zip of several.")
    return Photos(source.stem, [photo.square() for photo in photos], labels)


def our_row(name: str, path: Path) -> Row:
    embedding = load_embedding(path)  # the reference kernels, whose bytes boards compute
    macs, size = model_facts(embedding.content).macs, len(embedding.content)
    return Row(f"TinyTeach {name}", embedding.side, partial(embed_images, embedding), macs, size)


def model_rows(path: Path) -> list[Row]:
    """A classifier's last feature map, averaged over the picture and over each quarter."""
    content = cut_at_feature_map(TfliteModel(path, reference=False).content)
    model = TfliteModel(content, reference=False)
    macs, size, side = model_facts(content).macs, len(content), model.input_details.shape[1]
    rows = [
        Row(path.stem, side, lambda images: grids(model, images).mean(axis=1), macs, size),
        Row(f"{path.stem}, 2×2", side, partial(flat_grids, model), macs, size),
    ]
    if side > OUR_SIDE:
        small = TfliteModel(content, False, (1, OUR_SIDE, OUR_SIDE, 3))
        # Each layer has as many pixels less as the input, but for rounding at odd sides.
        fewer = macs * OUR_SIDE**2 // side**2
        name = f"{path.stem}, 2×2, the same weights at {OUR_SIDE} px"
        rows.append(Row(name, OUR_SIDE, partial(flat_grids, small), fewer, size))
    return rows


def flat_grids(model: TfliteModel, images: np.ndarray) -> np.ndarray:
    """The 2×2 grid as one vector: float32, N×4·channels."""
    return grids(model, images).reshape(len(images), -1)


def grids(model: TfliteModel, images: np.ndarray) -> np.ndarray:
    """The feature map of uint8 ``images`` averaged to 2×2: float32, N×4×channels."""
    if model.input_details.dtype == np.int8:
        images = (images ^ 0x80).view(np.int8)  # pixel − 128
    return feature_grids(model, images)


def hog(images: np.ndarray) -> np.ndarray:
    from skimage.feature import hog as of_one

    cells = {"pixels_per_cell": (8, 8), "cells_per_block": (2, 2), "channel_axis": -1}
    return np.stack([of_one(image, **cells) for image in images])


def all_rows(models: Sequence[Path]) -> list[Row]:
    shipped = {name: path for name, path in EMBEDDING_FILES.items() if path.exists()}
    rows = [our_row(name, path) for name, path in shipped.items()]
    rows.append(Row("plain pixels, 32×32", OUR_SIDE, plain_pixels))
    if find_spec("skimage"):  # where it is installed: pip install scikit-image
        rows.append(Row("HOG, 64×64", OUR_SIDE, hog))
    return rows + [row for path in models for row in model_rows(path)]


def measure(row: Row, sets: Sequence[Photos], episodes: int) -> dict[str, Any]:
    """The row's figures: accuracy in % by set and shots, and how long an image took here."""
    images = [photos.at(row.side) for photos in sets]
    began = time.perf_counter()
    features = [row.extract(of_set) for of_set in images]
    took_ms = 1000 * (time.perf_counter() - began) / sum(map(len, images))
    figures = {
        photos.name: accuracies(of_set, photos.labels, episodes)
        for photos, of_set in zip(sets, features, strict=True)
    }
    cost = {"macs": row.macs, "bytes": row.bytes, "ms_per_image": round(took_ms, 3)}
    return {"embedding": row.name, **cost, "accuracy": figures, "mean": means(figures)}


def means(figures: dict[str, Any]) -> dict[str, float]:
    """By shots, the mean over the sets, where all have photographs enough."""
    of_sets = list(figures.values())
    shots = [n for n in map(str, SHOTS) if all(n in of_set for of_set in of_sets)]
    return {n: round(float(np.mean([of[n]["mean"] for of in of_sets])), 1) for n in shots}


def accuracies(features: np.ndarray, labels: np.ndarray, episodes: int) -> dict[str, Any]:
    figures = {}
    for shots in (n for n in SHOTS if n < np.bincount(labels).min()):
        percent = 100 * few_shot(features, labels, shots, episodes)
        mean, deviation = round(float(percent.mean()), 1), round(float(percent.std()), 1)
        figures[str(shots)] = {"mean": mean, "std": deviation}
    return figures


def show(found: Sequence[dict[str, Any]], sets: Sequence[Photos]) -> None:
    places = [(photos.name, str(shots)) for photos in sets for shots in SHOTS]
    columns = ["embedding", "M MACs", "KB", "ms", *(f"{name} @{shots}" for name, shots in places)]
    columns += [f"mean @{shots}" for shots in SHOTS]
    rows = []
    for row in found:
        cost = (row["macs"] / 1e6, row["bytes"] / 1e3, row["ms_per_image"])
        figures = [row["accuracy"][name].get(shots) for name, shots in places]
        cells = [f"{f['mean']:.1f} ± {f['std']:.1f}" if f else "–" for f in figures]
        cells += [str(row["mean"].get(str(shots), "–")) for shots in SHOTS]
        rows.append([row["embedding"], *("{:.2f} {:.0f} {:.2f}".format(*cost).split()), *cells])
    show_table("Accuracy in %, mean ± standard deviation over the episodes", columns, rows)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--photos", type=Path, nargs="+", required=True, help="class folders or zips of them")
    add("--models", type=Path, nargs="*", default=[], help="quantised classifiers (.tflite)")
    add("--json", action="store_true", help="print one JSON object")
    add("--quick", action="store_true", help="two episodes, to see that it works")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = parse()
    try:
        sets = [read_photos(source) for source in options.photos]
        episodes = 2 if options.quick else EPISODES
        with one_blas_thread():
            found = [measure(row, sets, episodes) for row in all_rows(options.models)]
    except TinyTeachError as error:
        raise SystemExit(str(error)) from error
    if options.json:
        print_json({"episodes": episodes, "results": found})
    else:
        show(found, sets)


if __name__ == "__main__":
    main()
