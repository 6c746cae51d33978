"""The whole recipe on a handful of images: teach, quantise, write, resume."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tinyteach.embedding import train
from tinyteach.embedding.card import describe
from tinyteach.embedding.lessons import COMPONENTS
from tinyteach.embedding.model_facts import ALLOWED_OPS
from tinyteach.embedding.runtime import load_embedding
from tinyteach.embedding.teacher import Teacher, fit_projection
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
    """A small classifier of its own, quantised to uint8 as the published ones are."""
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


def recipe(data: Path, folder: Path, *more: str) -> Path:
    out = folder / "new.tflite"
    options = ["--data", data, "--scratch", folder / "scratch", "--out", out, "--batch", "8"]
    train.main([*map(str, options), *more])
    return out


@pytest.fixture(scope="module")
def trained(data, teacher, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    return recipe(data, folder, "--teacher", str(teacher), "--minutes", "0.05")


def test_the_recipe_ends_in_an_embedding_that_boards_can_run(trained):
    card = describe(trained.read_bytes())
    assert set(card["ops"]) <= ALLOWED_OPS
    assert card["input"] == {"scale": 1 / 128, "zero_point": 0}
    assert card["fused_relus"] == 9
    assert card["macs"] == 3_661_824


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
    assert training["images"] == CLASSES * PER_CLASS and training["epochs"] > 0
    assert "--data images.zip --teacher teacher.tflite" in training["command"]
    assert str(data.parent) not in json.dumps(card)


def test_a_finished_run_is_resumed_without_training_again(trained, data, teacher, capsys):
    before = trained.read_bytes()
    recipe(data, trained.parent, "--teacher", str(teacher), "--minutes", "0.05")
    shown = capsys.readouterr().out
    assert "cross entropy" not in shown and "teacher: view" not in shown
    assert trained.read_bytes() == before


def test_a_scratch_folder_of_another_run_is_refused(trained, data, capsys):
    with pytest.raises(SystemExit) as ended:
        recipe(data, trained.parent, "--seed", "5")
    assert ended.value.code == UsageError.exit_code
    assert "name an empty folder" in " ".join(capsys.readouterr().out.split())


def test_missing_data_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        recipe(tmp_path / "nothing.zip", tmp_path)
    assert ended.value.code == UsageError.exit_code
    assert "check the path" in " ".join(capsys.readouterr().out.split())


def test_labels_alone_teach_too(data, tmp_path):
    out = recipe(data, tmp_path, "--views", "1", "--minutes", "0.01")
    assert "teacher" not in json.loads(out.with_suffix(".json").read_text())["training"]
    assert load_embedding(out).features == 768


def test_the_learning_rate_rises_then_falls_to_nothing():
    from tinyteach.embedding.trainer import LEARNING_RATE, WARM_UP, learning_rate

    rates = [learning_rate(step / 1000) for step in range(1001)]
    peak = round(WARM_UP * 1000)
    assert rates[peak] == max(rates) == LEARNING_RATE
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] == pytest.approx(0)


def test_augmented_pixels_are_pixels():
    import tensorflow as tf

    from tinyteach.embedding.augment import augment, to_input

    extremes = [np.full((64, 64, 3), value, np.float32) for value in (0, 128, 255)]
    batch = np.stack([*extremes, colourful(1, 0).astype(np.float32)] * 8)
    for _ in range(10):
        changed = augment(tf.constant(batch)).numpy()
        assert changed.shape == batch.shape and np.isfinite(changed).all()
        assert changed.min() >= 0 and changed.max() <= 255
        assert np.abs(changed - batch).mean() > 1
    assert to_input(np.array([0.0, 128.0, 255.0])).tolist() == [-1, 0, 127 / 128]


def test_a_teacher_sees_each_quarter_by_itself(teacher):
    """Changing one corner leaves the opposite quarter's features as they were."""
    plain = np.full((64, 64, 3), 128, np.uint8)
    marked = plain.copy()
    marked[:16, :16] = colourful(0, 1)[:16, :16]
    before, after = Teacher(teacher).grids(np.stack([plain, marked]))
    assert before.shape == (4, 20)
    assert np.abs(after[0] - before[0]).max() > 0
    np.testing.assert_array_equal(after[3], before[3])


def test_the_teachers_grid_is_the_mean_of_its_feature_map(teacher):
    from tinyteach.embedding.runtime import TfliteModel
    from tinyteach.embedding.teacher import cut_at_feature_map

    images = np.stack([colourful(number, 5) for number in range(3)])
    model = TfliteModel(cut_at_feature_map(teacher.read_bytes()), reference=False)
    details = model.output_details
    large = [Image.fromarray(image).resize((96, 96), Image.Resampling.BILINEAR) for image in images]
    maps = model.run(np.stack([np.asarray(image) for image in large])).astype(np.float64)
    means = (maps.mean(axis=(1, 2)) - details.zero_point) * details.scale
    np.testing.assert_allclose(
        Teacher(teacher).grids(images).mean(axis=1), means, rtol=1e-4, atol=1e-4
    )


def test_components_are_uncorrelated_and_centred():
    rng = np.random.default_rng(0)
    grids = (rng.normal(size=(500, 4, 6)) @ rng.normal(size=(6, 6)) + 3).astype(np.float32)
    cells = fit_projection(grids, 4)(grids).reshape(-1, 4).astype(np.float64)
    assert np.abs(cells.mean(axis=0)).max() < 0.01
    correlation = np.corrcoef(cells, rowvar=False)
    assert np.abs(correlation - np.eye(4)).max() < 0.01
    assert (np.diff(cells.std(axis=0)) < 0).all()
    assert COMPONENTS == 256


def test_a_teacher_without_a_feature_map_is_refused(tmp_path):
    import keras
    import tensorflow as tf

    network = keras.Sequential([keras.Input((4,), batch_size=1), keras.layers.Dense(2)])
    function = tf.function(network).get_concrete_function(tf.TensorSpec((1, 4)))
    path = tmp_path / "dense.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())
    with pytest.raises(ModelError, match="no feature map"):
        Teacher(path)


def test_no_strength_changes_nothing_but_the_position():
    import tensorflow as tf

    from tinyteach.embedding.augment import SHIFT, augment

    batch = tf.constant(np.stack([colourful(0, seed) for seed in range(4)]).astype(np.float32))
    changed = augment(batch, 0.0).numpy()
    padded = np.pad(batch, [(0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)], "reflect")
    offsets = [(y, x) for y in range(2 * SHIFT + 1) for x in range(2 * SHIFT + 1)]
    distances = [np.abs(padded[:, y : y + 64, x : x + 64] - changed).max() for y, x in offsets]
    assert min(distances) <= 0.3  # of 255: the power keeps black a little above 0
