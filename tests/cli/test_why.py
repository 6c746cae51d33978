"""`classify --why`: which parts of a photograph speak for the class that it was taken for."""

import json

import numpy as np
import pytest
from PIL import Image

from foreign_models import large
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.errors import ModelError, ProjectError, UsageError
from tinyteach.head.report.report import SURE


@pytest.fixture
def photo(photo_folder):
    return photo_folder / "cat" / "1.png"


def test_it_adds_up_and_says_the_same_as_classify(tinyteach, trained_project, photo):
    plain = json.loads(tinyteach("-p", trained_project, "classify", "--host", "--json", photo).out)
    result = tinyteach("-p", trained_project, "classify", "--why", "--json", photo)
    told = json.loads(result.out)
    why = told.pop("why")
    assert result.code == 0 and told == plain
    assert why["label"] == told["best_label"] == "cat"
    cells = np.array(why["cells"])
    assert cells.shape == (4, 4)
    assert cells.sum() + why["constant"] == pytest.approx(why["total"], abs=0.002)
    probabilities = told["probabilities"]
    assert (why["total"] > 0) == (probabilities["cat"] > probabilities["coffee"])


def test_in_words(tinyteach, trained_project, photo, photo_folder):
    other = photo_folder / "coffee" / "2.png"
    out = tinyteach("-p", trained_project, "classify", "--why", photo, other).out.splitlines()
    assert len(out) == 2 * 6 and out[0].startswith(f"{photo}: cat")
    assert out[1].startswith("For cat (+) or against it (-)") and out[7].startswith("For coffee")
    assert [len(line.split()) for line in out[2:6]] == [4] * 4
    assert "▀" not in "".join(out)  # this is no terminal


def test_as_a_picture(tinyteach, trained_project, photo, tmp_path):
    picture = tmp_path / "why.png"
    result = tinyteach("-p", trained_project, "classify", "--why", photo, "--out", picture)
    assert result.code == 0 and f"Saved the photograph to {picture}" in result.out
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    assert pixels.shape == (288, 288, 3)  # three times the photograph's
    assert np.abs(pixels[..., 0] - pixels[..., 2]).max() > 50, "nothing is tinted"


def test_nothing_is_lost_by_it(tinyteach, fails, trained_project, photo):
    before = photo.read_bytes()
    options = ("-p", trained_project, "classify", photo)
    assert "is there already" in fails(*options, "--why", "--out", photo)
    assert photo.read_bytes() == before
    assert "name --why and one" in fails(*options, photo, "--why", "--out", "why.png")
    assert "name --why and one" in fails(*options, "--out", "why.png")
    assert tinyteach(*options, "--out", "why.png").code == exit_code_of(UsageError)


@pytest.mark.parametrize("name", ["why.xyz", "why", "nowhere/why.png"])
def test_into_a_file_that_cannot_be(fails, trained_project, photo, name):
    assert name in fails("-p", trained_project, "classify", "--why", photo, "--out", name)


def test_the_report_shows_it_too(trained_project):
    heads = trained_project / "heads"
    worst = json.loads((heads / "report.json").read_text())["worst"]
    assert worst and all(np.array(photo["cells"]).shape == (4, 4) for photo in worst)
    doubtful = [p for p in worst if p["predicted"] != p["label"] or p["probability"] < SURE]
    assert (heads / "report.html").read_text().count('class="cells"') == len(doubtful)


def test_without_a_head(tinyteach, fails, project, photo):
    assert "run 'tinyteach train'" in fails("-p", project, "classify", "--why", photo)
    assert tinyteach("-p", project, "classify", "--why", photo).code == exit_code_of(ProjectError)


def test_features_that_are_no_map(tinyteach, fails, photo_folder, tmp_path):
    """An embedding of a user's own may average its map: then there is no place to be named."""
    (tmp_path / "own.tflite").write_bytes(large(32, 8))
    options = ("-p", tmp_path / "own")
    assert tinyteach("new", tmp_path / "own", "--embedding", "own.tflite").code == 0
    for line in (("import", photo_folder), ("train",)):
        assert tinyteach(*options, *line).code == 0
    assert "Show where" not in (tmp_path / "own" / "heads" / "report.html").read_text()
    photo = photo_folder / "cat" / "1.png"
    assert tinyteach(*options, "classify", "--host", photo).code == 0
    assert "no map of the picture" in fails(*options, "classify", "--why", photo)
    assert tinyteach(*options, "classify", "--why", photo).code == exit_code_of(ModelError)
