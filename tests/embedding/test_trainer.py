"""How a network is taught: batches, steps, the learning rate, what follows an interruption."""

import numpy as np
import pytest

from tinyteach.embedding.recipe.lessons import NO_LABEL, Lessons
from tinyteach.embedding.recipe.network import build_heads, build_network
from tinyteach.embedding.recipe.resident import draw_rows
from tinyteach.embedding.recipe.sizes import Size
from tinyteach.embedding.recipe.student import (
    _cross_entropy,
    _student_class,
    make_student,
    to_input,
)
from tinyteach.embedding.recipe.trainer import (
    LEARNING_RATE,
    WARM_UP,
    RecipeRun,
    _batches,
    _optimiser,
    train_network,
)

SMALL = Size(((4, 4, 4),), ((6, 4, 1),), 8)


class StoppedError(Exception):
    """Stands for a power cut."""


@pytest.mark.soak
def test_an_interrupted_run_goes_on_with_the_next_epoch(untraced, tmp_path):
    rng = np.random.default_rng(1)
    views = rng.integers(0, 256, (1, 16, 64, 64, 3), np.uint8)
    lessons = Lessons(views, np.arange(16) % 2, np.zeros((1, 16, 4, 1, 1), np.float16))
    run, said = RecipeRun(epochs=3, batch=16, seed=1), []

    def stop_after_the_first(text, done, total):
        if text.startswith("Epoch 2"):
            raise StoppedError

    with pytest.raises(StoppedError):
        train_network(SMALL, lessons, run, tmp_path, stop_after_the_first)
    train_network(SMALL, lessons, run, tmp_path, lambda text, *_: said.append(text))
    assert [text.split(":")[0] for text in said if ":" in text] == ["Epoch 2", "Epoch 3"]
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-00003.weights.h5"]


def test_images_without_a_label_teach_no_class():
    logits = np.random.default_rng(6).normal(size=(4, 3)).astype(np.float32)
    labels = np.array([0, NO_LABEL, 2, NO_LABEL])
    both = float(_cross_entropy(labels, logits))
    assert both * 2 == pytest.approx(float(_cross_entropy(labels[::2], logits[::2])), rel=1e-5)


def test_every_image_is_shown_once_an_epoch():
    views = np.zeros((3, 20, 8, 8, 3), np.uint8)
    lessons = Lessons(views, np.arange(20), np.zeros((3, 20, 4, 1, 1), np.float16))
    for batch, shown in ((20, 20), (6, 18), (64, 20)):
        batches = list(_batches(lessons, RecipeRun(1, batch, 0), epoch=0))
        labels = np.concatenate([wanted[0] for _, wanted in batches])
        assert len(labels) == len(set(labels.tolist())) == shown


def test_a_gpus_batches_show_no_row_twice():
    rng = np.random.default_rng(0)
    for count, views, batch, shown in ((20, 2, 8, 16), (20, 3, 64, 18), (7, 2, 1, 6)):
        rows = draw_rows(count, views, batch, rng)
        assert all(of_batch.shape[0] == views for of_batch in rows)
        drawn = np.concatenate([of_batch.ravel() for of_batch in rows])
        assert len(drawn) == len(set(drawn.tolist())) == shown and drawn.max() < count


@pytest.mark.soak
def test_parts_of_a_step_add_up_to_the_whole(untraced):
    """Four equal parts have the batch statistics of one, so the step must be the same."""
    import keras

    rng = np.random.default_rng(2)
    quarter = rng.integers(0, 256, (4, 64, 64, 3), np.uint8)
    images, labels = np.tile(quarter, (4, 1, 1, 1)), np.tile(np.arange(4) % 2, 4)
    wanted = np.tile(rng.normal(size=(4, 4, 2, 8)).astype(np.float16), (4, 1, 1, 1))
    results = []
    for build in (make_student, _student_class()):
        keras.utils.set_random_seed(5)
        student = build(build_network(SMALL), build_heads(SMALL, 2, 2, 8))
        student.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=False)
        student.train_on_batch(images, (labels, wanted))
        results.append(student.trainable_variables)
    for in_parts, whole in zip(*results, strict=True):
        np.testing.assert_allclose(in_parts.numpy(), whole.numpy(), atol=2e-4)


def test_the_learning_rate_rises_then_falls_to_nothing():
    schedule = _optimiser(200)._learning_rate
    rates = [float(schedule(step)) for step in range(201)]
    peak = int(np.argmax(rates))
    assert rates[peak] == pytest.approx(LEARNING_RATE, rel=1e-3)
    assert rates[:peak] == sorted(rates[:peak]) and peak == 200 * WARM_UP
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-9)


def test_pixels_become_the_networks_input():
    assert to_input(np.array([0.0, 128.0, 255.0])).tolist() == [-1, 0, 127 / 128]
