"""How well heads say "unknown", on any photographs, beside detectors that are commonly used.

``python bench/unknown.py --photos DIR_OR_ZIP … [--shots 20] [--draws 5]``. Each folder or zip holds
class folders. In every draw some classes of a set are left out (near), so many photographs of each
other one train, views and all, and the rest are the head's own. What is far are photographs of the
other sets. Ours is the file that a board gets, run by the reference kernels, with what its report
says; all others judge the same features. Higher than the level that 5 % (far) or 10 % (near) of the
own do not reach is accepted. The last table is what any such level gives: fewer strangers accepted
for more of the own refused.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from few_shot import Photos, read_photos

from tinyteach.cli.output import print_json, show_table
from tinyteach.embedding.runtime import EMBEDDING_FILES, Embedding, load_embedding
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import TinyTeachError
from tinyteach.head.fit.photo_features import PhotoEmbedder
from tinyteach.head.fit.regression import fit
from tinyteach.head.fit.train import TrainedHead, train_source
from tinyteach.head.format.quantise import dequantise
from tinyteach.head.format.rejection import BACKGROUND, LEFT_OUT, are_known

LEFT_OUT_MOST = 3
FAR_OF_A_SET = 60
OWN_OF_A_CLASS = 60
NEAREST = 3
SHRINKAGE = 0.3
WITHIN = 0.04  # of what is said
REFUSED = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)  # of the own, that the trade-off is told for
Detector = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Draw:
    """Numbers of photographs of a set, and features of far ones."""

    train: np.ndarray
    own: np.ndarray
    near: np.ndarray
    far: np.ndarray  # int8, n × F


class Source:
    """Photographs of a set by number, as a training asks for them."""

    def __init__(self, embedder: PhotoEmbedder, photos: Photos, features: np.ndarray) -> None:
        self._embedder, self._photos, self._features = embedder, photos, features
        self._views: dict[int, np.ndarray] = {}
        self.chosen = np.empty(0, int)

    def __len__(self) -> int:
        return len(self.chosen)

    def features(self, index: int) -> np.ndarray:
        return self._features[self.chosen[index]]

    def views(self, index: int, count: int) -> np.ndarray:
        number = int(self.chosen[index])
        if len(self._views.get(number, ())) < count:
            self._views[number] = self._embedder.views(self._photos.squares[number], count)
        return self._views[number][:count]


def draw(sets: list[Photos], features: list[np.ndarray], which: int, shots: int, seed: int) -> Draw:
    rng = np.random.default_rng(seed)
    labels = sets[which].labels
    classes = labels.max() + 1
    out = rng.choice(classes, min(LEFT_OUT_MOST, classes // 3), replace=False)
    train, own = [], []
    for number in np.setdiff1d(np.arange(classes), out):
        order = rng.permutation(np.flatnonzero(labels == number))
        train.append(order[:shots])
        own.append(order[shots : shots + OWN_OF_A_CLASS])
    others = [rows for number, rows in enumerate(features) if number != which]
    far = [rows[rng.permutation(len(rows))[:FAR_OF_A_SET]] for rows in others]
    return Draw(
        *(np.concatenate(train), np.concatenate(own), np.flatnonzero(np.isin(labels, out))),
        np.concatenate(far),
    )


def probability(train: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    logits = _logits(train, labels, asked)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds.max(axis=1) / odds.sum(axis=1)


def energy(train: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(_logits(train, labels, asked), axis=1)


def _logits(train: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    return fit(train, labels, 0.3).logits(asked)


def nearest(train: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (train, asked)]
    return np.sort(unit[1] @ unit[0].T, axis=1)[:, -NEAREST:].mean(axis=1)


def mahalanobis(train: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """To the nearest class's mean, by the covariance within classes, shrunk."""
    means = np.stack([train[labels == c].mean(axis=0) for c in np.unique(labels)])
    away = train - means[labels]
    covariance = (1 - SHRINKAGE) * away.T @ away / len(away)
    covariance += SHRINKAGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    seen = (asked @ whiten.T)[:, None] - (means @ whiten.T)[None]
    return -(seen**2).sum(axis=2).min(axis=1)


