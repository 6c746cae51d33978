"""Teaches a network: batches, the learning rate, checkpoints, progress."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.embedding.recipe.accelerator import backend, on_gpu
from tinyteach.embedding.recipe.beginning import begin_as
from tinyteach.embedding.recipe.lessons import Lessons
from tinyteach.embedding.recipe.network import build_heads, build_network
from tinyteach.embedding.recipe.progress import Progress
from tinyteach.embedding.recipe.resident import ResidentLessons
from tinyteach.embedding.recipe.sizes import Separable, Size
from tinyteach.embedding.recipe.student import make_student

LEARNING_RATE = 4e-3
WARM_UP = 0.02  # of the run
WEIGHT_DECAY = 0.02
_SAVE_S = 10  # between checkpoints, at least


@dataclass(frozen=True)
class RecipeRun:
    """How long and how: an epoch shows every image once, in one of its views.

    ``start`` is the file (.tflite) of a network that it begins as, or None for one by chance.
    """

    epochs: int
    batch: int
    seed: int
    rate: float = LEARNING_RATE  # at most
    start: Path | None = None


def train_network(
    size: Size | Separable, lessons: Lessons, run: RecipeRun, checkpoints: Path, progress: Progress
) -> Any:
    """Train a network, from ``checkpoints`` on where an earlier run left one: a Keras model."""
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(run.seed)
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if on_gpu() else "float32")
    try:
        return _train(size, lessons, run, checkpoints, progress)
    finally:
        keras.mixed_precision.set_global_policy("float32")


def _train(
    size: Size | Separable, lessons: Lessons, run: RecipeRun, checkpoints: Path, progress: Progress
) -> Any:
    batches = len(lessons.labels) // run.batch or 1
    student = _student(size, lessons, run, run.epochs * batches)
    learn = _learn_resident if backend() == "jax" else _learn_by_batches
    first = _resume(student, checkpoints)
    if run.start and not first:
        begin_as(student.network, run.start.read_bytes())
    saved = float("-inf")
    for epoch, lost in learn(student, lessons, run, range(first, run.epochs), progress):
        if epoch + 1 == run.epochs or time.monotonic() >= saved + _SAVE_S:
            _save(student, checkpoints, epoch + 1)
            saved = time.monotonic()
        progress(
            f"Epoch {epoch + 1}: {_in_words(lost)}", (epoch + 1) * batches, run.epochs * batches
        )
    return student.network


def _student(size: Size | Separable, lessons: Lessons, run: RecipeRun, steps: int) -> Any:
    classes = int(lessons.labels.max()) + 1
    student = make_student(
        build_network(size, size.taught), build_heads(size, classes, *lessons.targets.shape[-2:])
    )
    student.build((None, *lessons.views.shape[2:]))
    student.compile(optimizer=_optimiser(steps, run.rate), jit_compile=False)
    student.optimizer.build(student.trainable_variables)
    return student


def _learn_resident(
    student: Any, lessons: Lessons, run: RecipeRun, epochs: range, progress: Progress
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield after each epoch its number and what was lost; the lessons lie where JAX computes."""
    resident = ResidentLessons(student, lessons)
    for epoch in epochs:
        yield epoch, resident.epoch(run.batch, np.random.default_rng([run.seed, epoch]))


def _learn_by_batches(
    student: Any, lessons: Lessons, run: RecipeRun, epochs: range, progress: Progress
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The same, batch by batch out of a file."""
    batches = len(lessons.labels) // run.batch or 1
    for epoch in epochs:
        student.reset_metrics()
        lost: dict[str, Any] = {}
        for number, (images, wanted) in enumerate(_batches(lessons, run, epoch)):
            lost = student.train_on_batch(images, wanted, return_dict=True)
            progress(f"Epoch {epoch + 1}", epoch * batches + number, run.epochs * batches)
        yield epoch, lost


def _in_words(lost: dict[str, Any]) -> str:
    of_labels, of_teacher = float(lost["cross_entropy"]), float(lost["cosine_distance"])
    return f"cross entropy {of_labels:.3f}, cosine distance {of_teacher:.4f}"


def _batches(lessons: Lessons, run: RecipeRun, epoch: int) -> Iterator[tuple[Any, Any]]:
    """Each image once, in a view drawn at random; what fills no batch is left out.

    The next batch is gathered while the present one is computed.
    """
    rng = np.random.default_rng([run.seed, epoch])
    count = len(lessons.labels)
    size = min(run.batch, count)
    rows, views = rng.permutation(count), rng.integers(len(lessons.views), size=count)

    def gather(start: int) -> tuple[Any, Any]:
        chosen = np.sort(rows[start : start + size])
        view = views[chosen]
        wanted = (lessons.labels[chosen], lessons.targets[view, chosen])
        return lessons.views[view, chosen], wanted

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gather, 0)
        for start in range(size, count - size + 1, size):
            ready, waiting = waiting, pool.submit(gather, start)
            yield ready.result()
        yield waiting.result()


def _optimiser(steps: int, rate: float = LEARNING_RATE) -> Any:
    """AdamW with a linear warm-up, then a half cosine down to 0 at the last step."""
    import keras

    warm_up = max(1, round(WARM_UP * steps))
    decay = max(1, steps - warm_up)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.05 * rate, decay, warmup_target=rate, warmup_steps=warm_up
    )
    return keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY)


def epochs_behind(checkpoints: Path) -> int:
    """How many epochs the newest checkpoint has behind it; 0 without any."""
    kept = sorted(checkpoints.glob("epoch-*.weights.h5"))
    return int(kept[-1].name.split(".")[0].split("-")[1]) if kept else 0


def _resume(student: Any, checkpoints: Path) -> int:
    """Load the newest checkpoint; how many epochs it has behind it."""
    checkpoints.mkdir(parents=True, exist_ok=True)
    epochs = epochs_behind(checkpoints)
    if epochs:
        student.load_weights(_checkpoint(checkpoints, epochs))
    return epochs


def _save(student: Any, checkpoints: Path, epochs: int) -> None:
    """Weights and the optimiser's state in one file, whole or not there."""
    older = list(checkpoints.glob("epoch-*.weights.h5"))
    unfinished = checkpoints / "unfinished.weights.h5"
    student.save_weights(unfinished)
    unfinished.rename(_checkpoint(checkpoints, epochs))
    for path in older:
        path.unlink()


def _checkpoint(checkpoints: Path, epochs: int) -> Path:
    return checkpoints / f"epoch-{epochs:05}.weights.h5"
