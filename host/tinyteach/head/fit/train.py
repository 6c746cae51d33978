"""Trains a head: photographs in, a head file and an estimate of its accuracy out."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.runtime import Embedding, TfliteModel
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.embedding.view_names import SQUARE
from tinyteach.head.fit.classes import check_classes
from tinyteach.head.fit.evaluate import Trial, cross_validate
from tinyteach.head.fit.evaluation import Evaluation
from tinyteach.head.fit.meanwhile import importing_meanwhile
from tinyteach.head.fit.photo_features import PhotoSource, views_at_once, views_per_photo
from tinyteach.head.fit.regression import DEFAULT_STRENGTH, LinearHead
from tinyteach.head.fit.samples import Samples, fit_photos
from tinyteach.head.fit.unknown import Balance, FloatHead, quantise_photos, with_own_novelty
from tinyteach.head.format.examples import Learnt, summarise
from tinyteach.head.format.head_file import Head, load_head, read_head
from tinyteach.head.format.metadata import Card, SelfTests
from tinyteach.head.format.quantise import QuantisedHead
from tinyteach.head.format.rejection import DEFAULT_THRESHOLD, UNKNOWN, Rejection
from tinyteach.head.format.tflite_writer import blank_card, write_head
from tinyteach.progress import Counted, Progress, unseen

# What is seen by quantising a head that somebody waits for.
REPRESENTATIVES_AT_ONCE_MAX = 1000
SELF_TESTS = 2  # vectors inside the head; each costs as many bytes as a class


@dataclass(frozen=True)
class TrainedHead:
    """A head ready for a board. ``timings`` are seconds by step."""

    head: Head
    trial: Trial
    timings: dict[str, float]
    samples: Samples  # what it learnt from

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
    def step(self, name: str) -> Iterator[Counted]:
        started = time.perf_counter()
        self.progress(name, 0, 1)
        yield lambda done, total: self.progress(name, done, total)
        self.progress(name, 1, 1)
        self.seconds[name] = time.perf_counter() - started


def train_source(
    source: PhotoSource,
    labels: Sequence[str],
    bursts: Sequence[str],
    embedding: Embedding,
    *,
    views: int | None = None,
    classes: Sequence[str] | None = None,
    seed: int = 0,
    learnt: Learnt | None = None,
    progress: Progress = unseen,
    preprocessing: str = SQUARE,
) -> TrainedHead:
    """Train a head on ``source``'s photographs, ``views`` of each, with their labels and bursts.

    By default there are as many views as `views_per_photo` gives so many photographs. ``classes``
    gives the labels' order and those that must have photographs; by default the labels found,
    sorted. Photographs of a class called 'unknown' join the embedding's background set. What is
    ``learnt`` without a photograph counts as much as a photograph with its views. The head keeps
    which ``preprocessing`` the source has. The same input and ``seed`` give the same file.
    Raises TrainingError where there is no two classes' worth of photographs.
    """
    if not len(source) == len(labels) == len(bursts):
        raise ValueError("photos, labels and bursts must be of one length")
    learnt = learnt or no_learnt(embedding)
    labels, bursts = [*labels, *learnt.labels], [*bursts, *learnt.bursts]
    views = views_per_photo(len(source)) if views is None else views
    clock = _Clock(progress)
    started = time.perf_counter()
    with importing_meanwhile():
        samples = _samples(source, labels, learnt, embedding, views, classes, clock)
    samples = replace(samples, preprocessing=preprocessing)
    with one_blas_thread():
        with clock.step("evaluate") as done:
            trial = cross_validate(samples, bursts, seed, done)
        with clock.step("fit"):
            head = _fit(samples, trial.strength, trial.temperature, trial.balance)
        with clock.step("quantise"):
            content = _packed(samples, head, embedding.fingerprint, trial.rejection.threshold)
    with clock.step("verify"):
        trained = load_head(content)
    clock.seconds["total"] = time.perf_counter() - started
    return TrainedHead(trained, trial, clock.seconds, samples)


@dataclass(frozen=True)
class FitSettings:
    """What an earlier `Trial` chose; by default what a first one begins with."""

    strength: float = DEFAULT_STRENGTH
    temperature: float = 1.0
    threshold: int = DEFAULT_THRESHOLD
    balance: Balance = Balance()


@dataclass
class LastFit:
    """Where one `fit_at_once` ended, so that the next begins there: a few steps are left to it."""

    labels: tuple[str, ...] = ()
    linear: LinearHead | None = None


def fit_at_once(
    source: PhotoSource,
    labels: Sequence[str],
    embedding: Embedding,
    settings: FitSettings,
    *,
    classes: Sequence[str] | None = None,
    learnt: Learnt | None = None,
    progress: Progress = unseen,
    preprocessing: str = SQUARE,
    last: LastFit | None = None,
) -> Head:
    """A head without the trial that chooses its settings, for whoever waits for it.

    Ready in a tenth of the time of `train_source`. Raises TrainingError as that does. With ``last``
    it begins where that ended, and has neither examples of its classes nor self-tests: it runs
    here only.
    """
    learnt = learnt or no_learnt(embedding)
    labels, views = [*labels, *learnt.labels], views_at_once(len(source))
    samples = _samples(source, labels, learnt, embedding, views, classes, _Clock(progress))
    samples = replace(samples, preprocessing=preprocessing)
    start = last.linear if last is not None and last.labels == samples.labels else None
    everything = np.arange(len(samples.targets))
    linear = fit_photos(samples, everything, settings.strength, start)
    if last is not None:
        last.labels, last.linear = samples.labels, linear
    head = _completed(samples, linear, settings.temperature, settings.balance)
    if last is None:
        return load_head(_packed(samples, head, embedding.fingerprint, settings.threshold))
    every = -(-samples.row_count // REPRESENTATIVES_AT_ONCE_MAX)
    quantised = quantise_photos(samples, everything, head, every)
    card = blank_card(samples.labels, quantised, embedding.fingerprint, settings.threshold)
    return read_head(write_head(quantised, card, preprocessing=samples.preprocessing))


def no_learnt(embedding: Embedding) -> Learnt:
    return Learnt(np.empty((0, embedding.features), np.int8))


def _samples(
    source: PhotoSource,
    labels: Sequence[str],
    learnt: Learnt,
    embedding: Embedding,
    views: int,
    classes: Sequence[str] | None,
    clock: _Clock,
) -> Samples:
    names = check_classes(labels, classes)
    known = tuple(name for name in names if name != UNKNOWN)
    targets = np.array([known.index(n) if n != UNKNOWN else len(known) for n in labels])
    with clock.step("embed") as done:
        rows = [source.features(i) for i in _counted(len(source), done)]
    views = views if rows else 0
    with clock.step("augment") as done:
        drawn = [source.views(i, views) for i in _counted(len(source) if views else 0, done)]
    seen = np.array(drawn, np.int8).reshape(len(rows), views, embedding.features)
    features = np.array(rows, np.int8).reshape(-1, embedding.features)
    return Samples(
        *(known, targets, np.concatenate([features, learnt.features])),
        np.concatenate([seen, _repeated(learnt.features, views)]),
        *(embedding.scale, embedding.zero_point, embedding.background),
        grid=embedding.grid or (1, 1),
    )


def _counted(total: int, done: Counted) -> Iterator[int]:
    for index in range(total):
        yield index
        done(index + 1, total)


def _fit(samples: Samples, strength: float, temperature: float, balance: Balance) -> FloatHead:
    linear = fit_photos(samples, np.arange(len(samples.targets)), strength)
    return _completed(samples, linear, temperature, balance)


def _completed(
    samples: Samples, linear: LinearHead, temperature: float, balance: Balance
) -> FloatHead:
    everything, linear = np.arange(len(samples.targets)), linear.cooled(temperature)
    head = with_own_novelty(samples, everything, linear) if balance.gain else FloatHead(linear)
    return head.balanced(balance)


def _packed(
    samples: Samples, head: FloatHead, embedding_fingerprint: bytes, threshold: int
) -> bytes:
    quantised = quantise_photos(samples, np.arange(len(samples.targets)), head)
    return _write(samples, quantised, embedding_fingerprint, threshold)


def _repeated(features: NDArray[np.int8], views: int) -> NDArray[np.int8]:
    """In place of the views of what has no photograph: itself, N×views×F."""
    return np.repeat(features[:, None], views, axis=1)


def _write(
    samples: Samples,
    quantised: QuantisedHead,
    embedding_fingerprint: bytes,
    threshold: int,
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
            threshold=threshold,
        ),
        summarise(samples.features, samples.targets, len(samples.labels) + 1),
        samples.preprocessing,
    )


def _self_test_photos(targets: NDArray[np.intp]) -> list[int]:
    """The first photograph of the first class and of the last."""
    _, first = np.unique(targets, return_index=True)
    return [int(first[0]), int(first[-1])][:SELF_TESTS]
