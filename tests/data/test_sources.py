"""Splits of foreign folders."""

import zipfile

import numpy as np
import pytest

from tinyteach.data.sources import photo_split
from tinyteach.errors import PhotoError


@pytest.fixture
def folder(tmp_path, save_image):
    for class_number, name in enumerate(("cat", "dog")):
        for number in range(12):
            save_image(
                tmp_path / "set" / name / f"{number}.png", 100 * class_number + number, (30, 24)
            )
    return tmp_path / "set"


def names(split):
    return {name: [photo.name for photo in photos] for name, photos in split.items()}


def test_split_has_no_photograph_on_both_sides(folder):
    train, test = photo_split(folder, per_class=5, held_out=4, seed=1)
    assert list(train) == list(test) == ["cat", "dog"]
    for name in train:
        assert (len(train[name]), len(test[name])) == (5, 4)
        assert len({photo.name for photo in train[name] + test[name]}) == 9


def test_split_is_the_same_for_the_same_seed(folder):
    first, again, other = (photo_split(folder, 5, 4, seed) for seed in (1, 1, 2))
    assert [names(part) for part in first] == [names(part) for part in again]
    assert names(first[0]) != names(other[0])


def test_split_of_a_zip(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in folder.rglob("*.png"):
            archive.write(path, path.relative_to(folder).as_posix())
    of_zip, of_folder = (photo_split(path, 5, 4) for path in (tmp_path / "set.zip", folder))
    assert [names(part) for part in of_zip] == [names(part) for part in of_folder]
    assert np.array_equal(of_zip[0]["cat"][0].square(), of_folder[0]["cat"][0].square())


def test_copies_and_unreadable_photographs_are_passed_over(folder):
    original = (folder / "cat" / "0.png").read_bytes()
    for number in range(30):
        (folder / "cat" / f"copy{number}.png").write_bytes(original)
        (folder / "dog" / f"copy{number}.png").write_bytes(original)
        (folder / "dog" / f"broken{number}.png").write_bytes(b"x")
    train, test = photo_split(folder, per_class=8, held_out=100)
    drawn = [photo.square().tobytes() for part in (train, test) for photo in sum(part.values(), [])]
    assert len(drawn) == len(set(drawn)) == 24
    assert sum(len(photos) for photos in test.values()) == 8


def test_what_was_taken_for_parts_is_told(folder):
    (folder.parent / "all").mkdir()
    folder.rename(folder.parent / "all" / "Training")
    told: list[str] = []
    photo_split(folder.parent / "all", 2, 1, tell=told.append)
    assert told == []
    (folder.parent / "all" / "Test" / "cat").mkdir(parents=True)
    image = folder.parent / "all" / "Training" / "cat" / "0.png"
    image.rename(folder.parent / "all" / "Test" / "cat" / "0.png")
    photo_split(folder.parent / "all", 2, 1, tell=told.append)
    assert told == ["Taken for parts of one collection, not for classes: Test, Training."]


def test_too_few_photographs(folder):
    with pytest.raises(PhotoError, match="'cat' has 12 different readable photographs"):
        photo_split(folder, per_class=12, held_out=1)
