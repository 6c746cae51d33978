"""Teaches the network: one step, its losses, the learning rate, checkpoints."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.embedding.augment import augment, to_input
from tinyteach.embedding.lessons import Lessons
from tinyteach.embedding.network import build_heads, build_network

LEARNING_RATE = 4e-3
WARM_UP = 0.02  # of the run
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.1
TEACHER_WEIGHT = 5.0  # of the cosine distance beside the cross entropy of the labels


class Trainer:
    """Network, heads and optimiser with the state that a checkpoint holds."""

    def __init__(self, lessons: Lessons, classes: int, batch: int) -> None:
        import keras
        import tensorflow as tf

        self.lessons, self.batch = lessons, min(batch, len(lessons.labels))
        components = 1 if lessons.targets is None else lessons.targets.shape[-1]
        self.network, self.heads = build_network(), build_heads(classes, components)
        self.optimiser = keras.optimizers.AdamW(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self.variables = self.network.trainable_variables + self.heads.trainable_variables
        self.optimiser.build(self.variables)
        self.elapsed_s, self.epochs = tf.Variable(0.0), tf.Variable(0.0)
        self.checkpoint = tf.train.Checkpoint(
            weights=self.network.variables + self.heads.variables,
            optimiser=self.optimiser.variables,
            elapsed_s=self.elapsed_s,
            epochs=self.epochs,
        )
        self._step = tf.function(self._train_step)

    def run(
        self, budget_s: float, checkpoints: Path, seed: int, progress: Callable[[str], None]
    ) -> None:
        """Train until ``budget_s`` seconds are used up, those before a resumption included."""
        import tensorflow as tf

        manager = tf.train.CheckpointManager(self.checkpoint, checkpoints, max_to_keep=1)
        manager.restore_or_initialize()
        rng = np.random.default_rng([seed, round(float(self.epochs.numpy()))])
        while self.elapsed_s.numpy() < budget_s:
            of_labels, of_teacher = self._run_epoch(budget_s, rng)
            manager.save()
            done = min(1.0, self.elapsed_s.numpy() / budget_s)
            progress(
                f"epoch {self.epochs.numpy():.1f}, {done:.0%} of the time, "
                f"cross entropy {of_labels:.3f}, cosine distance {of_teacher:.3f}"
            )

    def _run_epoch(self, budget_s: float, rng: np.random.Generator) -> np.ndarray:
        import tensorflow as tf

        losses, began, before_s = [], time.monotonic(), float(self.elapsed_s.numpy())
        for lesson in self._batches(rng):
            done = self.elapsed_s.numpy() / budget_s
            if done >= 1:
                break
            self.optimiser.learning_rate.assign(learning_rate(done))
            strength = tf.constant(augmentation(done))
            losses.append([loss.numpy() for loss in self._step(strength, *lesson)])
            self.elapsed_s.assign(before_s + time.monotonic() - began)
            self.epochs.assign_add(self.batch / len(self.lessons.labels))
        return np.mean(losses, axis=0)

    def _batches(self, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
        """Each image once, in a view drawn at random; an incomplete last batch is left out."""
        lessons = self.lessons
        rows = rng.permutation(len(lessons.labels))
        for start in range(0, len(rows) - self.batch + 1, self.batch):
            chosen = rows[start : start + self.batch]
            view = rng.integers(len(lessons.views), size=self.batch)
            wanted = None if lessons.targets is None else lessons.targets[view, chosen]
            yield lessons.views[view, chosen], lessons.labels[chosen], wanted

    def _train_step(self, strength: Any, images: Any, labels: Any, wanted: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        pixels = to_input(augment(tf.cast(images, tf.float32), strength))
        with tf.GradientTape() as tape:
            logits, seen = self.heads(self.network(pixels, training=True), training=True)
            of_labels = _cross_entropy(labels, logits)
            of_teacher = tf.zeros(()) if wanted is None else _cosine_distance(wanted, seen)
            loss = of_labels + TEACHER_WEIGHT * of_teacher
        self.optimiser.apply(tape.gradient(loss, self.variables), self.variables)
        return of_labels, of_teacher


def learning_rate(progress: float) -> float:
    """Linear warm-up, then a half cosine that reaches 0 at progress 1."""
    if progress < WARM_UP:
        return LEARNING_RATE * (0.05 + 0.95 * progress / WARM_UP)
    return LEARNING_RATE * 0.5 * (1 + float(np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP))))


def augmentation(progress: float) -> float:
    """Strength of the augmentation: so small a network ends better on images nearly as they are."""
    return 1.0 if progress < 0.5 else 0.4


def _cross_entropy(labels: Any, logits: Any) -> Any:
    import tensorflow as tf

    wanted = tf.one_hot(labels, logits.shape[-1])
    wanted = wanted * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / logits.shape[-1]
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(wanted, logits))


def _cosine_distance(wanted: Any, seen: Any) -> Any:
    import tensorflow as tf

    wanted = tf.math.l2_normalize(tf.cast(wanted, tf.float32), axis=-1)
    cosine = tf.reduce_sum(wanted * tf.math.l2_normalize(seen, axis=-1), axis=-1)
    return tf.reduce_mean(1 - cosine)