DETECTORS: dict[str, Detector] = {
    "best probability": probability,
    "energy": energy,
    "cosine to the 3 nearest": nearest,
    "Mahalanobis": mahalanobis,
}


def margin(head: TrainedHead, features: np.ndarray) -> np.ndarray:
    """How far the best class's score is above that of anything else; ties by the best class."""
    scores = head.head.scores(features).astype(int)
    best = scores[:, :-1].max(axis=1)
    return best - scores[:, -1] + best / 1000


def figures(own: np.ndarray, near: np.ndarray, far: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    found = {}
    for name, others, share in (("far", far, 0.05), ("near", near, 0.1)):
        if len(others):
            truth = np.r_[np.ones(len(own)), np.zeros(len(others))]
            found[f"auroc_{name}"] = float(roc_auc_score(truth, np.r_[own, others]))
            # Of equal values all or none are accepted: as many as leave no more of the own out.
            level = np.quantile(own, share, method="lower")
            found[f"{name}_accepted"] = float(np.mean(others >= level))
            levels = np.quantile(own, REFUSED, method="lower")
            for refused, at in zip(REFUSED, levels, strict=True):
                found[f"{name}_at_{refused}"] = float(np.mean(others >= at))
    return found


def shipped(head: TrainedHead, own: np.ndarray, near: np.ndarray, far: np.ndarray) -> Any:
    """What the file does as it is (own refused, others accepted), and what its report says."""
    rejection, said = head.rejection, head.rejection.false_accepts
    labels = len(head.head.labels)
    parts = (own, near, far)
    known = [are_known(head.head.scores(part), labels) if len(part) else None for part in parts]
    return {
        "own": (1 - known[0].mean(), rejection.false_rejects),
        "far": (known[2].mean(), said[BACKGROUND]),
        "near": (known[1].mean(), said[LEFT_OUT]) if known[1] is not None else None,
    }


class Bench:
    """All sets with their features, and what every draw found."""

    def __init__(self, sets: list[Photos], embedding: Embedding) -> None:
        self.sets, self.embedding = sets, embedding
        embedder = PhotoEmbedder(embedding)
        self.features = [np.stack([embedder.features(p) for p in s.squares]) for s in sets]
        parts = zip(sets, self.features, strict=True)
        self.sources = [Source(embedder, photos, rows) for photos, rows in parts]
        self.rows: list[dict[str, Any]] = []

    def run(self, which: int, shots: int, seed: int) -> None:
        """One draw of one set."""
        chosen = draw(self.sets, self.features, which, shots, seed)
        rows, labels = self.features[which], self.sets[which].labels
        source, train = self.sources[which], rows[chosen.train]
        source.chosen = chosen.train
        names = [f"class {labels[n]:03}" for n in chosen.train]
        head = train_source(source, names, [str(n) for n in chosen.train], self.embedding)
        parts = [rows[chosen.own], rows[chosen.near], chosen.far]
        found = {"the head": figures(*(margin(head, part) for part in parts))}
        _, targets = np.unique(labels[chosen.train], return_inverse=True)
        for name, detector in DETECTORS.items():
            judge = detector(self._values(train), targets, self._values(np.concatenate(parts)))
            found[name] = figures(*np.split(judge, np.cumsum([len(part) for part in parts])[:2]))
        predicted = head.head.scores(parts[0])[:, : len(head.head.labels)].argmax(axis=1)
        truth = [f"class {labels[n]:03}" for n in chosen.own]
        right = float(np.mean(np.array(head.head.labels)[predicted] == truth))
        as_it_is = shipped(head, *parts) | {"right": (right, head.evaluation.accuracy)}
        self.rows.append({"set": self.sets[which].name, "detectors": found, "shipped": as_it_is})

    def _values(self, rows: np.ndarray) -> np.ndarray:
        return dequantise(rows, self.embedding.scale, self.embedding.zero_point)


def detector_rows(bench: Bench) -> list[list[str]]:
    forms = {
        "auroc_far": "{:.3f}",
        "far_accepted": "{:.1%}",
        "auroc_near": "{:.3f}",
        "near_accepted": "{:.1%}",
    }
    table = []
    for name in ("the head", *DETECTORS):
        of_it = [(row["set"], row["detectors"][name]) for row in bench.rows]
        means = {key: mean_of_sets([(of, d[key]) for of, d in of_it if key in d]) for key in forms}
        table.append([name, *(form.format(means[key]) for key, form in forms.items())])
    return table


def trade_off_rows(bench: Bench) -> list[list[str]]:
    """Accepted of far and of near, by how many of the own are refused, for each detector."""
    table = []
    for name in ("the head", *DETECTORS):
        of_it = [(row["set"], row["detectors"][name]) for row in bench.rows]
        for kind in ("far", "near"):
            keys = [f"{kind}_at_{refused}" for refused in REFUSED]
            means = [mean_of_sets([(of, d[key]) for of, d in of_it if key in d]) for key in keys]
            table.append([name, kind, *(f"{mean:.0%}" for mean in means)])
    return table


def shipped_rows(bench: Bench) -> list[list[str]]:
    table = []
    for what in ("own", "far", "near", "right"):
        pairs = [(r["set"], *r["shipped"][what]) for r in bench.rows if r["shipped"][what]]
        if not pairs:
            continue
        said = mean_of_sets([(name, said) for name, _, said in pairs])
        real = mean_of_sets([(name, real) for name, real, _ in pairs])
        within = np.mean([abs(real - said) <= WITHIN for _, real, said in pairs])
        measured = [(name, real) for name, real, _ in pairs]
        each = [
            f"{name} {mean_of_sets([pair for pair in measured if pair[0] == name]):.0%}"
            for name in dict.fromkeys(name for name, _ in measured)
        ]
        table.append([what, f"{said:.1%}", f"{real:.1%}", f"{within:.0%}", ", ".join(each)])
    return table


def mean_of_sets(values: list[tuple[str, float]]) -> float:
    """Every set weighs the same: the mean of the means of (set, value)."""
    by_set: dict[str, list[float]] = {}
    for name, value in values:
        by_set.setdefault(name, []).append(value)
    return float(np.mean([np.mean(of_set) for of_set in by_set.values()] or [np.nan]))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--photos", type=Path, nargs="+", required=True, help="class folders or zips of them")
    add("--embedding", choices=list(EMBEDDING_FILES), default="base")
    add("--shots", type=int, default=20, help="photographs a class")
    add("--draws", type=int, default=5)
    add("--json", action="store_true", help="print one JSON object")
    add("--quick", action="store_true", help="one draw of five photographs, to see that it works")
    options = parser.parse_args()
    if options.quick:
        options.shots, options.draws = 5, 1
    return options


def main() -> None:
    """Measure and print."""
    options = parse()
    try:
        sets = [read_photos(source) for source in options.photos]
        if len(sets) < 2:
            raise SystemExit("Name two sets or more: the far things of one are the others'.")
        bench = Bench(sets, load_embedding(EMBEDDING_FILES[options.embedding]))
        with one_blas_thread():
            for seed in range(options.draws):
                for which in range(len(sets)):
                    bench.run(which, options.shots, seed)
    except TinyTeachError as error:
        raise SystemExit(str(error)) from error
    if options.json:
        print_json({"shots": options.shots, "draws": bench.rows})
        return
    columns = ["detector", "AUROC far", "far at 5 %", "AUROC near", "near at 10 %"]
    show_table(
        f"{options.shots} photographs a class, means over sets", columns, detector_rows(bench)
    )
    columns = ["the head as it is", "said", "measured", "within 4 points", "measured by set"]
    show_table("Own refused, others accepted, own right", columns, shipped_rows(bench))
    columns = ["detector", "accepted of", *(f"{refused:.0%}" for refused in REFUSED)]
    show_table("Others accepted, by the own refused", columns, trade_off_rows(bench))


if __name__ == "__main__":
    main()
