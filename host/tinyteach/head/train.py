"""Trains a head: photographs in, a head file and an estimate of its accuracy out."""

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import Embedding, TfliteModel
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import TrainingError
from tinyteach.head.augment import LIGHT, Augmentation, augment
from tinyteach.head.evaluate import Trial, blank_card, cross_validate
from tinyteach.head.evaluation import Evaluation
from tinyteach.head.examples import Learnt, summarise
from tinyteach.head.head_file import Head, load_head
from tinyteach.head.metadata import MAX_CLASSES, MAX_LABEL_BYTES, Card, SelfTests
from tinyteach.head.quantise import QuantisedHead
from tinyteach.head.rejection import UNKNOWN, Rejection
from tinyteach.head.samples import Samples, fit_photos, quantise_photos
from tinyteach.head.tflite_writer import write_head

# Views are worth their time: on ten hand signs with 20 photographs each, 0, 8 and 32 views of every
# photograph gave 82, 88 and 89 % right. A small set gets many, a large one still some; a thousand
# take about a quarter of a second.
MAX_VIEWS_PER_PHOTO = 32
VIEWS_OF_SMALL_SETS = 800
WANTED_VIEWS_PER_PHOTO = 8
MAX_VIEWS = 4000
SELF_TESTS = 2  # vectors inside the head; each costs as many bytes as a class

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all
Done = Callable[[int, int], None]


@dataclass(frozen=True)
class TrainedHead:
    """A head ready for a board. ``timings`` are seconds by step."""

    head: Head
    trial: Trial
    timings: dict[str, float]

    @property
    def evaluation(self) -> Evaluation:
        """How the known classes were told apart, on recordings not trained on."""
        return self.trial.evaluation

    @property
    def rejection(self) -> Rejection:
        """The threshold below which a photograph is unknown, and what it does."""
        return self.trial.rejection


