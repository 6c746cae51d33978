"""What teaching on the board costs in accuracy, and what a head goes on from when photographs
are gone.

``python bench/teaching.py --photos DIR_OR_ZIP …``. First: the board's head of prototypes beside a
trained one, both as files, on the same photographs. Second: a head that is retrained with a class
more, when of the other classes there are only means of parts, by their number, beside all
photographs. All by the shipped embedding, without drawn views.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.cli.output import print_json, show_table
from tinyteach.data.layouts import read_collection
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import EMBEDDING_FILES, Embedding, load_embedding
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import TinyTeachError
from tinyteach.head.fit.regression import fit
from tinyteach.head.format.examples import Examples, summarise
from tinyteach.head.format.head_file import load_head
from tinyteach.head.format.quantise import dequantise

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from reference_prototype import prototype_head  # noqa: E402

CLASSES = (2, 3, 5, 10)
SHOTS = (5, 10, 20, 30)
CARRIED = (1, 2, 4, 8, 16)
EPISODES = 10
STRENGTH = 0.3


class Draw:
    """Classes and photographs of one episode: rows to learn from by class, rows to ask."""

    def __init__(self, features: np.ndarray, targets: np.ndarray, classes: int, shots: int,
                 seed: int) -> None:  # fmt: skip
        rng = np.random.default_rng([classes, shots, seed])
        drawn = rng.choice(np.unique(targets), classes, replace=False)
        rows = [rng.permutation(np.flatnonzero(targets == number)) for number in drawn]
        self.known = [features[of_class[:shots]] for of_class in rows]
        self.asked = np.concatenate([features[of_class[shots:]] for of_class in rows])
        self.truth = np.repeat(np.arange(classes), [len(r) - shots for r in rows])

    def accuracy(self, said: np.ndarray, first: int | None = None) -> float:
        """Percent right, of all that is asked or of the first classes alone."""
        counted = self.truth < (first or self.truth.max() + 1)
        return 100 * float(np.mean((said == self.truth)[counted]))


def trained(known: Sequence[np.ndarray], asked: np.ndarray, embedding: Embedding) -> np.ndarray:
    """What `tinyteach train`'s regression says of ``asked``, with the background set."""
    rows = np.concatenate([*known, embedding.background])
    targets = np.repeat(np.arange(len(known) + 1), [*map(len, known), len(embedding.background)])
    real = [dequantise(part, embedding.scale, embedding.zero_point) for part in (rows, asked)]
    head = fit(real[0], targets, STRENGTH, 1, sum(map(len, known)))
    return head.logits(real[1])[:, : len(known)].argmax(axis=1)


def taught(draw: Draw, embedding: Embedding) -> dict[str, float]:
    """The board's head: percent right; of the asked and of strangers, percent called unknown."""
    vectors = (*draw.known, draw.known[0][:0])
    labels = [f"class {number}" for number in range(len(draw.known))]
    head = load_head(prototype_head(Examples(vectors), labels, embedding))
    scores = head.scores(draw.asked)[:, : len(labels)]
    strangers = head.scores(embedding.background)[:, : len(labels)]
    return {
        "taught": draw.accuracy(scores.argmax(axis=1)),
        "trained": draw.accuracy(trained(draw.known, draw.asked, embedding)),
        "rejected": 100 * float(np.mean(scores.max(axis=1) < head.threshold - 128)),
        "strangers accepted": 100 * float(np.mean(strangers.max(axis=1) >= head.threshold - 128)),
    }


def gone_on_from(draw: Draw, embedding: Embedding) -> dict[str, float]:
    """A class more by photographs, the others by means: percent right, all / the old ones."""
    found = {}
    old = len(draw.known) - 1
    for count in CARRIED:
        means = [
            summarise(rows, np.zeros(len(rows), int), 1, count).vectors[0] for rows in draw.known
        ]
        said = trained([*means[:old], draw.known[old]], draw.asked, embedding)
        found[f"{count} all"], found[f"{count} old"] = draw.accuracy(said), draw.accuracy(said, old)
    said = trained(draw.known, draw.asked, embedding)
    return found | {"photos all": draw.accuracy(said), "photos old": draw.accuracy(said, old)}


def measure(name: str, features: np.ndarray, targets: np.ndarray, embedding: Embedding,
            episodes: int) -> list[dict[str, Any]]:  # fmt: skip
    found = []
    for classes in CLASSES:
        for shots in SHOTS:
            if classes > targets.max() + 1 or shots >= np.bincount(targets).min():
                continue
            draws = [Draw(features, targets, classes, shots, n) for n in range(episodes)]
            results = [taught(d, embedding) | gone_on_from(d, embedding) for d in draws]
            means = {k: round(float(np.mean([r[k] for r in results])), 1) for k in results[0]}
            found.append({"photos": name, "classes": classes, "shots": shots, **means})
    return found


def show(found: Sequence[dict[str, Any]]) -> None:
    first = ("taught", "trained", "rejected", "strangers accepted")
    setting = [[f"{r['photos']} {r['classes']}×{r['shots']}"] for r in found]
    rows = [[*s, *(f"{r[k]:.1f}" for k in first)] for s, r in zip(setting, found, strict=True)]
    show_table("Taught on the board and trained, in %", ["", *first], rows)
    columns = [*(f"{count}" for count in CARRIED), "photos"]
    rows = [
        [*s, *(f"{r[f'{k} all']:.1f} / {r[f'{k} old']:.1f}" for k in columns)]
        for s, r in zip(setting, found, strict=True)
    ]
    show_table("Gone on from so many means a class: all / old classes, in %", ["", *columns], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--photos", nargs="+", type=Path, required=True, metavar="DIR_OR_ZIP")
    parser.add_argument("--embedding", default="base", choices=list(EMBEDDING_FILES))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="one episode, to see that it works")
    options = parser.parse_args()
    embedding = load_embedding(EMBEDDING_FILES[options.embedding])
    found = []
    for source in options.photos:
        try:
            photos = read_collection(source).photos
        except TinyTeachError as error:
            parser.error(str(error))
        _, targets = np.unique([photo.class_name for photo in photos], return_inverse=True)
        tensors = np.stack([to_tensor(photo.square(), embedding.side) for photo in photos])
        features = embedding.embed(tensors)
        with one_blas_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            episodes = 1 if options.quick else EPISODES
            found += measure(source.stem, features, targets, embedding, episodes)
    if options.json:
        print_json({"embedding": embedding.fingerprint.hex(), "results": found})
    else:
        show(found)


if __name__ == "__main__":
    main()
