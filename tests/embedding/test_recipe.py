"""The whole recipe on a handful of images: teach, quantise, write, resume."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tinyteach.embedding.recipe import train
from tinyteach.embedding.recipe.card import describe
from tinyteach.embedding.recipe.lessons import COMPONENTS, NO_LABEL, Lessons
from tinyteach.embedding.recipe.model_facts import ALLOWED_OPS
from tinyteach.embedding.recipe.network import SIZES, build_heads, build_network
from tinyteach.embedding.recipe.resident import draw_rows
from tinyteach.embedding.recipe.student import (
    _cross_entropy,
    _student_class,
    make_student,
    to_input,
)
from tinyteach.embedding.recipe.teacher import Teacher, TeacherOnGpu, fit_projection
from tinyteach.embedding.recipe.trainer import (
    LEARNING_RATE,
    Run,
    _batches,
    _optimiser,
    train_network,
)
from tinyteach.embedding.recipe.views import draw_view
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import ModelError, UsageError

CLASSES, PER_CLASS = 3, 8


def colourful(number: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (64, 64, 3), np.uint8)
    image[16:48, 16:48, number] = 255
    return image


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(CLASSES):
            for index in range(PER_CLASS):
                stream = io.BytesIO()
                Image.fromarray(colourful(number, index)).save(stream, "png")
                archive.writestr(f"train/{number}/{index}.png", stream.getvalue())
    return path


@pytest.fixture(scope="module")
def teacher(tmp_path_factory) -> Path:
    """A small classifier of its own, quantised to uint8 as the published ones are.

    Operator 0 makes int8 of its input, 1 and 2 are the convolutions.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(3)
    image = keras.Input((96, 96, 3), batch_size=1)
    x = keras.layers.Conv2D(12, 5, 4, activation="relu")(image)
    x = keras.layers.Conv2D(20, 3, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(image, keras.layers.Dense(5, activation="softmax")(x))
    function = tf.function(network).get_concrete_function(tf.TensorSpec((1, 96, 96, 3)))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rng = np.random.default_rng(0)
    converter.representative_dataset = lambda: (
        [rng.uniform(0, 255, (1, 96, 96, 3)).astype(np.float32)] for _ in range(8)
    )
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    path = tmp_path_factory.mktemp("teacher") / "teacher.tflite"
    path.write_bytes(converter.convert())
    return path


def recipe(data: Path, folder: Path, *more: str, size: str = "base") -> Path:
    out = folder / f"{size}.tflite"
    options = ["--size", size, "--data", data, "--scratch", folder / "scratch", "--out", out]
    train.main([*map(str, options), "--batch", "8", "--views", "2", "--epochs", "2", *more])
    return out


@pytest.fixture(scope="module")
def trained(data, teacher, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    return recipe(data, folder, "--teacher", str(teacher), "--maps", "1", "2")


@pytest.fixture(scope="module")
def trained_tiny(trained, data, teacher) -> Path:
    """The other size, from the lessons of the first."""
    more = ("--teacher", str(teacher), "--maps", "1", "2")
    return recipe(data, trained.parent, *more, size="tiny")


def test_the_recipe_ends_in_an_embedding_that_boards_can_run(trained):
    card = describe(trained.read_bytes())
    assert set(card["ops"]) <= ALLOWED_OPS
    assert card["input"] == {"scale": 1 / 128, "zero_point": 0}
    assert card["fused_relus"] == 8
    assert card["macs"] == 3_530_752


def test_the_tiny_one_learns_from_the_same_lessons(trained, trained_tiny):
    card = json.loads(trained_tiny.with_suffix(".json").read_text())
    assert set(card["ops"]) <= ALLOWED_OPS and card["macs"] <= 1_100_000
    assert card["training"]["size"] == "tiny" and "--size tiny" in card["training"]["command"]
    lessons = sorted(path.name for path in (trained.parent / "scratch").glob("*.npy"))
    assert lessons == ["targets.npy", "views.npy"]


def test_a_network_that_learnt_elsewhere_is_quantised_here(trained, data, teacher, tmp_path):
    """With the network's weights alone, without lessons: what comes back from a GPU machine."""
    from_there = trained.parent / "scratch" / "base"
    here = tmp_path / "scratch" / "base"
    here.mkdir(parents=True)
    for name in (train.NETWORK_FILE, train.FACTS_FILE):
        (here / name).write_bytes((from_there / name).read_bytes())
    again = recipe(data, tmp_path, "--teacher", str(teacher), "--maps", "1", "2")
    assert again.read_bytes() == trained.read_bytes()


def test_on_another_backend_the_recipe_ends_before_quantising(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train, "backend", lambda: "jax")
    monkeypatch.setattr(train, "_learn", lambda *_: None)
    out = recipe(data, tmp_path)
    assert "run the same command" in " ".join(capsys.readouterr().out.split())
    assert not out.exists()


def test_jax_learns_the_same_lessons(trained, data, teacher, tmp_path):
    """Of another process, since Keras has one backend in each."""
    pytest.importorskip("jax", reason="jax is not installed: `pip install tinyteach[gpu]`")
    command = [
        sys.executable,
        "-m",
        "tinyteach.embedding.recipe.train",
        "--size",
        "tiny",
        "--data",
        data,
    ]
    command += ["--teacher", teacher, "--maps", "1", "2", "--views", "2", "--epochs", "2"]
    command += ["--batch", "8", "--scratch", tmp_path / "s", "--out", tmp_path / "tiny.tflite"]
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [*map(str, command)], env=environment, capture_output=True, text=True, check=True
    )
    assert "Epoch 2" in done.stdout
    assert (tmp_path / "s" / "tiny" / train.NETWORK_FILE).exists()


def test_the_lessons_hold_both_of_the_teachers_maps(trained):
    """The narrower of the two maps has 12 channels."""
    targets = np.load(trained.parent / "scratch" / "targets.npy")
    assert targets.shape == (2, CLASSES * PER_CLASS, 4, 2, 12) and targets.dtype == np.float16
    assert targets.any(axis=(0, 1, 2, 4)).all()


def test_both_maps_come_from_one_pass_in_the_order_asked_for(teacher):
    images = np.stack([colourful(number, 5) for number in range(3)])
    first, second = Teacher(teacher, [2, 1], threads=1).grids(images)
    assert (first.shape, second.shape) == ((3, 4, 20), (3, 4, 12))
    for number, found in ((2, first), (1, second)):
        np.testing.assert_array_equal(found, Teacher(teacher, [number]).grids(images)[0])


def test_a_block_of_a_view_can_be_drawn_again(trained):
    views = np.load(trained.parent / "scratch" / "views.npy")
    np.testing.assert_array_equal(draw_view(views[0], seed=1, view=1, start=0), views[1])
    assert (draw_view(views[0], seed=1, view=1, start=1000) != views[1]).any()


def test_a_background_set_lies_beside_the_embedding(trained):
    embedding = load_embedding(trained)
    assert embedding.background.dtype == np.int8
    assert embedding.background.shape == (CLASSES * PER_CLASS * 2, embedding.features)


def test_the_embedding_tells_images_apart(trained):
    embedding = load_embedding(trained)
    pixels = np.stack([colourful(number, 99) for number in range(CLASSES)])
    features = embedding.embed((pixels.astype(np.int16) - 128).astype(np.int8))
    assert len(np.unique(features, axis=0)) == CLASSES


def test_the_card_names_data_teacher_and_command(trained, data, teacher):
    card = json.loads(trained.with_suffix(".json").read_text())
    training = card["training"]
    assert training["data"]["file"] == "images.zip"
    assert training["teacher"]["file"] == "teacher.tflite"
    assert training["images"] == CLASSES * PER_CLASS and training["epochs"] == 2
    assert training["maps"] == [1, 2]
    assert "--data images.zip --teacher teacher.tflite --maps 1 2" in training["command"]
    assert str(data.parent) not in json.dumps(card)


def test_a_finished_run_is_resumed_without_training_again(trained, data, teacher, capsys):
    before = trained.read_bytes()
    recipe(data, trained.parent, "--teacher", str(teacher), "--maps", "1", "2")
    shown = capsys.readouterr().out
    assert "Epoch" not in shown and "teacher looks" not in shown
    assert trained.read_bytes() == before


class StoppedError(Exception):
    """Stands for a power cut."""


def test_an_interrupted_run_goes_on_with_the_next_epoch(tmp_path):
    rng = np.random.default_rng(1)
    views = rng.integers(0, 256, (1, 16, 64, 64, 3), np.uint8)
    lessons = Lessons(views, np.arange(16) % 2, np.zeros((1, 16, 4, 1, 1), np.float16))
    run, said = Run(epochs=3, batch=8, seed=1), []

    def stop_after_the_first(text, done, total):
        if text.startswith("Epoch 2"):
            raise StoppedError

    with pytest.raises(StoppedError):
        train_network(SIZES["tiny"], lessons, run, tmp_path, stop_after_the_first)
    train_network(SIZES["tiny"], lessons, run, tmp_path, lambda text, *_: said.append(text))
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
        batches = list(_batches(lessons, Run(1, batch, 0), epoch=0))
        labels = np.concatenate([wanted[0] for _, wanted in batches])
        assert len(labels) == len(set(labels.tolist())) == shown


def test_a_gpus_batches_show_no_row_twice():
    rng = np.random.default_rng(0)
    for count, views, batch, shown in ((20, 2, 8, 16), (20, 3, 64, 18), (7, 2, 1, 6)):
        rows = draw_rows(count, views, batch, rng)
        assert all(of_batch.shape[0] == views for of_batch in rows)
        drawn = np.concatenate([of_batch.ravel() for of_batch in rows])
        assert len(drawn) == len(set(drawn.tolist())) == shown and drawn.max() < count


def test_parts_of_a_step_add_up_to_the_whole():
    """Four equal parts have the batch statistics of one, so the step must be the same."""
    import keras

    rng = np.random.default_rng(2)
    quarter = rng.integers(0, 256, (4, 64, 64, 3), np.uint8)
    images, labels = np.tile(quarter, (4, 1, 1, 1)), np.tile(np.arange(4) % 2, 4)
    wanted = np.tile(rng.normal(size=(4, 4, 2, 8)).astype(np.float16), (4, 1, 1, 1))
    results = []
    for build in (make_student, _student_class()):
        keras.utils.set_random_seed(5)
        student = build(build_network(SIZES["tiny"]), build_heads(SIZES["tiny"], 2, 2, 8))
        student.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=False)
        student.train_on_batch(images, (labels, wanted))
        results.append(student.trainable_variables)
    for in_parts, whole in zip(*results, strict=True):
        np.testing.assert_allclose(in_parts.numpy(), whole.numpy(), atol=2e-4)


