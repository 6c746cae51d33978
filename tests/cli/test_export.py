"""export: photographs in the words of before, and the model."""

import json
import zipfile

import pytest

from paired import views_of
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.service.heads.training import train


@pytest.fixture
def things(tmp_path):
    project = Project.create(tmp_path / "things")
    for name in ("cat", "coffee"):
        project.add_class(name)
        for seed in (1, 2):
            save_burst(project, name, views_of(name, 2, seed=seed, side=64))
    return project


@pytest.mark.parametrize(
    "words",
    [
        "-p things export all.zip",
        "export -p things all.zip",
        "export all.zip -p things",
        "export photos all.zip -p things",
        "export photos -p things all.zip",
        "-p things export photos all.zip",
    ],
)
def test_photographs_in_any_order_of_words(tinyteach, things, tmp_path, words):
    result = tinyteach(*words.split())
    assert (result.code, result.out, result.err) == (0, "Wrote all.zip.\n", "")
    assert len(zipfile.ZipFile(tmp_path / "all.zip").namelist()) == 9


def test_a_file_that_is_called_like_a_command(tinyteach, things, tmp_path):
    assert tinyteach("-p", "things", "export", "photos", "model").code == 0
    assert zipfile.is_zipfile(tmp_path / "model")


def test_nothing_is_named(fails, things):
    told = fails("-p", "things", "export")
    assert "Name the zip" in told and "export model" in told


def test_the_model(tinyteach, things, tmp_path):
    train(things.root, 0, lambda *_: None)
    result = tinyteach("-p", "things", "export", "model", "--for", "openmv", "--to", "camera")
    assert result.code == 0 and "camera/README.md" in result.out
    assert (tmp_path / "camera" / "main.py").is_file()
    told = json.loads(tinyteach("export", "-p", "things", "model", "-o", "b", "--json").out)
    assert told["folder"] == "b" and told["labels"][:2] == ["cat", "coffee"]
    default = json.loads(tinyteach("export", "model", "-p", "things", "--json").out)
    assert default["folder"] == "model-litert" and default["fingerprint"] == told["fingerprint"]


@pytest.mark.parametrize("words", [[], ["--for", "nothing"], ["--head", "gone.tflite"]])
def test_what_cannot_be(fails, things, words):
    assert fails("-p", "things", "export", "model", *words)


def test_the_view_to_train_for(tinyteach, fails, things):
    told = json.loads(tinyteach("-p", "things", "train", "--view", "stretched", "--json").out)
    assert told["preprocessing"] == "stretched"
    assert "choose square or stretched" in fails("-p", "things", "train", "--view", "round")