@dataclass
class _Clock:
    """Seconds spent in each step, told to ``progress`` as well."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[Done]:
        started = time.perf_counter()
        self.progress(name, 0, 1)
        yield lambda done, total: self.progress(name, done, total)
        self.progress(name, 1, 1)
        self.seconds[name] = time.perf_counter() - started


def train_head(
    photos: Sequence[np.ndarray],
    labels: Sequence[str],
    bursts: Sequence[str],
    embedding: Embedding,
    *,
    classes: Sequence[str] | None = None,
    seed: int = 0,
    augmentation: Augmentation | None = LIGHT,
    learnt: Learnt | None = None,
    progress: Progress = lambda step, done, total: None,
) -> TrainedHead:
    """Train a head on ``photos`` (uint8 squares N×N×3), each with its label and burst.

    ``classes`` gives the labels' order and those that must have photographs; by default
    the labels found, sorted. Photographs of a class called 'unknown' join the embedding's
    background set. What is ``learnt`` without a photograph counts as much as a photograph with
    its views. The same input and ``seed`` give the same file.
    Raises TrainingError where there is no two classes' worth of photographs.
    """
    if not len(photos) == len(labels) == len(bursts):
        raise ValueError("photos, labels and bursts must be of one length")
    learnt = learnt or Learnt(np.empty((0, embedding.features), np.int8))
    labels, bursts = [*labels, *learnt.labels], [*bursts, *learnt.bursts]
    clock = _Clock(progress)
    started = time.perf_counter()
    names = check_classes(labels, classes)
    known = tuple(name for name in names if name != UNKNOWN)
    targets = np.array([known.index(n) if n != UNKNOWN else len(known) for n in labels])
    # scikit-learn takes about as long to import as the photographs to embed: both at once.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(importlib.import_module, "sklearn.linear_model")
        pool.submit(importlib.import_module, "sklearn.model_selection")
        with clock.step("embed") as done:
            features = _embed(photos, embedding, done)
        with clock.step("augment") as done:
            views = _embed_views(photos, embedding, augmentation, seed, done)
    features = np.concatenate([features, learnt.features])
    views = np.concatenate([views, _repeated(learnt.features, views.shape[1])])
    samples = Samples(
        *(known, targets, features, views),
        *(embedding.scale, embedding.zero_point, embedding.background),
    )
    with clock.step("evaluate") as done:
        trial = cross_validate(samples, bursts, seed, done)
    everything = np.arange(len(targets))
    with clock.step("fit"):
        linear = fit_photos(samples, everything, trial.strength).cooled(trial.temperature)
    with clock.step("quantise"):
        quantised = quantise_photos(samples, everything, linear)
        content = _write(samples, quantised, embedding.fingerprint, trial.rejection)
    with clock.step("verify"):
        head = load_head(content)
    clock.seconds["total"] = time.perf_counter() - started
    return TrainedHead(head, trial, clock.seconds)


def check_classes(labels: Sequence[str], classes: Sequence[str] | None) -> tuple[str, ...]:
    """The classes in order; TrainingError where they cannot be told apart or stored."""
    names = tuple(sorted(set(labels))) if classes is None else tuple(classes)
    if len(set(names)) < 2:
        raise TrainingError(
            f"A head tells classes apart and needs at least two; there is {_listed(names)}; "
            "add another class and photographs of it."
        )
    if len(set(names) - {UNKNOWN}) >= MAX_CLASSES:
        raise TrainingError(
            f"A head holds at most {MAX_CLASSES - 1} classes and there are {len(names)}; "
            "remove or merge some."
        )
    for name in names:
        _check_label(name)
    empty = [name for name in names if name not in set(labels)]
    if empty:
        raise TrainingError(
            f"There are no photographs of {_listed(empty)}; record some, or remove the class."
        )
    unknown = set(labels) - set(names)
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"labels outside classes: {unknown}, or a class given twice: {names}")
    return names


def _check_label(name: str) -> None:
    text = name.encode(errors="replace")
    whole = name.isprintable() and text.decode() == name
    if not (whole and 1 <= len(text) <= MAX_LABEL_BYTES):
        raise TrainingError(
            f"The board cannot store the class name {name!r}; rename the class to 1 to "
            f"{MAX_LABEL_BYTES} bytes of printable text."
        )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"{name!r}" for name in names) if names else "none"


def _embed(photos: Sequence[np.ndarray], embedding: Embedding, done: Done) -> np.ndarray:
    """Features by the reference kernels, as the board computes them: int8, N×F."""
    rows = []
    with one_blas_thread():
        for photo in photos:
            rows.append(embedding.embed(to_tensor(photo, embedding.side)[None])[0])
            done(len(rows), len(photos))
    return np.array(rows, np.int8).reshape(-1, embedding.features)


def _repeated(features: np.ndarray, views: int) -> np.ndarray:
    """In place of the views of what has no photograph: itself, N×views×F."""
    return np.repeat(features[:, None], views, axis=1)


def _embed_views(
    photos: Sequence[np.ndarray],
    embedding: Embedding,
    augmentation: Augmentation | None,
    seed: int,
    done: Done,
) -> np.ndarray:
    """Features of drawn views: int8, N×views×F.

    By LiteRT's optimised kernels, thirty times as fast as the reference. They are off by a
    quarter of a step on average, where views differ from their photograph by three; and
    views only train: what is reported and verified comes from photographs and the
    reference kernels.
    """
    count = _views_per_photo(len(photos)) if augmentation and len(photos) else 0
    views = np.empty((len(photos), count, embedding.features), np.int8)
    if not count or augmentation is None:
        return views
    fast = TfliteModel(embedding.content, reference=False)
    for index, photo in enumerate(photos):
        rng = np.random.default_rng((seed, index))
        images = augment(photo, embedding.side, count, rng, augmentation)
        views[index] = fast.run((images ^ 0x80).view(np.int8))  # pixel − 128
        done(index + 1, len(photos))
    return views


def _views_per_photo(photos: int) -> int:
    wanted = max(VIEWS_OF_SMALL_SETS // photos, WANTED_VIEWS_PER_PHOTO)
    return min(wanted, MAX_VIEWS // photos, MAX_VIEWS_PER_PHOTO)


def _write(
    samples: Samples,
    quantised: QuantisedHead,
    embedding_fingerprint: bytes,
    rejection: Rejection,
) -> bytes:
    """The head file, with self-tests whose scores the file without them gave."""
    chosen = _self_test_photos(samples.targets)
    vectors = samples.features[chosen]
    bare = TfliteModel(write_head(quantised, blank_card(samples.labels, quantised)))
    tests = SelfTests(vectors, bare.run(vectors))
    return write_head(
        quantised,
        Card(
            *(samples.labels, embedding_fingerprint, tests),
            has_background=samples.has_background,
            threshold=rejection.threshold,
        ),
        summarise(samples.features, samples.targets, len(samples.labels) + 1),
    )


def _self_test_photos(targets: np.ndarray) -> list[int]:
    """The first photograph of the first class and of the last."""
    _, first = np.unique(targets, return_index=True)
    return [int(first[0]), int(first[-1])][:SELF_TESTS]