def test_a_scratch_folder_of_another_run_is_refused(trained, data, capsys):
    with pytest.raises(SystemExit) as ended:
        recipe(data, trained.parent, "--seed", "5")
    assert ended.value.code == UsageError.exit_code
    assert "name an empty folder" in " ".join(capsys.readouterr().out.split())


def test_ctrl_c_says_how_to_go_on(data, tmp_path, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "make_lessons", interrupt)
    with pytest.raises(SystemExit) as ended:
        recipe(data, tmp_path)
    assert ended.value.code == 130
    assert "the same command goes on" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("wrong", [("--maps", "0"), ("--epochs", "0")])
def test_options_that_mean_nothing_are_refused(data, tmp_path, wrong):
    with pytest.raises(SystemExit) as ended:
        recipe(data, tmp_path, *wrong)
    assert ended.value.code == UsageError.exit_code and not (tmp_path / "scratch").exists()


def test_missing_data_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        recipe(tmp_path / "nothing.zip", tmp_path)
    assert ended.value.code == UsageError.exit_code
    assert "check the path" in " ".join(capsys.readouterr().out.split())


def test_labels_alone_teach_too(data, tmp_path):
    out = recipe(data, tmp_path, "--views", "1", "--epochs", "1")
    assert "teacher" not in json.loads(out.with_suffix(".json").read_text())["training"]
    assert load_embedding(out).features == SIZES["base"].features


