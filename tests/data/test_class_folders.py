"""Which folders are the classes, in collections laid out as public ones are."""

import pytest

from tinyteach.data.class_folders import classes_by_place
from tinyteach.errors import PhotoError


def expand(layout: dict[str, str | None], count: int = 3) -> list[tuple[str, str | None]]:
    """Several files for each folder, with the class each must get; a name with a dot is a file."""
    return [
        (f"source/{place}/{number}.jpg" if "." not in place else f"source/{place}", name)
        for place, name in layout.items()
        for number in range(1 if "." in place else count)
    ]


def check(layout: dict[str, str | None], **options) -> list[str]:
    files = expand(layout)
    reading = classes_by_place([tuple(path.split("/")) for path, _ in files], **options)
    found = dict(zip((path for path, _ in files), reading.classes, strict=True))
    assert found == dict(files)
    return reading.parts


def split(outer: tuple[str, ...], *classes: str) -> dict[str, str | None]:
    return {f"{folder}/{name}": name for folder in outer for name in classes}


LAYOUTS: dict[str, dict[str, str | None]] = {
    "Training and Test (Fruits 360)": {
        **split(("Training", "Test"), "Apple", "Banana"),
        "test-multiple_fruits": None,
    },
    "training_set twice (cats and dogs)": {
        f"{part}/{part}/{name}": name
        for part in ("training_set", "test_set")
        for name in ("cats", "dogs")
    },
    "seg_train, seg_test and seg_pred (Intel scenes)": {
        "seg_train/seg_train/sea": "sea",
        "seg_train/seg_train/street": "street",
        "seg_test/seg_test/sea": "sea",
        "seg_pred/seg_pred": None,
    },
    "splits with a long name (ASL alphabet)": {
        "asl_alphabet_train/asl_alphabet_train/A": "A",
        "asl_alphabet_train/asl_alphabet_train/B": "B",
        "asl_alphabet_test/asl_alphabet_test/A_test.jpg": None,
    },
    "words and numbers beside a split": split(("train2017", "Val-Images", "TestData"), "a", "b"),
    "any case": split(("TRAIN", "Valid", "eVaL"), "a", "b"),
    "another language": split(("entrenamiento", "prueba"), "perro", "gato"),
    "parts": split(("part1", "part2", "part3"), "a", "b"),
    "parts without a common class": {"dataset/part1/a": "a", "dataset/part2/b": "b"},
    "one download in pieces": {"archive/a": "a", "archive (1)/b": "b", "archive (2)/a": "a"},
    "a name in pieces": {"fruits/apple": "apple", "fruits (1)/pear": "pear"},
    "numbered pieces": {"dataset-1/cat": "cat", "dataset-2/dog": "dog"},
    "numbered pieces of any name": {"flowers_1/rose": "rose", "flowers_2/tulip": "tulip"},
    "classes by numbers": {"n014/a": "n014", "n017/b": "n017", "n020/c": "n020"},
    "a drive's download": {
        "drive-download-20240101T120000Z-001/photos/cat": "cat",
        "drive-download-20240101T120000Z-001/photos/cow": "cow",
        "drive-download-20240101T120000Z-002/photos/dog": "dog",
        "drive-download-20240101T120000Z-002/photos/cow": "cow",
    },
    "people who all show the same": split(("anna", "ben", "cleo"), "happy", "sad"),
    "a split in each of several places": {
        "site A/train/cat": "cat",
        "site A/test/cow": "cow",
        "site B/train/dog": "dog",
    },
    "months": split(("2024-01", "2024-02"), "a", "b"),
    "months without a common class": {"2024-01/cat": "cat", "2024-02/dog": "dog"},
    "dev and holdout": {"dev/cat": "cat", "holdout/dog": "dog", "Train/cow": "cow"},
    "numbers are classes (MNIST)": split(("training", "testing"), "0", "1", "2"),
    "class, then split": {
        f"{name}/{part}": name for name in ("cat", "dog") for part in ("train", "test")
    },
    "class, then sessions": {
        f"{name}/session{part}": name for name in ("cat", "dog") for part in (1, 2)
    },
    "class, then dates": {
        f"{name}/2024-01-0{day}": name for name in ("cat", "dog") for day in (1, 2)
    },
    "images in each class (Tiny ImageNet)": {
        "train/n01/images": "n01",
        "train/n02/images": "n02",
        "val/images": None,
        "test/images": None,
    },
    "the same once more inside (chest X-rays)": {
        "train/sick": "sick",
        "train/well": "well",
        "test/sick": "sick",
        "source/train/sick": "sick",
        "source/test/well": "well",
    },
    "classes, and again inside (flowers)": {
        "daisy": "daisy",
        "rose": "rose",
        "tulip": "tulip",
        "flowers/daisy": "daisy",
        "flowers/rose": "rose",
    },
    "classes beside a split of them": {
        "cat": "cat",
        "dog": "dog",
        "bird": "bird",
        "test/cat": "cat",
        "test/dog": "dog",
    },
    "examples beside the collection (sign digits)": {
        **{f"Dataset/{digit}": str(digit) for digit in range(4)},
        "Examples": None,
    },
    "outer folders": {"a/b/images/x": "x", "a/b/images/y": "y"},
    "kinds within classes": {"fruit/apple": "fruit", "fruit/pear": "fruit", "veg/leek": "veg"},
    "kinds within classes, one word in both": {
        "fruit/apple": "fruit",
        "fruit/pear": "fruit",
        "fruit/other": "fruit",
        "veg/leek": "veg",
        "veg/kale": "veg",
        "veg/other": "veg",
    },
    "some classes with folders": {"cat/a": "cat", "cat/b": "cat", "dog/a": "dog", "bird": "bird"},
    "vehicles, one of them called train": {"bus": "bus", "car": "car", "train": "train"},
    "tests that are classes": {"test_positive": "test_positive", "test_negative": "test_negative"},
    "used and new": {"new": "new", "original": "original"},
    "masks beside images": {
        "images/cat": "cat",
        "images/dog": "dog",
        "masks/cat": None,
        "masks/dog": None,
    },
    "masks of the same classes (CUB 200)": {
        **{f"CUB/images/{bird}": bird for bird in ("albatross", "wren")},
        **{f"segmentations/{bird}": None for bird in ("albatross", "wren")},
    },
    "masks beside a split (MVTec)": {
        "train/good": "good",
        **split(("test",), "good", "broken"),
        "ground_truth/broken": None,
    },
    "people with and without what is called a mask": split(("mask", "no_mask"), "anna", "ben"),
    "by initials (SUN, Places)": {
        "a/abbey": "abbey",
        "a/airport_terminal": "airport_terminal",
        "b/beach": "beach",
    },
    "letters, each with recordings": {"a/a1": "a", "a/a2": "a", "b/b1": "b", "b/b2": "b"},
    "numbered parts without classes (HAM10000)": {
        "HAM10000_images_part_1": None,
        "HAM10000_images_part_2": None,
    },
    "a folder inside of its copy, tests beside it (Simpsons)": {
        **split(("simpsons_dataset", "simpsons_dataset/simpsons_dataset"), "bart", "lisa"),
        "kaggle_simpson_testset": None,
    },
    "a camera's card": {
        "DCIM/100CANON": "source",
        "DCIM/101CANON": "source",
        "DCIM/102_PANA": "source",
    },
    "a phone's": {"DCIM/100APPLE": "source", "DCIM/202112__": "source"},
    "a class called mask": {"mask": "mask", "no_mask": "no_mask"},
    "photographs without classes in a split": {"train": None, "test": None},
    "photographs without classes in pieces": {"part1": None, "part2": None},
    "images alone below a split (YOLO)": {"images/train": None, "images/val": None},
    "one class in images": {"cup/images": "cup"},
    "one class": {"photos/cup": "cup"},
    "one class, in a folder of its format (Flowers 102)": {"jpg": "source"},
    "letters of other scripts": split(("训练集", "测试集"), "苹果", "香蕉"),
    "class in the name (dogs and cats)": {
        **{f"train/{name}.{n}.jpg": name for name in ("cat", "dog") for n in range(4)},
        **{f"test1/{n}.jpg": None for n in range(3)},
    },
    "class in the name, in one folder": {
        f"{name}.{n}.jpg": name for name in ("cat", "dog") for n in range(4)
    },
    "Roboflow's names": {f"train/IMG_{n}_jpg.rf.{n * 77777:08x}.jpg": None for n in range(5)},
    "Roboflow's names, several of each": {
        f"valid/cup{n}_jpg.rf.{n}{m}abcdef.jpg": None for n in range(3) for m in range(4)
    },
    "a camera's names with dots": {f"train/IMG.{n}.jpg": None for n in range(5)},
    "classes of a split that differ in case": {
        "train/Cat": "Cat",
        "train/Dog": "Dog",
        "val/cat": "cat",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_classes_of_collections(layout):
    check(layout)


def test_what_was_taken_for_parts_is_told():
    assert check(LAYOUTS["Training and Test (Fruits 360)"]) == ["Training", "Test"]
    assert check({"cat": "cat", "dog": "dog"}) == []


def test_a_class_that_is_called_like_a_part_is_told():
    places = [("source", name, "1.jpg") for name in ("bus", "car", "train")]
    reading = classes_by_place(places)
    assert reading.notes == ["train is taken for a class, as others stand beside it."]


def test_a_class_that_the_project_has_is_one_whatever_its_name():
    check({"Test": "Test"}, known=["test"])
    check({"images": "images", "part1": "part1"}, known=["images", "part1"])


def test_more_photographs_beside_the_folders_than_in_them():
    places = [("source", f"{n}.jpg") for n in range(9)]
    places += [("source", name, f"{n}.jpg") for name in ("cat", "dog") for n in range(3)]
    with pytest.raises(PhotoError, match="beside the folders cat, dog"):
        classes_by_place(places)
    inner = [("source", "old", f"{n}.jpg") for n in range(3)]
    assert set(classes_by_place(places[:9] + inner).classes) == {"source"}


def test_thousands_of_folders():
    places = [("s", part, f"c{n}", "1.jpg") for part in ("train", "val") for n in range(1200)]
    assert len(set(classes_by_place(places).classes)) == 1200
