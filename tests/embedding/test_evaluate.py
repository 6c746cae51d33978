"""The few-shot protocol on features whose answer is known."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from tinyteach.embedding.recipe import evaluate
from tinyteach.embedding.recipe.pretraining_data import read_images, split_classes
from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.errors import PhotoError


def photo_zip(path, classes: dict[str, int], per_class: int, size=(70, 50), suffix="png"):
    """Noise around a brightness per class, below train/."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for name, brightness in classes.items():
            for number in range(per_class):
                pixels = rng.normal(brightness, 25, (size[1], size[0], 3)).clip(0, 255)
                stream = io.BytesIO()
                Image.fromarray(pixels.astype(np.uint8)).save(stream, suffix)
                archive.writestr(f"train/{name}/{number:03}.{suffix}", stream.getvalue())
    return path


def test_separable_classes_score_full_and_noise_scores_chance():
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 60)
    noise = rng.normal(size=(120, 20))
    apart = noise + 20 * labels[:, None]
    assert evaluate.few_shot(apart, labels, 5, episodes=3).min() == 1
    assert abs(evaluate.few_shot(noise, labels, 5, episodes=10).mean() - 0.5) < 0.1


def test_episodes_differ_but_repeat_with_the_seed():
    rng = np.random.default_rng(2)
    labels = np.repeat([0, 1, 2], 30)
    features = rng.normal(size=(90, 5)) + labels[:, None]
    first = evaluate.few_shot(features, labels, 5, episodes=4, seed=7)
    assert len(set(first)) > 1
    np.testing.assert_array_equal(first, evaluate.few_shot(features, labels, 5, 4, seed=7))


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_what_is_no_card_is_told_before_anything_is_measured(content, tmp_path, capsys):
    card = tmp_path / "card.json"
    if content:
        card.write_text(content)
    with pytest.raises(SystemExit):
        evaluate.main(["--card", str(card), "--model", str(EMBEDDING_FILE)])
    assert "is no model card; name the .json" in " ".join(capsys.readouterr().out.split())


def test_the_command_measures_and_fills_the_card(tmp_path, capsys):
    photos = photo_zip(tmp_path / "light.zip", {"dark": 60, "bright": 190}, 22)
    card = tmp_path / "card.json"
    card.write_text("{}")
    model = ["--model", str(EMBEDDING_FILE)]  # of the card's name there is none
    evaluate.main(["--photos", str(photos), "--card", str(card), *model])
    assert "too few" in capsys.readouterr().out  # 22 photographs do not allow 50 shots
    entry = json.loads(card.read_text())["few_shot"]["light"]
    assert (entry["classes"], entry["photos"]) == (2, 44)
    assert set(entry["accuracy"]) == {"5", "20"}
    assert entry["accuracy"]["20"]["mean"] > 90
    assert entry["plain_pixels"]["20"]["mean"] > 90  # brightness alone tells these apart


def test_images_are_read_as_a_board_would_see_them(tmp_path):
    photos = photo_zip(tmp_path / "a.zip", {"b": 10, "a": 250}, 3, suffix="webp")
    data = read_images(photos, "train/", 64)
    assert data.images.shape == (6, 64, 64, 3) and data.images.dtype == np.uint8
    assert data.classes == ("a", "b")
    means = data.images.mean(axis=(1, 2, 3))
    assert (means[data.labels == 0] > 200).all() and (means[data.labels == 1] < 60).all()


def test_a_picture_larger_than_boards_take_is_read(tmp_path):
    (tmp_path / "one").mkdir()
    Image.new("RGB", (1300, 1100), (10, 200, 30)).save(tmp_path / "one" / "large.png")
    read = read_images(tmp_path, side=64)
    np.testing.assert_array_equal(read.images, np.full((1, 64, 64, 3), (10, 200, 30), np.uint8))


def test_a_folder_reads_as_a_zip_of_it(tmp_path):
    photos = photo_zip(tmp_path / "a.zip", {"b": 10, "a": 250}, 3)
    with zipfile.ZipFile(photos) as archive:
        archive.extractall(tmp_path / "photos")
    (tmp_path / "photos" / "train" / "a" / "notes.txt").write_text("no image")
    zipped, folder = read_images(photos, "train/"), read_images(tmp_path / "photos", "train/")
    assert folder.classes == zipped.classes == ("a", "b")
    np.testing.assert_array_equal(folder.images, zipped.images)
    np.testing.assert_array_equal(folder.labels, zipped.labels)


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(PhotoError, match="zip or folder"):
        read_images(tmp_path)


def test_classes_can_be_chosen_and_are_renumbered(tmp_path):
    photos = photo_zip(tmp_path / "a.zip", {"a": 0, "b": 120, "c": 250}, 2)
    chosen = read_images(photos, "train/").only([2, 0])
    assert chosen.classes == ("c", "a")
    means = chosen.images.mean(axis=(1, 2, 3))
    assert (means[chosen.labels == 0] > 200).all() and (means[chosen.labels == 1] < 60).all()


def test_held_back_classes_are_a_tenth_and_not_trained_on():
    trained, held_back = split_classes(200)
    assert len(held_back) == 20 and not set(trained) & set(held_back)
    assert sorted(trained + held_back) == list(range(200))


@pytest.mark.parametrize("content", [b"", b"no zip"])
def test_what_is_no_zip_of_photographs_is_refused(tmp_path, content):
    path = tmp_path / "photos.zip"
    path.write_bytes(content)
    with pytest.raises(PhotoError, match="photos.zip"):
        read_images(path)


def test_an_empty_folder_in_the_zip_is_refused(tmp_path):
    photos = photo_zip(tmp_path / "a.zip", {"a": 0}, 1)
    with pytest.raises(PhotoError, match="elsewhere/"):
        read_images(photos, "elsewhere/")


def test_a_damaged_photograph_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x/1.png", b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(PhotoError):
        read_images(tmp_path / "a.zip")


def test_a_users_mistake_ends_in_one_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        evaluate.main(["--photos", str(tmp_path / "missing.zip")])
    assert ended.value.code == 1
    assert "Cannot read photographs" in capsys.readouterr().out
