"""Epochs on a GPU, by JAX: all lessons lie in its memory, and a step is one program."""

from typing import Any

import numpy as np

from tinyteach.embedding.recipe.lessons import Lessons


class ResidentLessons:
    """Lessons in the GPU's memory, and a student that learns them epoch by epoch."""

    def __init__(self, student: Any, lessons: Lessons) -> None:
        import jax

        self._student = student
        self._views = [jax.device_put(np.asarray(view)) for view in lessons.views]
        self._targets = [jax.device_put(np.asarray(of_view)) for of_view in lessons.targets]
        self._labels = jax.device_put(lessons.labels.astype(np.int32))
        self._step = jax.jit(self._learn, donate_argnums=0)

    def epoch(self, batch: int, rng: np.random.Generator) -> dict[str, Any]:
        """Every row once; what was lost, averaged over the epoch."""
        self._student.reset_metrics()
        state = [[variable.value for variable in kind] for kind in self._variables()]
        lost: dict[str, Any] = {}
        lessons = (self._views, self._targets, self._labels)
        for rows in draw_rows(len(self._labels), len(self._views), batch, rng):
            lost, state = self._step(state, *lessons, rows)
        for kind, values in zip(self._variables(), state, strict=True):
            for variable, value in zip(kind, values, strict=True):
                variable.assign(value)
        return lost

    def _variables(self) -> tuple[list[Any], ...]:
        """In the order that Keras's JAX trainer has them in."""
        student = self._student
        optimiser, metrics = student.optimizer.variables, student.metrics_variables
        return student.trainable_variables, student.non_trainable_variables, optimiser, metrics

    def _learn(
        self, state: Any, views: list[Any], targets: list[Any], labels: Any, rows: Any
    ) -> Any:
        """What was lost, and the state then."""
        images, wanted = _taken(views, rows), _taken(targets, rows)
        named = labels[rows.reshape(-1)]
        return self._student.train_step(tuple(state), (images, (named, wanted)))


def _taken(arrays: list[Any], rows: Any) -> Any:
    import jax.numpy as jnp

    pairs = zip(arrays, rows, strict=True)
    return jnp.concatenate([jnp.take(array, of_it, axis=0, mode="clip") for array, of_it in pairs])


def draw_rows(count: int, views: int, batch: int, rng: np.random.Generator) -> list[np.ndarray]:
    """The rows of an epoch's batches, of each view as many: int32, views×(batch / views) each.

    No row comes twice; what fills no batch is left out.
    """
    of_view = max(1, min(batch, count) // views)
    batches = count // (of_view * views)
    rows = rng.permutation(count)[: batches * of_view * views].astype(np.int32)
    return list(rows.reshape(batches, views, of_view))
