"""The whole recipe on a handful of images: teach, quantise, write, resume."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from small_pictures import colourful
from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.recipe import train, trainer
from tinyteach.embedding.recipe.background import SCENES
from tinyteach.embedding.recipe.beginning import LEARNT, begin_as, convolutions, return_towards
from tinyteach.embedding.recipe.card import describe
from tinyteach.embedding.recipe.model_facts import ALLOWED_OPS
from tinyteach.embedding.recipe.narrow import _convolutions
from tinyteach.embedding.recipe.network import build_network
from tinyteach.embedding.recipe.sizes import NEIGHBOURS, SIZES, WINDOWS, Separable, Size
from tinyteach.embedding.recipe.views import draw_view
from tinyteach.embedding.runtime import EMBEDDING_FILES, load_embedding

CLASSES, PER_CLASS = 3, 8
SHIPPED = dict(SIZES)
# Each kind of layer once: what a recipe does wrong it does wrong with these.
SMALL = {
    "base": Size(((4, 4, 4),), ((8, 4, 1),), 16),
    "tiny": Size(((4, 4, 4),), ((6, 4, 1),), 8),
    "open": Separable(4, ((6, 4),), 8, pixels=48, taught=48, kept=6, smoothing=WINDOWS),
    "plus": Separable(4, ((6, 4), (8, 4)), 8, pixels=112, taught=96, kept=6, smoothing=NEIGHBOURS),
}


@pytest.fixture(scope="module", autouse=True)
def small_sizes():
    with pytest.MonkeyPatch.context() as patch:
        for name, size in SMALL.items():
            patch.setitem(SIZES, name, size)
        yield


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
def trained_tiny(trained, untraced, data, teacher) -> Path:
    """The other size, from the lessons of the first."""
    more = ("--teacher", str(teacher), "--maps", "1", "2", "--epochs", "1", "--batch", "24")
    return recipe(data, trained.parent, *more, size="tiny")


@pytest.mark.parametrize("name", [name for name in SHIPPED if name in EMBEDDING_FILES])
def test_the_recipe_makes_the_layers_of_what_is_shipped(name):
    """But for the last convolution, which whitens."""
    model = schema_module().ModelT.InitFromPackedBuf(EMBEDDING_FILES[name].read_bytes(), 0)
    graph = model.subgraphs[0]
    shipped = [
        (tuple(graph.tensors[op.inputs[1]].shape), tuple(graph.tensors[op.outputs[0]].shape[1:]))
        for op in _convolutions(model)
    ]
    layers = [layer for layer in build_network(SHIPPED[name]).layers if hasattr(layer, "filters")]
    made = [
        ((layer.filters, *layer.kernel.shape[:3]), tuple(layer.output.shape[1:]))
        for layer in layers
    ]
    assert made == shipped[:-1]


def test_the_recipe_ends_in_an_embedding_that_boards_can_run(trained):
    card = describe(trained.read_bytes())
    assert set(card["ops"]) <= ALLOWED_OPS
    assert card["input"] == {"scale": 1 / 128, "zero_point": 0}
    assert card["ops"] == {"ADD": 1, "CONV_2D": 4, "RESHAPE": 1}
    assert card["fused_relus"] == 3  # two convolutions, and the addition after another
    stem, entry = 16 * 16 * 4 * 16 * 3, 4 * 4 * 8 * 9 * 4
    assert card["macs"] == stem + entry + 4 * 4 * 8 * 9 * 8 + 4 * 4 * 8 * 8


@pytest.mark.soak
def test_the_tiny_one_learns_from_the_same_lessons(trained, trained_tiny):
    card = json.loads(trained_tiny.with_suffix(".json").read_text())
    assert set(card["ops"]) <= ALLOWED_OPS and card["features"] == SMALL["tiny"].features
    assert card["training"]["size"] == "tiny" and "--size tiny" in card["training"]["command"]
    lessons = sorted(path.name for path in (trained.parent / "scratch").glob("*.npy"))
    assert lessons == ["targets.npy", "views.npy"]


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A classifier in floats that begins with the layers of the third size, and goes on."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(7)
    network = build_network(SMALL["plus"])
    classes = keras.layers.Dense(5)(network.output)
    function = tf.function(keras.Model(network.input, classes)).get_concrete_function(
        tf.TensorSpec((1, *network.input_shape[1:]))
    )
    path = tmp_path_factory.mktemp("published") / "published.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())
    return path


def test_the_largest_begins_as_a_published_one(data, published, tmp_path, monkeypatch):
    """Of pictures larger than those that it learns from."""
    monkeypatch.setattr(trainer, "_learn_by_batches", lambda *_: [])
    out = recipe(data, tmp_path, "--start", str(published), "--rate", "0.001", size="plus")
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["side"] == 112 and card["features"] == 4 * 4 * 6 and set(card["ops"]) <= ALLOWED_OPS
    assert card["ops"] == {"CONV_2D": 4, "DEPTHWISE_CONV_2D": 3, "RESHAPE": 1}
    assert f"--start {published.name} --rate 0.001" in card["training"]["command"]
    assert card["training"]["start"]["file"] == published.name
    assert np.load(tmp_path / "scratch" / "views.npy").shape[2:] == (96, 96, 3)
    learnt = build_network(SIZES["plus"])
    learnt.load_weights(tmp_path / "scratch" / "plus" / train.NETWORK_FILE)
    for found, (kernel, bias) in zip(
        [layer.get_weights() for layer in learnt.layers if layer.weights],
        convolutions(published.read_bytes()),
        strict=True,
    ):
        np.testing.assert_array_equal(found[0], kernel)
        np.testing.assert_array_equal(found[1], bias)


def test_of_drawn_scenes_nothing_is_learnt(published, tmp_path, capsys):
    out = tmp_path / "open.tflite"
    drawn = ["--size", "open", "--drawn", "20", "--out", str(out)]
    train.main([*drawn, "--start", str(published)])
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["features"] == 5 * 5 * 6 and card["training"]["drawn"] == 20
    assert card["ops"] == {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 2, "RESHAPE": 1}
    assert "--size open --drawn 20 --start published.tflite" in card["training"]["command"]
    assert load_embedding(out).background.shape == (40 + SCENES, 5 * 5 * 6)
    assert card["terms"] == train.DRAWN_TERMS
    away = ["--size", "open", "--drawn", "9", "--start", str(published), "--out", "none/x.tflite"]
    for wrong in (drawn, ["--size", "open", "--out", str(out)], away):
        with pytest.raises(SystemExit):
            train.main(wrong)
    told = " ".join(capsys.readouterr().out.split())
    assert "name a trained network with --start" in told and "Name pictures with --data" in told
    assert "none/x.tflite could not be written" in told


def test_what_was_learnt_is_averaged_with_the_beginning(published):
    network = build_network(SIZES["plus"])
    begin_as(network, published.read_bytes())
    before = network.get_weights()
    network.set_weights([weights + 1.0 for weights in before])
    return_towards(network, published.read_bytes())
    for found, weights in zip(network.get_weights(), before, strict=True):
        np.testing.assert_allclose(found, weights + LEARNT, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("tiny", "cannot begin as another"),
        ("plus", "does not begin with"),
        ("plus", "is no .tflite network"),
    ],
)
def test_a_start_that_does_not_fit_is_refused_before_any_work(
    size, said, data, teacher, tmp_path, capsys
):
    """No image is read, no lesson made, nothing claimed: the right file can go on at once."""
    start = teacher
    if "is no" in said:
        start = tmp_path / "start.tflite"
        start.write_bytes(teacher.read_bytes()[:200])
    with pytest.raises(SystemExit):
        recipe(data, tmp_path, "--start", str(start), size=size)
    told = " ".join(capsys.readouterr().out.split())
    assert said in told and "images of" not in told
    assert not (tmp_path / "scratch").exists()


def test_a_start_that_is_missing_is_told_before_images_are_read(data, tmp_path, capsys):
    with pytest.raises(SystemExit):
        recipe(data, tmp_path, "--start", str(tmp_path / "none.tflite"), size="plus")
    said = "".join(capsys.readouterr().out.split())  # wrapped anywhere in the path
    assert "none.tflite;checkthepath" in said and "imagesof" not in said


@pytest.mark.soak
def test_a_finished_run_is_quantised_elsewhere(trained, data, teacher, tmp_path, capsys):
    """Without its lessons, as one that comes back from a GPU machine; it learns nothing anew."""
    without = shutil.ignore_patterns("*.npy")
    shutil.copytree(trained.parent / "scratch", tmp_path / "scratch", ignore=without)
    again = recipe(data, tmp_path, "--teacher", str(teacher), "--maps", "1", "2")
    shown = capsys.readouterr().out
    assert "Epoch" not in shown and "teacher looks" not in shown
    assert not list((tmp_path / "scratch").glob("*.npy"))
    assert again.read_bytes() == trained.read_bytes()


def test_on_another_backend_the_recipe_ends_before_quantising(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train, "backend", lambda: "jax")
    monkeypatch.setattr(train, "_learn", lambda *_: None)
    out = recipe(data, tmp_path)
    assert "run the same command" in " ".join(capsys.readouterr().out.split())
    assert not out.exists()


@pytest.mark.soak
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


def test_a_second_run_takes_its_images_from_the_lessons(trained, data, tmp_path):
    told = {"data": data, "folder": "train/", "size": "base"}
    folders = (trained.parent / "scratch", tmp_path)
    again, anew = (train._read(Namespace(scratch=folder, **told)) for folder in folders)
    np.testing.assert_array_equal(again.images, anew.images)
    np.testing.assert_array_equal(again.labels, anew.labels)
    assert again.classes == anew.classes and len(again.images) == CLASSES * PER_CLASS


def test_a_block_of_a_view_can_be_drawn_again(trained):
    views = np.load(trained.parent / "scratch" / "views.npy")
    np.testing.assert_array_equal(draw_view(views[0], seed=1, view=1, start=0), views[1])
    assert (draw_view(views[0], seed=1, view=1, start=1000) != views[1]).any()


def test_a_background_set_lies_beside_the_embedding(trained):
    embedding = load_embedding(trained)
    assert embedding.background.dtype == np.int8
    rows = CLASSES * PER_CLASS * 2 + SCENES
    assert embedding.background.shape == (rows, embedding.features)


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


def test_a_scratch_folder_of_another_run_is_refused(trained, data, capsys):
    with pytest.raises(SystemExit) as ended:
        recipe(data, trained.parent, "--seed", "5")
    assert ended.value.code == 1
    assert "name an empty folder" in " ".join(capsys.readouterr().out.split())


def test_ctrl_c_says_how_to_go_on(data, tmp_path, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "make_lessons", interrupt)
    with pytest.raises(SystemExit) as ended:
        recipe(data, tmp_path)
    assert ended.value.code == 130
    assert "the same command goes on" in " ".join(capsys.readouterr().out.split())


def test_more_pictures_need_no_label_and_may_have_any_size(data, tmp_path, monkeypatch):
    """The larger size learns from them, too."""
    monkeypatch.setattr(train, "_write", lambda *told: told[0].out.write_text(json.dumps(told[-1])))
    more = tmp_path / "more"
    more.mkdir()
    Image.fromarray(np.tile(colourful(1, 7), (3, 4, 1))).save(more / "picture.png")
    options = ("--more", str(more), "--crops", "3", "--views", "1", "--epochs", "1")
    told = json.loads(recipe(data, tmp_path, *options, size="plus").read_text())
    assert told["unlabelled_rows"] == 3 and told["more"][0]["file"] == "more"
    assert f"--more {more.name} --crops 3" in told["command"]
    views = np.load(tmp_path / "scratch" / "views.npy", mmap_mode="r")
    assert views.shape == (1, CLASSES * PER_CLASS + 3, 96, 96, 3)
    with pytest.raises(SystemExit):
        recipe(data, tmp_path, *options)  # those of 64 pixels need other lessons


@pytest.mark.parametrize("wrong", [("--maps", "0"), ("--epochs", "0"), ("--crops", "0")])
def test_options_that_mean_nothing_are_refused(data, tmp_path, wrong):
    with pytest.raises(SystemExit) as ended:
        recipe(data, tmp_path, *wrong)
    assert ended.value.code == 1 and not (tmp_path / "scratch").exists()


def test_missing_data_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        recipe(tmp_path / "nothing.zip", tmp_path)
    assert ended.value.code == 1
    assert "check the path" in " ".join(capsys.readouterr().out.split())


@pytest.mark.soak
def test_labels_alone_teach_too(untraced, data, tmp_path, monkeypatch):
    """What is quantised of it is as large as what a teacher has taught, too."""
    monkeypatch.setattr(train, "_write", lambda *told: told[0].out.write_text(json.dumps(told[-1])))
    out = recipe(data, tmp_path, "--views", "1", "--epochs", "1", "--batch", "24")
    assert "teacher" not in json.loads(out.read_text())
    learnt = build_network(SIZES["base"])
    learnt.load_weights(tmp_path / "scratch" / "base" / train.NETWORK_FILE)