def test_the_learning_rate_rises_then_falls_to_nothing():
    schedule = _optimiser(1000)._learning_rate
    rates = [float(schedule(step)) for step in range(1001)]
    peak = int(np.argmax(rates))
    assert rates[peak] == pytest.approx(LEARNING_RATE, rel=1e-3)
    assert rates[:peak] == sorted(rates[:peak]) and 0 < peak < 50
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-9)


def test_pixels_become_the_networks_input():
    assert to_input(np.array([0.0, 128.0, 255.0])).tolist() == [-1, 0, 127 / 128]


def test_a_teacher_in_floats_sees_what_the_quantised_one_sees(teacher):
    images = np.stack([colourful(number, 5) for number in range(3)])
    both = zip(
        TeacherOnGpu(teacher, [1, 2]).grids(images),
        Teacher(teacher, [1, 2]).grids(images),
        strict=True,
    )
    for floats, quantised in both:
        lengths = np.linalg.norm(floats, axis=-1) * np.linalg.norm(quantised, axis=-1)
        assert ((floats * quantised).sum(axis=-1) / lengths).min() > 0.99


def test_a_teacher_sees_each_quarter_by_itself(teacher):
    """Changing one corner leaves the opposite quarter's features as they were."""
    plain = np.full((64, 64, 3), 128, np.uint8)
    marked = plain.copy()
    marked[:16, :16] = colourful(0, 1)[:16, :16]
    ((before, after),) = Teacher(teacher).grids(np.stack([plain, marked]))
    assert before.shape == (4, 20)
    assert np.abs(after[0] - before[0]).max() > 0
    np.testing.assert_array_equal(after[3], before[3])


def test_the_teachers_grid_is_the_mean_of_its_feature_map(teacher):
    from tinyteach.embedding.recipe.teacher import cut_at_feature_map
    from tinyteach.embedding.runtime import TfliteModel

    images = np.stack([colourful(number, 5) for number in range(3)])
    model = TfliteModel(cut_at_feature_map(teacher.read_bytes()), reference=False)
    details = model.output_details
    large = [Image.fromarray(image).resize((96, 96), Image.Resampling.BILINEAR) for image in images]
    maps = model.run(np.stack([np.asarray(image) for image in large])).astype(np.float64)
    means = (maps.mean(axis=(1, 2)) - details.zero_point) * details.scale
    np.testing.assert_allclose(
        Teacher(teacher).grids(images)[0].mean(axis=1), means, rtol=1e-4, atol=1e-4
    )


def test_components_are_uncorrelated_and_centred():
    rng = np.random.default_rng(0)
    grids = (rng.normal(size=(500, 4, 6)) @ rng.normal(size=(6, 6)) + 3).astype(np.float32)
    cells = fit_projection(grids, 4)(grids).reshape(-1, 4).astype(np.float64)
    assert np.abs(cells.mean(axis=0)).max() < 0.01
    correlation = np.corrcoef(cells, rowvar=False)
    assert np.abs(correlation - np.eye(4)).max() < 0.01
    assert (np.diff(cells.std(axis=0)) < 0).all()
    assert COMPONENTS == 96


def test_a_teacher_without_a_feature_map_is_refused(tmp_path):
    import keras
    import tensorflow as tf

    network = keras.Sequential([keras.Input((4,), batch_size=1), keras.layers.Dense(2)])
    function = tf.function(network).get_concrete_function(tf.TensorSpec((1, 4)))
    path = tmp_path / "dense.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())
    with pytest.raises(ModelError, match="no feature map"):
        Teacher(path)


def test_a_map_that_is_none_is_refused(teacher):
    with pytest.raises(ModelError, match="no feature map"):
        Teacher(teacher, [99])
